import type { Cause } from './cause.ts';
import { finDelayUs, lateFinRefused } from './signs/closing.ts';
import { between, namesOf } from './signs/words.ts';

export const twBucketOverflowReset: Cause = {
  id: 'tw-bucket-overflow-reset',
  group: 'resources',
  severity: 'warning',
  title: "TIME-WAIT limit reached: the peer's FIN got RST",
  summary:
    'tcp_max_tw_buckets is reached, so the closed socket gets no FIN-WAIT-2 mini-socket either. When ' +
    'the peer closes later, its FIN meets no socket and is answered with RST.',
  recognise:
    "FIN, ACK, then the peer's only FIN (no data, not a repetition) answered by RST of form B with no " +
    'reason in the exchange. If the FIN was a retransmission it is last-ack-lost-no-time-wait; with ' +
    'data in between peer-sent-after-close or fin-wait2-expired (pause near tcp_fin_timeout).',
  remedy:
    "Raise net.ipv4.tcp_max_tw_buckets; close from the other side; reuse connections. The peer's data " +
    'was complete, but its close reports an error. Check: TCPTimeWaitOverflow stands still.',
  wouldSettle: [
    'TCPTimeWaitOverflow on the first closer: `nstat -az TcpExtTCPTimeWaitOverflow`',
    '`sysctl net.ipv4.tcp_max_tw_buckets` against `ss -s` there',
  ],
  references: ['Linux: tcp_time_wait (called for FIN_WAIT2 too), net.ipv4.tcp_max_tw_buckets'],
  scenario: 'crowded-host',
  kinds: ['fin-then-rst'],
  // After a long pause a FIN-WAIT-2 that ran out is the likelier reason.
  fit: (k) => (lateFinRefused(k) ? (finDelayUs(k) > 30_000_000 ? 0.3 : 0.7) : 0),
  story: (k) => {
    const { closer, passive } = namesOf(k);
    return `The ${passive}'s own FIN came ${between(k.passive!.finAtUs, k.closer!.finAtUs)} after the ${closer}'s and met no socket: neither FIN-WAIT-2 nor TIME-WAIT was kept.`;
  },
};
