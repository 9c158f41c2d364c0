import { type Cause, neverFits } from './cause.ts';

export const portExhaustionBindFirst: Cause = {
  id: 'port-exhaustion-bind-first',
  group: 'resources',
  severity: 'error',
  title: 'bind() before connect() used up the ports',
  summary:
    'Sockets are bound to a source address with port 0 before connect(). bind() must choose a port ' +
    'that is free towards all destinations, so ports run out although each destination has plenty: ' +
    'EADDRINUSE from bind().',
  recognise:
    'Nothing on the wire. EADDRINUSE (from bind) instead of EADDRNOTAVAIL (from connect) is the mark.',
  remedy:
    'Set IP_BIND_ADDRESS_NO_PORT before bind() (Linux 4.2 or newer), so that connect() chooses the ' +
    'port per destination; nginx proxy_bind, HAProxy `source` and Envoy do it by themselves in current ' +
    'versions. Or do not bind, or use IP_LOCAL_PORT_RANGE. Check: bind() no longer fails with the same ' +
    'number of connections.',
  wouldSettle: ['a system call trace of the client: `strace -e trace=bind,connect,setsockopt -p PID`'],
  references: ['ip(7), IP_BIND_ADDRESS_NO_PORT', 'Linux: inet_csk_get_port against __inet_hash_connect'],
  scenario: 'bind-first',
  kinds: [],
  fit: neverFits,
};
