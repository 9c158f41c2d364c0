import type { Cause } from './cause.ts';
import { unreadEvidence } from './signs/evidence.ts';
import { abortedLive, abortsFinWait2, unreadAtReset, wasAnswered } from './signs/resets.ts';
import {
  hadReadAll,
  leftUnasked,
  leftWithGoodbye,
  resetFreedBuffer,
  resetKeptBuffer,
  windowShowsUnread,
} from './signs/text.ts';
import { capitalised, unreadWords, windowWords } from './signs/words.ts';

export const closeWithUnreadData: Cause = {
  id: 'close-with-unread-data',
  group: 'app-abort',
  severity: 'warning',
  title: 'closed with unread data in its buffer: RST',
  summary:
    'One side closes while received bytes wait unread in its socket. Linux sends RST instead of FIN to ' +
    'say that data was lost; what the closer had itself sent may be lost at the peer too, the response ' +
    'included.',
  recognise:
    'RST of form A from a side that had acknowledged payload and sent nothing after it. A window that ' +
    'shrank by the unread bytes and did not open again makes it nearly sure; a side that got exactly ' +
    'the answer it asked for was more likely linger0-abort, unless a message that nobody had asked for ' +
    'followed after a pause. With a window of 0 it is ' +
    'zero-window-then-unread-close. FreeBSD sends FIN here, not RST.',
  remedy:
    'Read until EOF before close(), or shutdown(SHUT_WR), drain with a limit, then close (nginx ' +
    '`lingering_close`; fin-lingering-close). Typical: a server that answers an error (413, 401, ' +
    'redirect) without reading the body; a client that stops at Content-Length while bytes follow. ' +
    'Price: bandwidth for what is discarded. Check: TCPAbortOnClose stops counting.',
  wouldSettle: [
    'TCPAbortOnClose on the closer: `nstat -az TcpExtTCPAbortOnClose`',
    'Recv-Q of that socket before the close: `ss -tn`',
  ],
  references: [
    'RFC 9293 section 3.6.1 (SHLD-3)',
    'RFC 2525 section 2.17',
    'RFC 1122 section 4.2.2.13',
    'RFC 9112 section 9.6 (tear-down)',
    'Linux: __tcp_close (data_was_unread), counter TCPAbortOnClose',
  ],
  scenario: 'abrupt-end',
  kinds: ['rst', 'fin-then-rst'],
  fit: (k) => {
    if (!abortedLive(k)) return 0;
    const freed = resetFreedBuffer(k);
    if (freed > 0) return freed === 1 ? 0.96 : 0.7;
    if (resetKeptBuffer(k)) return 0.55;
    if (hadReadAll(k)) return 0.45;
    const unread = unreadAtReset(k);
    const sender = k.sender!;
    // What it said last shows nothing of what it had read by then; mid-stream what came before was not seen.
    if (unread === 0) {
      if (leftWithGoodbye(k)) return 0.8;
      if (k.receiver!.bytes === 0 && !k.c.midstream) return 0;
      // shutdown() takes no look at the receive queue, so what lay there before the FIN may lie there still.
      return sender.fins === 0 ? 0.43 : abortsFinWait2(k) ? 0.35 : 0;
    }
    if (sender.fins > 0 && sender.unreadAtFin === unread && k.closer === sender) return 0.4;
    if (windowShowsUnread(sender, unread)) return 0.95;
    return wasAnswered(k) && !leftUnasked(k) ? 0.5 : 0.8;
  },
  halfSeen: (k) => (abortedLive(k) && k.closer === null ? 0.45 : 0),
  story: (k) => {
    const window = windowWords(k);
    return `${capitalised(unreadWords(k))}${window === '' ? '' : `; ${window}`}.`;
  },
  evidence: unreadEvidence,
};
