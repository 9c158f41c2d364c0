import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChecksumState, internetChecksum, onesSum, pseudoHeaderSum, verifyTcpChecksum } from './checksum.ts';
import { Decoder } from './decoder.ts';
import { encodeSegment } from './encode.ts';
import { encodeUdp } from './ip/encode.ts';
import { LinkType } from './link/types.ts';
import { viewOf, writeU16 } from './write.ts';

/** RFC 1071 as it stands there, one word at a time. */
function plainSum(bytes: Uint8Array, initial: number): number {
  let sum = initial;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += (bytes[i]! << 8) + (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

function stateOf(packet: Uint8Array, captured: number = packet.length): number {
  const decoder = new Decoder();
  const bytes = packet.slice(0, captured);
  decoder.decode(LinkType.raw, bytes, viewOf(bytes), 0, captured, packet.length, 0);
  return verifyTcpChecksum(decoder.segment);
}

const ends4 = { source: '192.0.2.1', destination: '198.51.100.2' };
const ends6 = { source: '2001:db8::1', destination: '2001:db8::2' };
const tcp = { sourcePort: 1, destinationPort: 2, seq: 3, payload: Uint8Array.of(1, 2, 3) };

describe('the Internet checksum', () => {
  it('sums the example of RFC 1071 section 3', () => {
    const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(onesSum(viewOf(bytes), 0, 8)).toBe(0xddf2);
    expect(internetChecksum(viewOf(bytes), 0, 8)).toBe(0x220d);
  });

  it('equals the plain sum at every offset and length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(7), fc.nat(0xffff), (bytes, offset, initial) => {
        const at = Math.min(offset, bytes.length);
        const sum = onesSum(viewOf(bytes), at, bytes.length - at, initial);
        expect(sum % 0xffff).toBe(plainSum(bytes.subarray(at), initial) % 0xffff);
      }),
    );
  });

  it('does not overflow over a super-segment of all ones', () => {
    const bytes = new Uint8Array(300_001).fill(0xff);
    expect(onesSum(viewOf(bytes), 0, 300_000)).toBe(0xffff);
    expect(onesSum(viewOf(bytes), 0, 300_001) % 0xffff).toBe(0xff00);
  });

  it('goes on from a partial sum', () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => i * 37);
    const first = onesSum(viewOf(bytes), 0, 20);
    expect(onesSum(viewOf(bytes), 20, 44, first)).toBe(onesSum(viewOf(bytes), 0, 64));
  });
});

describe('the checksum of a segment', () => {
  it('is good for both families and bad after one changed bit', () => {
    for (const ends of [ends4, ends6]) {
      const packet = encodeSegment({ ...ends, ...tcp });
      expect(stateOf(packet)).toBe(ChecksumState.good);
      packet[packet.length - 1]! ^= 1;
      expect(stateOf(packet)).toBe(ChecksumState.bad);
    }
  });

  it('tells what offload leaves to the network card', () => {
    const packet = encodeSegment({ ...ends4, ...tcp });
    const source = Int32Array.of(0, 0, 0, 0xc0000201 | 0);
    const destination = Int32Array.of(0, 0, 0, 0xc6336402 | 0);
    for (const value of [
      pseudoHeaderSum(source, destination, 6, 23),
      pseudoHeaderSum(source, destination, 6, 0),
      0,
    ]) {
      writeU16(packet, 20 + 16, value);
      expect(stateOf(packet)).toBe(ChecksumState.unfilled);
    }
  });

  it('is unknown where the snaplen cut the payload', () => {
    expect(stateOf(encodeSegment({ ...ends4, ...tcp }), 42)).toBe(ChecksumState.unknown);
  });

  it('is filled in for UDP over IPv6, which must have one (RFC 8200 8.1)', () => {
    const datagram = encodeUdp(ends6, 5, 6, Uint8Array.of(7, 8, 9));
    const source = Int32Array.of(0x20010db8, 0, 0, 1);
    const destination = Int32Array.of(0x20010db8, 0, 0, 2);
    const pseudo = pseudoHeaderSum(source, destination, 17, datagram.length);
    expect(internetChecksum(viewOf(datagram), 0, datagram.length, pseudo)).toBe(0);
  });
});
