import { type Cause, neverFits } from './cause.ts';

export const orphanOverflow: Cause = {
  id: 'orphan-overflow',
  group: 'resources',
  severity: 'error',
  title: 'too many orphaned sockets: closed sockets were reset',
  summary:
    'More closed sockets with undelivered data exist than net.ipv4.tcp_max_orphans (or TCP memory) ' +
    'allows: the kernel resets the next ones instead of delivering.',
  recognise:
    'RST of form A from a side that still owed data, on many connections at once; one connection alone ' +
    'looks like linger0-abort-data-lost. The counter TCPAbortOnMemory and the kernel log `too many ' +
    'orphaned sockets` prove it.',
  remedy:
    'Find who closes with undelivered data towards peers that do not read (slow clients, dead peers, ' +
    'an attack) and bound it: send timeouts, TCP_USER_TIMEOUT, lower net.ipv4.tcp_orphan_retries. ' +
    'Raise tcp_max_orphans only after that: each orphan can hold its send buffer in kernel memory. ' +
    'Check: TCPAbortOnMemory stands still, `orphan` in `ss -s`.',
  wouldSettle: [
    'TCPAbortOnMemory on the sender of the RST: `nstat -az TcpExtTCPAbortOnMemory`',
    '`ss -s` (orphaned) and `journalctl -k | grep orphaned` there',
  ],
  references: ['Linux: tcp_check_oom, tcp_out_of_resources, net.ipv4.tcp_max_orphans, net.ipv4.tcp_mem'],
  scenario: 'crowded-host',
  kinds: ['rst', 'fin-then-rst'],
  fit: neverFits,
};
