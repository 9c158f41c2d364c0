import { formatDuration, formatTimes } from '../text.ts';
import type { Cause } from './cause.ts';
import { zeroWindowEvidence } from './signs/evidence.ts';
import { abortedLive, unreadAtReset } from './signs/resets.ts';
import { beforeReset, namesOf, unreadWords } from './signs/words.ts';

export const zeroWindowThenUnreadClose: Cause = {
  id: 'zero-window-then-unread-close',
  group: 'peer-stuck',
  severity: 'error',
  title: 'reader stalled at window 0, then closed with unread data',
  summary:
    'The receiver stops reading until its window is 0, and then closes (or dies) with everything ' +
    'unread: RST. The sender loses what was queued, the receiver what it never read.',
  recognise:
    'Window 0 announced by one side, probes answered, then RST of form A from that same side. Without ' +
    'the zero window it is close-with-unread-data; if the sender gave up first, zero-window-timeout.',
  remedy:
    'Fix the reader: why did it stop (blocked worker, paused stream, back-pressure that never resumed, ' +
    'debugger), and why did it close without reading? On the sender bound the wait with a write ' +
    'timeout and log the bytes not delivered. Larger buffers (net.ipv4.tcp_rmem) only delay it. Check: ' +
    'Recv-Q in `ss -tn` on the reader, TCPAbortOnClose.',
  wouldSettle: [
    'Recv-Q of that socket on the reader: `ss -tn`',
    'TCPAbortOnClose on the reader: `nstat -az TcpExtTCPAbortOnClose`',
  ],
  references: [
    'RFC 9293 section 3.8.6.1 (zero-window probing)',
    'RFC 9293 section 3.6.1 (SHLD-3)',
    'Linux: __tcp_close (data_was_unread)',
  ],
  scenario: 'stuck-reader',
  kinds: ['rst'],
  fit: (k) =>
    abortedLive(k) && k.sender!.zeroWindows > 0 && unreadAtReset(k) > 0
      ? k.sender!.zeroSinceUs >= 0
        ? 0.97
        : 0.5
      : 0,
  story: (k) => {
    const { sender } = namesOf(k);
    const s = k.sender!;
    const shut =
      s.zeroSinceUs >= 0
        ? `The ${sender}'s window had been 0 for ${beforeReset(k, s.zeroSinceUs)} when it reset the connection`
        : `The ${sender} had closed its window ${formatTimes(s.zeroWindows)}, for ${formatDuration(s.zeroWindowUs)} in all, and reopened it before the RST`;
    return `${shut}; ${unreadWords(k)}.`;
  },
  evidence: (k, add) => zeroWindowEvidence(k, k.sender!, add),
};
