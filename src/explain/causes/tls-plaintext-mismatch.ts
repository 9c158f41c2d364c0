import { type Cause, neverFits } from './cause.ts';

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
  scenario: null,
  kinds: ['fin', 'rst', 'fin-then-rst'],
  fit: neverFits,
};
