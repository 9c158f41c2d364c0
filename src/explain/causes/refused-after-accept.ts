import { formatBytes } from '../text.ts';
import type { End } from '../track/connection.ts';
import type { Case, Cause } from './cause.ts';
import { spokeUnasked } from './signs/first-words.ts';
import { abortedLive, resetByServer } from './signs/resets.ts';
import { between } from './signs/words.ts';

/** One error message fits in that; an answer to a request seldom does. */
const MESSAGE_BYTES = 512;
/** An application that turns a connection away does so as soon as it has accepted it. */
const AT_ONCE_US = 20_000;
/** And does not wait for anything after its message. */
const SAID_AND_LEFT_US = 5_000;

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
  scenario: 'connection-limit',
  kinds: ['fin', 'rst', 'fin-then-rst'],
  fit: (k) => {
    const endedUs = turnedAwayAtUs(k);
    const { c, client, server } = k;
    if (endedUs < 0 || c.handshakeAckAtUs < 0 || !hardlySpoke(server)) return 0;
    if (endedUs - c.handshakeAckAtUs > AT_ONCE_US + 2 * k.o.rttUs) return 0;
    if (server.bytes > 0) {
      if (spokeUnasked(k) && endedUnheard(k)) return 0.85;
      return k.closer === null && k.reset!.record.sinceSenderUs < SAID_AND_LEFT_US ? 0.5 : 0;
    }
    return client.bytes === 0 ? (k.closer === null ? 0.85 : 0.6) : 0.5;
  },
  halfSeen: (k) => (abortedLive(k) && resetByServer(k) && hardlySpoke(k.server) ? 0.35 : 0),
  story: (k) => {
    const { c, server } = k;
    const said = server.bytes > 0 ? `${formatBytes(server.bytes)}, all it ever sent` : 'nothing';
    return `The server said ${said}, and ended the connection ${between(c.handshakeAckAtUs, turnedAwayAtUs(k))} after the handshake: it had accepted it only to turn it away.`;
  },
};

function hardlySpoke(server: End): boolean {
  return server.bytes <= MESSAGE_BYTES && server.turns <= 1;
}

/** Its end of the connection acknowledges nothing that the client may have said. */
function endedUnheard(k: Case): boolean {
  const ack = k.closer === k.server ? k.server.finAck : k.reset!.record.ack;
  return k.client.isnKnown && ack === ((k.client.firstSeq + 1) | 0);
}

function turnedAwayAtUs(k: Case): number {
  if (k.closer === k.server) return k.server.finAtUs;
  return k.closer === null && abortedLive(k) && resetByServer(k) ? k.reset!.record.atUs : -1;
}
