import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame, hex } from '../../../test/support/decode.ts';
import { formatAddress } from '../address.ts';
import { Decoder } from '../decoder.ts';
import { encodeSegment } from '../encode.ts';
import { LinkType } from '../link/types.ts';
import { OptionBit, Problem, SegmentKind } from '../segment.ts';
import { encodeIpIp } from '../tunnel/encode.ts';
import { writeU16 } from '../write.ts';
import { fragmentIp, routingExtension } from './encode.ts';
import { Protocol } from './protocols.ts';

const TCP = '03e8 0050 00000064 000000c8 5010 0000 0000 0000 616263';
const SIX = '40 20010db8000000000000000000000001 20010db8000000000000000000000002';
const raw = (text: string): ReturnType<typeof decodeFrame> => decodeFrame(LinkType.raw, hex(text));

describe('IPv4', () => {
  it('skips options', () => {
    const segment = raw(`4600 002f 0001 0000 40 06 0000 0a000001 0a000002 94040000 ${TCP}`);
    expect(segment).toMatchObject({ kind: SegmentKind.tcp, headerOffset: 24, payloadLength: 3, problems: 0 });
  });

  it('reads through AH', () => {
    const segment = raw(
      `4500 0043 0001 0000 40 33 0000 0a000001 0a000002 06 04 0000 00000100 00000001 ${'00'.repeat(12)} ${TCP}`,
    );
    expect(segment).toMatchObject({ kind: SegmentKind.tcp, headerOffset: 44, payloadLength: 3, tunnels: 0 });
  });
});

describe('IPv6 extension headers', () => {
  it('are skipped, whichever they are', () => {
    const headers =
      '3c 00 010400000000 2b 01 0104 00000000 0000000000000000 87 00 04000000 0000 8b 00 000000000000 8c 00 000000000000 33 00 000000000000 06 01 0000 00000000 00000000';
    const length = 8 + 16 + 8 + 8 + 8 + 8 + 12 + 23;
    const segment = raw(`60000000 ${length.toString(16).padStart(4, '0')} 00 ${SIX} ${headers} ${TCP}`);
    expect(segment).toMatchObject({ kind: SegmentKind.tcp, payloadLength: 3, problems: 0, sourcePort: 1000 });
  });

  it('end the walk where nothing follows', () => {
    expect(raw(`60000000 0008 3c ${SIX} 3b00010400000000`).kind).toBe(SegmentKind.none);
  });

  it('give a jumbogram its length', () => {
    const data = 70_000;
    const length = (8 + 20 + data).toString(16).padStart(8, '0');
    const frame = new Uint8Array(40 + 8 + 20 + data);
    frame.set(hex(`60000000 0000 00 ${SIX} 0600 c204 ${length} ${TCP}`));
    // Bytes behind the jumbo length are no payload.
    const padded = new Uint8Array(frame.length + 6);
    padded.set(frame);
    expect(decodeFrame(LinkType.raw, padded)).toMatchObject({
      payloadLength: data,
      payloadCaptured: data,
      problems: 0,
    });
  });

  it.each([
    [0, 1, '2001:db8::bb'],
    [2, 1, '2001:db8::bb'],
    [4, 1, '2001:db8::aa'],
    [4, 0, '2001:db8::2'],
    [3, 1, '2001:db8::2'],
  ])('routing of type %i with %i segments left leads to %s', (type, left, expected) => {
    const extensions = [routingExtension(type, left, ['2001:db8::aa', '2001:db8::bb'])];
    const packet = encodeSegment({
      source: '2001:db8::1',
      destination: '2001:db8::2',
      sourcePort: 1,
      destinationPort: 2,
      extensions,
    });
    const segment = decodeFrame(LinkType.raw, packet);
    expect(formatAddress(6, segment.destination)).toBe(expected);
    expect(segment.kind).toBe(SegmentKind.tcp);
  });

  it('reads an atomic fragment as it stands (RFC 6946)', () => {
    expect(raw(`60000000 001f 2c ${SIX} 06000000 00000001 ${TCP}`)).toMatchObject({
      kind: SegmentKind.tcp,
      payloadLength: 3,
      headerOffset: 48,
    });
  });
});

const ends4 = { source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 1000, destinationPort: 80 };
const ends6 = { ...ends4, source: '2001:db8::1', destination: '2001:db8::2' };
const payload = Uint8Array.from({ length: 100 }, (_, i) => i);
const options = [{ kind: 'timestamps', value: 1, echo: 2 }] as const;

/** Feeds IP packets to one decoder; the kinds it returned. */
function feed(decoder: Decoder, packets: readonly Uint8Array[], timeUs: number = 0): number[] {
  return packets.map((packet) => decodeFrame(LinkType.raw, packet, undefined, decoder, timeUs).kind);
}

const { tcp, none } = SegmentKind;

