import { type Cause, neverFits } from './cause.ts';

export const refusedAfterAccept: Cause = {
  id: 'refused-after-accept',
  group: 'field',
  severity: 'warning',
  title: 'accepted, then closed at once: a connection limit',
  summary:
    'The server accepts the connection and closes or resets it within milliseconds, with at most a ' +
    'short message: a limit of connections, of rate or of addresses.',
  recognise:
    'Handshake, no or one small message from the server, FIN or RST from the server within ' +
    'milliseconds, more often under load. listener-closed-with-queue comes with the end of the ' +
    "listener; tls-plaintext-mismatch follows the client's first bytes.",
  remedy:
    'Find the limit: sshd MaxStartups, nginx limit_conn, PostgreSQL max_connections (sends an error ' +
    'first), HAProxy maxconn, fail2ban, TCP wrappers, ulimit -n of the server. Raise it or use fewer ' +
    "connections (pooling). Check: the server's log at that time.",
  wouldSettle: ["the server's log and limits at that time"],
  references: ['NixOS/infra#352'],
  scenario: null,
  kinds: ['fin', 'rst', 'fin-then-rst'],
  fit: neverFits,
};
