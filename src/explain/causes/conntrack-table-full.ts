import { formatCount } from '../text.ts';
import type { Cause } from './cause.ts';
import { droppedAmongOthers } from './signs/opening.ts';

export const conntrackTableFull: Cause = {
  id: 'conntrack-table-full',
  group: 'field',
  severity: 'error',
  title: 'connection table full: new SYNs dropped at random',
  summary:
    'The connection tracking table of a host or NAT is full: new connections are dropped at random, ' +
    'flows already open go on.',
  recognise:
    'Unanswered SYNs to several destinations that answer on the next try, while open flows through the ' +
    'same box are fine. One connection alone is syn-filtered or accept-queue-full.',
  remedy:
    'Raise net.netfilter.nf_conntrack_max (and hash size), shorten nf_conntrack_tcp_timeout_time_wait ' +
    'and _established, use NOTRACK for bulk services; reuse connections. Price: about 300 bytes of ' +
    'kernel memory per entry. Check: `conntrack -C` against the maximum, `nf_conntrack: table full, ' +
    'dropping packet` in the kernel log.',
  wouldSettle: ['`journalctl -k | grep nf_conntrack` and `conntrack -S` on every host on the path'],
  references: ['Linux: nf_conntrack_alloc, net.netfilter.nf_conntrack_max', 'yandex/yandex-tank#256'],
  scenario: 'conntrack-table-full',
  kinds: ['connect-timeout'],
  fit: (k) => (droppedAmongOthers(k) ? 0.46 : 0),
  story: (k) =>
    `The same port answered ${formatCount(k.c.serverRecord?.accepted ?? 0, 'other SYN')}: a router or host on the way whose connection table is full drops new flows and lets the open ones pass.`,
};