describe('fragments', () => {
  it.each([
    ['IPv4', ends4],
    ['IPv6', ends6],
  ])('of %s come together in any order and size', (_, ends) => {
    const packet = encodeSegment({ ...ends, seq: 5, identification: 9, payload, options });
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 140 }), fc.infiniteStream(fc.nat()), (size, keys) => {
        const shuffled = fragmentIp(packet, size)
          .map((fragment) => ({ fragment, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ fragment }) => fragment);
        const decoder = new Decoder();
        const kinds = feed(decoder, shuffled);
        expect(kinds).toEqual([...new Array(shuffled.length - 1).fill(none), tcp]);
        const segment = decoder.segment;
        expect(segment).toMatchObject({
          seq: 5,
          payloadLength: 100,
          payloadCaptured: 100,
          problems: 0,
          tsEcr: 2,
        });
        const at = segment.payloadOffset;
        expect(segment.bytes.slice(at, at + 100)).toEqual(payload);
        expect(segment.view.getUint16(segment.headerOffset)).toBe(1000);
      }),
    );
  });

  const packet = encodeSegment({ ...ends4, identification: 9, payload });
  const fragments = fragmentIp(packet, 48);

  it('that repeat are ignored, whatever they hold', () => {
    const decoder = new Decoder();
    const forged = fragments[0]!.slice();
    forged.fill(0xee, 20);
    expect(feed(decoder, [fragments[0]!, forged, fragments[1]!, fragments[2]!])).toEqual([
      none,
      none,
      none,
      tcp,
    ]);
    expect(decoder.segment.sourcePort).toBe(1000);
  });

  it('that overlap spoil the datagram', () => {
    const decoder = new Decoder();
    const shifted = fragments[1]!.slice();
    writeU16(shifted, 6, 0x2000 | 5);
    expect(feed(decoder, [fragments[0]!, shifted, fragments[1]!, fragments[2]!])).toEqual([
      none,
      none,
      none,
      none,
    ]);
    const next = fragmentIp(encodeSegment({ ...ends4, identification: 10, payload }), 48);
    expect(feed(decoder, next)).toEqual([none, none, tcp]);
  });

  it.each([
    ['an earlier second end', [2, 1], 0],
    ['bytes behind the end', [1, 2], 0x2000],
  ])('with %s spoil the datagram', (_, order, more) => {
    const [last, middle] = [fragments[2]!.slice(), fragments[1]!.slice()];
    if (more === 0) writeU16(middle, 6, 6);
    else writeU16(last, 6, more | 24);
    if (more !== 0) writeU16(middle, 6, 6);
    writeU16(last, 2, 20 + 24);
    const pair = order[0] === 2 ? [last, middle] : [middle, last];
    expect(feed(new Decoder(), [...pair, fragments[0]!])).toEqual([none, none, none]);
  });

  it('with two ends spoil the datagram, even where the pieces fit', () => {
    const [first, second, third] = fragmentIp(encodeSegment({ ...ends4, payload: new Uint8Array(40) }), 24);
    writeU16(second!, 6, 3);
    expect(feed(new Decoder(), [second!, third!, first!])).toEqual([none, none, none]);
  });

  it("go by the first one's next header (RFC 8200 4.5)", () => {
    const [first, second] = fragmentIp(encodeSegment({ ...ends6, seq: 5 }), 16);
    second![40] = Protocol.udp;
    expect(feed(new Decoder(), [first!, second!])).toEqual([none, tcp]);
    expect(feed(new Decoder(), [second!, first!])).toEqual([none, tcp]);
  });

  it('seen plain and in a tunnel do not mix', () => {
    const decoder = new Decoder();
    const mirrored = encodeIpIp({ source: '10.9.9.1', destination: '10.9.9.2' }, fragments[1]!);
    expect(feed(decoder, [fragments[0]!, mirrored, fragments[2]!, fragments[1]!])).toEqual([
      none,
      none,
      none,
      tcp,
    ]);
  });

  it('join only within the timeout', () => {
    const decoder = new Decoder({ fragments: { timeoutUs: 5e6 } });
    feed(decoder, fragments.slice(0, 2), 1e6);
    expect(feed(decoder, [fragments[2]!], 6e6)).toEqual([tcp]);
    feed(decoder, fragments.slice(0, 2), 10e6);
    expect(feed(decoder, [fragments[2]!], 15e6 + 1)).toEqual([none]);
  });

  it('of different datagrams do not mix', () => {
    const decoder = new Decoder();
    const variants = [
      packet,
      encodeSegment({ ...ends4, identification: 10, payload }),
      encodeSegment({ ...ends4, source: '10.0.0.9', identification: 9, payload }),
      encodeSegment({ ...ends4, destination: '10.0.0.9', identification: 9, payload }),
      encodeSegment({ ...ends6, payload }),
      encodeSegment({ ...ends6, source: '2001:db8:1::1', payload }),
      encodeSegment({ ...ends6, destination: '2001:db8:1::2', payload }),
    ].map((whole) => fragmentIp(whole, 48));
    const kinds = [0, 1, 2].flatMap((i) =>
      feed(
        decoder,
        variants.map((pieces) => pieces[i]!),
      ),
    );
    expect(kinds.slice(0, 14)).toEqual(new Array(14).fill(none));
    expect(kinds.slice(14)).toEqual(new Array(7).fill(tcp));
  });

  it('cut by the snaplen still count', () => {
    const decoder = new Decoder();
    decodeFrame(LinkType.raw, fragments[0]!, 20 + 40, decoder);
    feed(decoder, fragments.slice(1));
    expect(decoder.segment).toMatchObject({
      kind: tcp,
      sourcePort: 1000,
      payloadLength: 100,
      payloadCaptured: 20,
      problems: Problem.sliced,
      optionKinds: 0,
    });
  });

  it('past the largest datagram and of odd length are refused', () => {
    const huge = fragments[2]!.slice();
    writeU16(huge, 6, 0x1fff);
    expect(decodeFrame(LinkType.raw, huge).problems).toBe(Problem.badLength);
    const odd = fragments[2]!.slice();
    writeU16(odd, 6, 0x2000 | 12);
    writeU16(odd, 2, odd.length - 1);
    expect(decodeFrame(LinkType.raw, odd).problems).toBe(Problem.badLength);
  });

  it('read the options of the whole, once it is there', () => {
    const cut = fragmentIp(
      encodeSegment({ ...ends4, identification: 3, options: [{ kind: 'mss', mss: 99 }] }),
      8,
    );
    const decoder = new Decoder();
    expect(feed(decoder, cut)).toEqual([none, none, tcp]);
    expect(decoder.segment).toMatchObject({ mss: 99, optionKinds: OptionBit.mss });
  });
});
