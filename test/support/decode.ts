import { Decoder, type Segment } from '../../src/wire/index.ts';

/** Decodes one frame with a decoder of its own (or the one given); `captured` cuts it as a snaplen does. */
export function decodeFrame(
  linkType: number,
  frame: Uint8Array,
  captured: number = frame.length,
  decoder: Decoder = new Decoder(),
  timeUs: number = 0,
): Segment {
  const bytes = frame.slice(0, captured);
  decoder.decode(linkType, bytes, new DataView(bytes.buffer), 0, captured, frame.length, timeUs);
  return decoder.segment;
}

/** Bytes from hex digits; spaces are for the reader. */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}
