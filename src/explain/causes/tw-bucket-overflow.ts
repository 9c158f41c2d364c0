import { type Cause, neverFits } from './cause.ts';

export const twBucketOverflow: Cause = {
  id: 'tw-bucket-overflow',
  group: 'resources',
  severity: 'note',
  title: 'TIME-WAIT limit reached: entries were skipped',
  summary:
    'More TIME-WAIT entries than net.ipv4.tcp_max_tw_buckets: the kernel skips TIME-WAIT for the ' +
    'surplus, so those closes lose its protection.',
  recognise:
    'Invisible as long as nothing is late: normal closes. A retransmitted FIN or late data then meets ' +
    'RST instead of an ACK (last-ack-lost-no-time-wait, tw-bucket-overflow-reset). The kernel logs ' +
    '`time wait bucket table overflow`.',
  remedy:
    'Raise net.ipv4.tcp_max_tw_buckets (an entry is about 256 bytes), close from the other side, reuse ' +
    'connections. Lowering it is no cure for TIME-WAIT. Check: TCPTimeWaitOverflow stands still.',
  wouldSettle: ['TCPTimeWaitOverflow on the closer: `nstat -az TcpExtTCPTimeWaitOverflow`'],
  references: ['RFC 1337', 'Linux: tcp_time_wait, inet_twsk_alloc, net.ipv4.tcp_max_tw_buckets'],
  scenario: 'crowded-host',
  kinds: ['fin'],
  fit: neverFits,
};
