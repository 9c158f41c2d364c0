import type { End } from '../../track/connection.ts';
import type { Case } from '../cause.ts';

const QUIT = 0x51554954;
const TO_LOWER = 0x20202020;

/** No byte of payload went either way. */
export function noData(k: Case): boolean {
  return k.client.bytes === 0 && k.server.bytes === 0;
}

/**
 * The window it offered shrank by about what it had received and did not open again: the application was not reading
 * (RFC 9293 3.8.6). Works from a few kilobytes on, as small buffers hide behind the window scale.
 */
export function windowShowsUnread(end: End, unread: number): boolean {
  if (unread < 2048 || end.windowMax === 0) return false;
  return end.windowMax - end.window >= unread / 2;
}

/** The other end had no room, or had not acknowledged for longer than an ACK takes: bytes were still owed. */
export function owedData(k: Case, end: End, peer: End, atUs: number): boolean {
  if (peer.zeroSinceUs >= 0) return true;
  const unacked = end.acked ? (end.sndMax - end.sndUna) | 0 : 0;
  if (unacked <= 0 || end.fins > 0) return false;
  return end.retryRun > 0 || atUs - end.lastDataAtUs > 2 * k.o.rttUs + 60_000;
}

/**
 * A protocol's last word, by its first four bytes: TLS alert (RFC 8446 6.1), HTTP/2 GOAWAY (RFC 9113 6.8), QUIT (SMTP, FTP,
 * POP3, Redis), MySQL COM_QUIT, PostgreSQL Terminate, WebSocket close (RFC 6455 5.5.1).
 */
export function isGoodbye(payload: number, length: number): boolean {
  const first = payload >>> 24;
  if (first === 0x15) return ((payload >>> 16) & 0xff) === 0x03;
  if ((payload | TO_LOWER) === (QUIT | TO_LOWER)) return length <= 8;
  if (length === 5) return payload === 0x01000000 || payload === 0x58000000;
  if ((payload & 0xff) === 0x07 && first === 0) return length <= 64;
  return first === 0x88 && length <= 131;
}

export function isHttpResponse(payload: number): boolean {
  return payload === 0x48545450;
}

/**
 * The RST offers more room than its sender's last segment did: close() with unread data frees the receive queue before it
 * sends the RST (measured on Linux 6.18; the other ways to abort repeat the last window). 1 certain, 0 no sign.
 */
export function resetFreedBuffer(k: Case): number {
  const r = k.reset!.record;
  if (r.senderWindow < 0 || r.window <= r.senderWindow || k.receiver!.bytes === 0) return 0;
  if (r.senderWindow === 0 || r.window >= 2 * r.senderWindow) return 1;
  return r.window >= 1.15 * r.senderWindow ? 0.5 : 0;
}

/**
 * The RST's sender had had its answer, and after a pause one message more came that it had not asked for: whoever wants to
 * leave by then does not read it.
 */
export function leftUnasked(k: Case): boolean {
  return k.sender === k.opener && k.sender!.bytes > 0 && k.receiver!.afterthoughts === 1;
}

/** From here on Linux's RST shows that the queue was thrown away first: smaller queues hide behind the window's rounding. */
const SHOWS_FROM_BYTES = 16_384;

/**
 * Much was unread, and the RST still offers the small window: its sender's queue was not thrown away before, as close() does
 * (__tcp_close). A connection that nobody had accepted goes like this (inet_csk_listen_stop).
 */
export function resetKeptBuffer(k: Case): boolean {
  const r = k.reset!.record;
  return (
    r.senderUnread >= SHOWS_FROM_BYTES &&
    r.window > 0 &&
    r.window === r.senderWindow &&
    windowShowsUnread(k.sender!, r.senderUnread)
  );
}

/** Much had come since it last sent anything, yet its window is as wide as ever: the application had read it. */
export function hadReadAll(k: Case): boolean {
  const r = k.reset!.record;
  const s = k.sender!;
  return r.senderUnread >= SHOWS_FROM_BYTES && r.window > 0 && s.window >= s.windowMax - r.senderUnread / 4;
}

/** So soon after its last write an application closes that says goodbye and leaves. */
const SAID_AND_LEFT_US = 5_000;

/**
 * The RST's sender said goodbye and was gone at once: an orderly end on purpose, which an RST (RFC 2525 2.17) spoils where
 * the other end's last words lie unread.
 */
export function leftWithGoodbye(k: Case): boolean {
  const s = k.sender!;
  if (k.receiver!.bytes === 0 && !k.c.midstream) return false;
  return (
    s.lastDataAtUs >= 0 &&
    k.reset!.record.atUs - s.lastDataAtUs < SAID_AND_LEFT_US &&
    isGoodbye(s.lastDataPayload, s.lastDataLength)
  );
}
