import { formatBytes } from '../text.ts';
import { SERVER } from '../track/connection.ts';
import type { Case, Cause } from './cause.ts';
import { saysAlert, saysCommand, saysHello, saysNoTls } from './signs/first-words.ts';
import { abortedLive, resetByServer } from './signs/resets.ts';

export const tlsPlaintextMismatch: Cause = {
  id: 'tls-plaintext-mismatch',
  group: 'field',
  severity: 'error',
  title: 'TLS spoken to a plaintext port, or the reverse',
  summary:
    'The client begins with a TLS ClientHello at a plaintext service, or with plaintext at a TLS port; ' +
    'the server closes or resets before any ServerHello.',
  recognise:
    'First client bytes 16 03 and no answer that begins with 16 03 or 15 03; or first client bytes ' +
    'plaintext and a TLS alert or an HTTP 400 back; then close within one exchange.',
  remedy:
    'Fix scheme, port, SNI or protocol version: http against https, STARTTLS against implicit TLS, ' +
    'PROXY protocol expected or not. Check: `openssl s_client -connect HOST:PORT` or `curl -v`.',
  wouldSettle: ['`openssl s_client -connect HOST:PORT` against the port'],
  references: ['RFC 8446 section 5.1 (record layer)', 'nodejs/node#19456'],
  scenario: 'wrong-protocol',
  kinds: ['fin', 'rst', 'fin-then-rst'],
  fit: (k) => {
    const { client, server } = k;
    if (k.c.midstream || client.turns > 2 || server.turns > 2) return 0;
    if (saysHello(client)) return saysNoTls(server) ? 0.95 : server.bytes === 0 && endedByServer(k) ? 0.6 : 0;
    if (!saysCommand(client)) return 0;
    return saysAlert(server) ? 0.95 : 0;
  },
  halfSeen: (k) =>
    abortedLive(k) && resetByServer(k) && saysNoTls(k.server) && k.server.turns < 2 ? 0.36 : 0,
  story: (k) => {
    const { client, server } = k;
    const hex = (payload: number): string => (payload >>> 0).toString(16).padStart(8, '0');
    const answer =
      server.bytes === 0
        ? 'the server ended the connection without a byte'
        : `the server's first bytes were ${hex(server.firstDataPayload)}, ${formatBytes(server.bytes)} in all`;
    return saysHello(client)
      ? `The client began with TLS (${hex(client.firstDataPayload)} in hexadecimal, a ClientHello); ${answer}, no ServerHello.`
      : `The client began in plain text (${hex(client.firstDataPayload)} in hexadecimal); ${answer}: a TLS alert.`;
  },
};

function endedByServer(k: Case): boolean {
  return k.o.firstCloser === SERVER || (k.reset !== null && k.reset.record.from === SERVER);
}
