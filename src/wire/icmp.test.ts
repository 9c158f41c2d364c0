import { describe, expect, it } from 'vitest';
import { decodeFrame, hex } from '../../test/support/decode.ts';
import { formatAddress } from './address.ts';
import { internetChecksum } from './checksum.ts';
import { encodeIcmpError, encodeSegment } from './encode.ts';
import { paddingExtension } from './ip/encode.ts';
import { Protocol } from './ip/protocols.ts';
import { LinkType } from './link/types.ts';
import { Flag, OptionBit, type Segment, SegmentKind } from './segment.ts';
import { viewOf } from './write.ts';

const tcp = { sourcePort: 40000, destinationPort: 80, seq: -5, ack: 6, flags: Flag.ack, window: 7 };
const ends4 = { source: '10.0.0.1', destination: '10.0.0.2' };
const ends6 = { source: '2001:db8::1', destination: '2001:db8::2' };
const router4 = { source: '10.0.9.9', destination: '10.0.0.1', hopLimit: 250 };
const router6 = { source: '2001:db8:9::9', destination: '2001:db8::1', hopLimit: 250 };
const quoted4 = encodeSegment({
  ...ends4,
  ...tcp,
  identification: 77,
  dontFragment: true,
  payload: new Uint8Array(500),
});
const quoted6 = encodeSegment({ ...ends6, ...tcp, payload: new Uint8Array(500) });

