import type { End } from '../../track/connection.ts';
import type { Case } from '../cause.ts';

/** Content types of a TLS record: change_cipher_spec to application_data (RFC 8446 5.1), with major version 3. */
function isTlsRecord(payload: number): boolean {
  const type = payload >>> 24;
  return type >= 0x14 && type <= 0x17 && ((payload >>> 16) & 0xff) === 3;
}

/** A handshake record: ClientHello, where the client begins with it. */
export function saysHello(end: End): boolean {
  return end.bytes > 0 && end.firstDataPayload >>> 16 === 0x1603;
}

export function saysAlert(end: End): boolean {
  return end.bytes > 0 && end.firstDataPayload >>> 16 === 0x1503;
}

/** Its text is known to begin with something else than a TLS record. */
export function saysNoTls(end: End): boolean {
  return end.bytes > 0 && end.firstDataPayload !== 0 && !isTlsRecord(end.firstDataPayload);
}

/** Four letters, digits or blanks: a command of a text protocol (`GET `, `POST`, `EHLO`, `PRI `). */
export function saysCommand(end: End): boolean {
  if (end.bytes === 0) return false;
  for (let shift = 24; shift >= 0; shift -= 8) {
    const byte = (end.firstDataPayload >>> shift) & 0xff;
    const upper = byte & 0xdf;
    if (byte !== 0x20 && (upper < 0x41 || upper > 0x5a)) return false;
  }
  return true;
}

/** The server spoke, if at all, without having got a word of the client: it did not wait for a request. */
export function spokeUnasked(k: Case): boolean {
  const { client, server } = k;
  return server.bytes > 0 && client.isnKnown && server.firstDataAck === ((client.firstSeq + 1) | 0);
}
