import { type Cause, neverFits } from './cause.ts';

export const portExhaustion: Cause = {
  id: 'port-exhaustion',
  group: 'resources',
  severity: 'error',
  title: 'all ephemeral ports to this destination are in use',
  summary:
    'Every ephemeral port towards one destination address and port is taken, mostly by TIME-WAIT. ' +
    'connect() fails with EADDRNOTAVAIL and sends nothing.',
  recognise:
    'Nothing of the failed connect() is on the wire. The capture can show the pressure before it: many ' +
    'short connections to one destination closed by the client (time-wait-churn), nearly as many in 60 ' +
    's as net.ipv4.ip_local_port_range has ports (28,232 by default).',
  remedy:
    'Reuse connections (keep-alive, pools) first. Then: widen net.ipv4.ip_local_port_range; ' +
    'net.ipv4.tcp_tw_reuse=1 on the connecting side (needs timestamps); more destination addresses or ' +
    'ports, more source addresses; let the server close first. tcp_fin_timeout does not shorten ' +
    'TIME-WAIT and tcp_tw_recycle is gone since Linux 4.12. Check: `ss -tan state time-wait dst ADDR | ' +
    'wc -l` against the range.',
  wouldSettle: [
    '`ss -tan state time-wait | wc -l` and `sysctl net.ipv4.ip_local_port_range` on the client',
    "EADDRNOTAVAIL in the client's log",
  ],
  references: [
    'RFC 6191 (reducing TIME-WAIT with timestamps)',
    'RFC 6056 section 3 (port selection)',
    'Linux: __inet_hash_connect, net.ipv4.ip_local_port_range, net.ipv4.tcp_tw_reuse',
  ],
  scenario: 'port-exhaustion',
  kinds: [],
  fit: neverFits,
};