describe('ICMP errors', () => {
  it('show the segment that they quote, however little of it', () => {
    const segment = decodeFrame(
      LinkType.raw,
      encodeIcmpError({ ...router4, type: 3, code: 4, mtu: 1400, quoted: quoted4 }),
    );
    expect(segment).toMatchObject({
      kind: SegmentKind.icmpError,
      problems: 0,
      icmpFamily: 4,
      icmpType: 3,
      icmpCode: 4,
      icmpMtu: 1400,
      hopLimit: 250,
      identification: 77,
      dontFragment: true,
      sourcePort: 40000,
      destinationPort: 80,
      seq: -5,
      ack: 0,
      flags: 0,
      headerLength: 8,
    });
    expect(formatAddress(4, segment.icmpSource)).toBe('10.0.9.9');
    expect(formatAddress(4, segment.source)).toBe('10.0.0.1');
    expect(formatAddress(4, segment.destination)).toBe('10.0.0.2');
  });

  it('name at least the sender of the segment where the capture cut the quote', () => {
    const error = encodeIcmpError({ ...router6, type: 1, code: 0, quoted: quoted6 });
    const whose = (captured: number): Segment => decodeFrame(LinkType.raw, error, captured);
    expect(whose(96)).toMatchObject({ kind: SegmentKind.icmpError, sourcePort: 40000 });
    expect(whose(82)).toMatchObject({ kind: SegmentKind.icmpCut, icmpType: 1 });
    expect(formatAddress(6, whose(82).source)).toBe('2001:db8::1');
    expect(formatAddress(6, whose(82).icmpSource)).toBe('2001:db8:9::9');
    expect(whose(70).kind).toBe(SegmentKind.none);
  });

  it('give ack, flags, window and options as far as they are quoted', () => {
    const quoted = encodeSegment({
      ...ends4,
      ...tcp,
      options: [{ kind: 'mss', mss: 1300 }],
      payload: new Uint8Array(50),
    });
    const at = (quoteLength: number): ReturnType<typeof decodeFrame> =>
      decodeFrame(LinkType.raw, encodeIcmpError({ ...router4, type: 11, code: 0, quoted, quoteLength }));
    expect(at(20 + 12)).toMatchObject({ ack: 6, flags: 0, headerLength: 12 });
    expect(at(20 + 14)).toMatchObject({
      ack: 6,
      flags: Flag.ack,
      window: 0,
      headerLength: 14,
      payloadLength: 50,
    });
    expect(at(20 + 16)).toMatchObject({ window: 7, headerLength: 16 });
    expect(at(20 + 22)).toMatchObject({ headerLength: 22, mss: -1, problems: 0 });
    expect(at(20 + 30)).toMatchObject({
      headerLength: 24,
      mss: 1300,
      optionKinds: OptionBit.mss,
      payloadCaptured: 6,
    });
  });

  it.each([1, 2, 3, 4])('of ICMPv6 likewise (type %i)', (type) => {
    const segment = decodeFrame(
      LinkType.raw,
      encodeIcmpError({ ...router6, type, code: 1, mtu: 1280, quoted: quoted6 }),
    );
    expect(segment).toMatchObject({
      kind: SegmentKind.icmpError,
      icmpFamily: 6,
      icmpType: type,
      icmpCode: 1,
      icmpMtu: type === 2 ? 1280 : 0,
      seq: -5,
      ack: 6,
      flags: Flag.ack,
      payloadLength: 500,
      identification: -1,
    });
    expect(formatAddress(6, segment.icmpSource)).toBe('2001:db8:9::9');
    expect(formatAddress(6, segment.source)).toBe('2001:db8::1');
  });

  it('look behind extension headers in the quote', () => {
    const extensions = [paddingExtension(Protocol.hopByHop), paddingExtension(Protocol.destination)];
    const quoted = encodeSegment({ ...ends6, ...tcp, extensions });
    const segment = decodeFrame(
      LinkType.raw,
      encodeIcmpError({ ...router6, type: 3, code: 0, quoted, quoteLength: 40 + 16 + 8 }),
    );
    expect(segment).toMatchObject({
      kind: SegmentKind.icmpError,
      sourcePort: 40000,
      seq: -5,
      headerLength: 8,
    });
  });

  it('end the quote where extensions begin (RFC 4884)', () => {
    const error = encodeIcmpError({ ...router4, type: 11, code: 0, quoted: quoted4, quoteLength: 60 });
    error[20 + 5] = 8;
    expect(decodeFrame(LinkType.raw, error)).toMatchObject({ headerLength: 12, ack: 6, flags: 0 });
  });

  it.each([
    ['a redirect', { ...router4, type: 5, code: 0, quoted: quoted4 }],
    ['an echo', { ...router4, type: 8, code: 0, quoted: quoted4 }],
    ['an ICMPv6 echo', { ...router6, type: 128, code: 0, quoted: quoted6 }],
    ['a quote of seven bytes', { ...router4, type: 3, code: 1, quoted: quoted4, quoteLength: 27 }],
    ['an IPv6 quote of seven bytes', { ...router6, type: 1, code: 1, quoted: quoted6, quoteLength: 47 }],
    ['a quote of the other family', { ...router4, type: 3, code: 1, quoted: quoted6, quoteLength: 60 }],
  ])('are not %s', (_, fields) => {
    expect(decodeFrame(LinkType.raw, encodeIcmpError(fields)).kind).toBe(SegmentKind.none);
  });

  it('are not about UDP or later fragments', () => {
    const udp = quoted4.slice();
    udp[9] = 17;
    const fragment = quoted4.slice();
    fragment[7] = 1;
    for (const quoted of [udp, fragment]) {
      expect(decodeFrame(LinkType.raw, encodeIcmpError({ ...router4, type: 3, code: 3, quoted })).kind).toBe(
        SegmentKind.none,
      );
    }
  });

  it('are read from bytes as the RFCs draw them', () => {
    const quoted = '4500 0028 0001 0000 3f 06 0000 0a000001 0a000002 9c40 0050 00000064';
    const segment = decodeFrame(
      LinkType.raw,
      hex(`4500 0038 0002 0000 40 01 0000 0a000002 0a000001 03 03 0000 00000000 ${quoted}`),
    );
    expect(segment).toMatchObject({
      kind: SegmentKind.icmpError,
      icmpType: 3,
      icmpCode: 3,
      icmpMtu: 0,
      seq: 100,
    });
  });

  it('carry a good checksum', () => {
    const error = encodeIcmpError({ ...router4, type: 3, code: 1, quoted: quoted4 });
    expect(internetChecksum(viewOf(error), 20, error.length - 20)).toBe(0);
  });
});
