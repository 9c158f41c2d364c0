import { type Cause, neverFits } from './cause.ts';

export const timeWaitChurn: Cause = {
  id: 'time-wait-churn',
  group: 'resources',
  severity: 'note',
  title: 'short connections closed by the client: TIME-WAIT piles up',
  summary:
    'Many short connections to one destination, each closed by the client: all stay in TIME-WAIT on ' +
    'the client for 60 s and hold a port each.',
  recognise:
    'One client, one destination, many connections per second with a few segments each, first FIN from ' +
    'the client. The rate times 60 s against the port range tells how far port-exhaustion is.',
  remedy:
    'Reuse connections: HTTP keep-alive, database pools, Node `new Agent({ keepAlive: true })`, Go ' +
    'must read and close response bodies, nginx upstream `keepalive`. Or let the server close first. ' +
    'Price: idle connections need matching idle timeouts (keepalive-race). Check: `ss -s` timewait ' +
    'count.',
  wouldSettle: ['`ss -s` on the client', '`sysctl net.ipv4.ip_local_port_range` on the client'],
  references: [
    'RFC 9293 section 3.6',
    'RFC 9112 section 9.3 (persistence)',
    'Linux: net.ipv4.ip_local_port_range',
  ],
  scenario: 'port-exhaustion',
  kinds: ['fin'],
  fit: neverFits,
};
