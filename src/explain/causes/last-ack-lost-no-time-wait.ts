import { Flag } from '../../wire/segment.ts';
import { formatTimes } from '../text.ts';
import type { Cause } from './cause.ts';
import { hadNoSocket, triggerHas, triggerLength } from './signs/resets.ts';
import { between, namesOf } from './signs/words.ts';

export const lastAckLostNoTimeWait: Cause = {
  id: 'last-ack-lost-no-time-wait',
  group: 'time-wait',
  severity: 'warning',
  title: 'the last ACK was lost and there was no TIME-WAIT: RST',
  summary:
    'The last ACK got lost and the active closer kept no TIME-WAIT (tcp_max_tw_buckets reached, or cut ' +
    "short). The retransmitted FIN meets no socket and is answered with RST; the passive side's close " +
    'ends with an error.',
  recognise:
    "The passive side's FIN twice, the second answered by RST of form B instead of an ACK. If the FIN " +
    'came only once, tw-bucket-overflow-reset.',
  remedy:
    'Keep TIME-WAIT: raise net.ipv4.tcp_max_tw_buckets, do not use SO_LINGER 0. All data had been ' +
    'acknowledged, so only an error is reported. Check: TCPTimeWaitOverflow stands still.',
  wouldSettle: ['TCPTimeWaitOverflow on the active closer: `nstat -az TcpExtTCPTimeWaitOverflow`'],
  references: ['RFC 9293 section 3.6 (TIME-WAIT)', 'Linux: tcp_time_wait, net.ipv4.tcp_max_tw_buckets'],
  scenario: 'last-ack-lost',
  kinds: ['fin-then-rst', 'fin'],
  needsOddity: true,
  fit: (k) =>
    hadNoSocket(k) &&
    k.sender === k.closer &&
    triggerHas(k, Flag.fin) &&
    k.passive!.fins > 1 &&
    triggerLength(k) === 0
      ? 0.9
      : 0,
  halfSeen: (k) => (k.client.fins + k.server.fins > 1 ? 0.4 : 0),
  story: (k) => {
    const { closer, passive } = namesOf(k);
    const p = k.passive!;
    return `The ${passive} sent its FIN ${formatTimes(p.fins)} over ${between(p.finAtUs, p.finLastAtUs)}; the ${closer}, where TIME-WAIT should have answered with the last ACK, sent RST.`;
  },
};
