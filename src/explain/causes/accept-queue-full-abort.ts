import type { Cause } from './cause.ts';
import { handshakeEvidence } from './signs/evidence.ts';
import { cookieMisread, resetAtHandshakeEnd } from './signs/resets.ts';
import { beforeReset } from './signs/words.ts';

export const acceptQueueFullAbort: Cause = {
  id: 'accept-queue-full-abort',
  group: 'connect',
  severity: 'error',
  title: 'accept queue full, tcp_abort_on_overflow=1: RST',
  summary:
    "The accept queue fills between SYN and the handshake's last ACK, and " +
    'net.ipv4.tcp_abort_on_overflow=1 turns that into an RST. The client saw a successful connect() ' +
    'and then ECONNRESET.',
  recognise:
    'SYN, SYN-ACK, ACK, then at once RST of form B from the server at the first sequence number after ' +
    'its SYN, before it sent or acknowledged a byte. listener-closed-with-queue is form A and may come ' +
    'late; other connections to the same port work.',
  remedy:
    'Accept faster and raise the backlog: listen(backlog) and net.core.somaxconn (4096 since Linux ' +
    '5.4, 128 before); Java ServerSocket defaults to 50, Node and nginx to 511. Set ' +
    'tcp_abort_on_overflow back to 0, so that short bursts survive; price: clients may wait instead of ' +
    'failing at once. Check: ListenOverflows stands still, Recv-Q < Send-Q in `ss -ltn`.',
  wouldSettle: [
    'ListenOverflows on the server: `nstat -az TcpExtListenOverflows`',
    '`sysctl net.ipv4.tcp_abort_on_overflow` on the server',
  ],
  references: [
    'Linux: tcp_check_req (embryonic_reset), net.ipv4.tcp_abort_on_overflow, net.core.somaxconn',
    'listen(2)',
  ],
  scenario: 'accept-queue',
  kinds: ['rst', 'refused'],
  fit: (k) => (cookieMisread(k) ? 0.5 : resetAtHandshakeEnd(k) ? 0.95 : 0),
  story: (k) =>
    `The RST came ${beforeReset(k, k.c.handshakeAckAtUs)} after the handshake's last ACK, without the ACK flag: the server had made no connection of it, and had neither sent nor acknowledged a byte.`,
  evidence: handshakeEvidence,
};
