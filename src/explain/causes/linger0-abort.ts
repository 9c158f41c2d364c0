import { formatBytes } from '../text.ts';
import type { Cause } from './cause.ts';
import { unreadEvidence } from './signs/evidence.ts';
import { abortedLive, abortsFinWait2, resetByServer, unreadAtReset, wasAnswered } from './signs/resets.ts';
import { leftUnasked, leftWithGoodbye, noData, resetFreedBuffer, windowShowsUnread } from './signs/text.ts';
import { beforeReset, namesOf, unreadWords } from './signs/words.ts';

export const linger0Abort: Cause = {
  id: 'linger0-abort',
  group: 'app-abort',
  severity: 'warning',
  title: 'closed with SO_LINGER 0: RST instead of FIN',
  summary:
    'One side closes with SO_LINGER {1, 0}. Its kernel drops what is still queued, sends RST instead ' +
    "of FIN and keeps no TIME-WAIT; the peer's application gets ECONNRESET.",
  recognise:
    'An RST of form A (RST+ACK, at its own SND.NXT, usually window > 0) by a side that had sent no ' +
    'FIN, while everything sent to it was acknowledged. close-with-unread-data looks the same but ' +
    'needs bytes at the closer that its application had not read; an RST right after an answer that ' +
    'the closer had asked for speaks for linger 0. admin-kill and disconnect-af-unspec cannot be told ' +
    'from it on the wire.',
  remedy:
    'Find who sets SO_LINGER {1, 0} and remove it: Node socket.resetAndDestroy(), Java ' +
    'setSoLinger(true, 0), Go SetLinger(0), nginx `reset_timedout_connection`, HAProxy `option ' +
    'nolinger`. Close normally, or shutdown(SHUT_WR) and read EOF, then close. All it saves is ' +
    'TIME-WAIT, at the price of queued data and an error at the peer; if ports run out, see ' +
    'port-exhaustion. Check: TCPAbortOnData stops counting and the peer logs no ECONNRESET.',
  wouldSettle: [
    'TCPAbortOnData (linger 0) against TCPAbortOnClose (unread data) on the closer: `nstat -az TcpExtTCPAbortOnData TcpExtTCPAbortOnClose`',
    'a system call trace of the closer: `strace -e trace=setsockopt,close -p PID`',
    "`ss -K` or an orchestrator in the closer's logs at that time",
  ],
  references: [
    'RFC 9293 section 3.10.5 (ABORT call)',
    'RFC 9293 section 3.6',
    'socket(7), SO_LINGER',
    'Linux: __tcp_close (zero linger is tested after unread data), tcp_disconnect, tcp_send_active_reset',
    'Linux: SNMP counter TCPAbortOnData counts these closes too',
  ],
  scenario: 'linger-zero',
  kinds: ['rst', 'fin-then-rst'],
  fit: (k) => {
    if (!abortedLive(k)) return 0;
    if (k.o.closeKind !== 'rst') return abortsFinWait2(k) ? 0.5 : 0;
    if (noData(k) && resetByServer(k)) return 0.45;
    if (noData(k)) return 0.6;
    const freed = resetFreedBuffer(k);
    if (freed === 1) return 0.1;
    const unread = unreadAtReset(k);
    if (unread === 0) return freed > 0 || leftWithGoodbye(k) ? 0.6 : 0.8;
    if (k.sender!.zeroSinceUs >= 0 || windowShowsUnread(k.sender!, unread)) return 0.3;
    return wasAnswered(k) && !leftUnasked(k) ? 0.8 : 0.5;
  },
  halfSeen: (k) => (abortedLive(k) && k.closer === null ? 0.5 : 0),
  story: (k) => {
    const { sender } = namesOf(k);
    const r = k.reset!.record;
    const start = `The ${sender}'s kernel dropped the connection at once instead of closing it:`;
    if (noData(k))
      return `${start} no data had passed, and the RST came ${beforeReset(k, k.c.startUs)} after the first packet.`;
    const owed =
      r.senderUnacked > 0
        ? `, with ${formatBytes(r.senderUnacked)} of its own not yet acknowledged`
        : ', with nothing of its own outstanding';
    return `${start} ${unreadWords(k)}${owed}.`;
  },
  evidence: unreadEvidence,
};
