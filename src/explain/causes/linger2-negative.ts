import type { Cause } from './cause.ts';
import { abortedLive } from './signs/resets.ts';
import { beforeReset, namesOf } from './signs/words.ts';

export const linger2Negative: Cause = {
  id: 'linger2-negative',
  group: 'app-abort',
  severity: 'warning',
  title: 'TCP_LINGER2 < 0: RST instead of FIN-WAIT-2',
  summary:
    'One side shuts its writing down, its FIN is acknowledged, and then it closes with TCP_LINGER2 set ' +
    "to a negative value: the kernel sends RST instead of waiting for the peer's FIN.",
  recognise:
    'FIN, ACK of the FIN, then RST of form A from the same side that had sent the FIN, with no data ' +
    'from the peer in between. If data from the peer came just before, it is an answer to that data: ' +
    'peer-sent-after-close or peer-sent-after-shutdown-rdwr (form B).',
  remedy:
    'Remove the TCP_LINGER2 option, or set it to the seconds that FIN-WAIT-2 may last; the default ' +
    'comes from net.ipv4.tcp_fin_timeout (60 s). Price of removing it: one small mini-socket per close ' +
    'until the peer closes. Check: TCPAbortOnLinger no longer counts. (SO_LINGER closes count under ' +
    'TCPAbortOnData, not here.)',
  wouldSettle: ['TCPAbortOnLinger on the closer: `nstat -az TcpExtTCPAbortOnLinger`'],
  references: [
    'tcp(7), TCP_LINGER2',
    'Linux: __tcp_close (TCP_FIN_WAIT2, linger2 < 0), net.ipv4.tcp_fin_timeout',
  ],
  scenario: 'linger-states',
  kinds: ['fin-then-rst'],
  fit: (k) => {
    if (!abortedLive(k) || k.sender !== k.closer || k.passive!.bytesAfterPeerFin > 0) return 0;
    // SO_LINGER 0 and unread data end FIN-WAIT-2 in the same way.
    if (k.closer!.finAckedAtUs >= 0) return 0.6;
    // Only this direction was captured: whether the FIN had been acknowledged cannot be known.
    return k.passive!.segments === 0 ? 0.6 : 0;
  },
  story: (k) => {
    const { closer, passive } = namesOf(k);
    return `The ${closer}'s FIN had been acknowledged ${beforeReset(k, k.closer!.finAckedAtUs)} before, so it was in FIN-WAIT-2; the ${passive} sent nothing after that which the RST could answer.`;
  },
};
