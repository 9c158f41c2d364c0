import { formatBytes } from '../text.ts';
import type { Cause } from './cause.ts';

export const selfConnect: Cause = {
  id: 'self-connect',
  group: 'field',
  severity: 'warning',
  title: 'the socket connected to itself',
  summary:
    'A client connects to a local port in the ephemeral range on which nobody listens, and the kernel ' +
    'happens to choose that very port as source: simultaneous open with itself. It then reads its own ' +
    'writes, and the server cannot bind.',
  recognise:
    'SYN with equal source and destination address and port; the connection opens without any ' +
    'listener, and each byte comes back.',
  remedy:
    'Reserve the port: net.ipv4.ip_local_reserved_ports, or use server ports outside ' +
    'ip_local_port_range; in the client compare getsockname() with getpeername() and close. Check: no ' +
    'connection with equal ends in `ss -tan`.',
  wouldSettle: ['`ss -tanp` on that host'],
  references: [
    'RFC 9293 section 3.5, figure 7 (simultaneous open)',
    'Linux: net.ipv4.ip_local_reserved_ports',
    'tokio-rs/tokio#3405',
  ],
  scenario: 'self-connect',
  kinds: ['fin', 'open', 'rst', 'half-closed', 'fin-then-rst', 'refused'],
  needsOddity: true,
  fit: (k) => (k.c.selfConnected ? 0.99 : 0),
  story: (k) =>
    `Source and destination are the same address and the same port, ${k.client.port}: the socket is connected to itself, and read back the ${formatBytes(k.client.bytes)} that it wrote.`,
  evidence: (k, add) =>
    add(k.client.synPacket, k.client.synAtUs, 'SYN from an address and port to the very same'),
};
