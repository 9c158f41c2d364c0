import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame, hex } from '../../test/support/decode.ts';
import { formatAddress, parseAddress } from './address.ts';
import { Decoder } from './decoder.ts';
import { encodeIcmpError, encodeSegment } from './encode.ts';
import {
  encodeEthernet,
  encodeIeee8023,
  encodeNflog,
  encodePppoe,
  encodeRadiotap,
  encodeWifi,
} from './link/encode.ts';
import { LinkType } from './link/types.ts';
import { Flag, OptionBit, Problem, SegmentKind } from './segment.ts';
import { encodeGre, encodeIpIp, encodeVxlan } from './tunnel/encode.ts';
import { viewOf, writeU16 } from './write.ts';

const ETHERNET = hex('020000000002 020000000001 0800');
/** 192.0.2.1:40000 > 198.51.100.2:80, SYN+ACK+ECE+AE, MSS and padded timestamps, three bytes of payload. */
const IP4 = hex('4501 003b 1234 4000 40 06 0000 c0000201 c6336402');
const TCP = hex('9c40 0050 ffffffff 00000001 9152 ffff 0000 0007 02040218 0101080a 00000005 80000000 616263');
const FRAME = Uint8Array.of(...ETHERNET, ...IP4, ...TCP);

const ends = { source: '192.0.2.1', destination: '198.51.100.2', sourcePort: 1000, destinationPort: 80 };
const outer = { source: '203.0.113.1', destination: '203.0.113.2' };
const payload = Uint8Array.from({ length: 40 }, (_, i) => i);
const plain = (): Uint8Array =>
  encodeSegment({ ...ends, seq: 7, ack: 8, flags: Flag.ack, window: 9, payload });

describe('a TCP segment in Ethernet', () => {
  it('fills every field', () => {
    const segment = decodeFrame(LinkType.ethernet, FRAME);
    expect(segment).toMatchObject({
      kind: SegmentKind.tcp,
      problems: 0,
      family: 4,
      sourcePort: 40000,
      destinationPort: 80,
      hopLimit: 64,
      identification: 0x1234,
      dontFragment: true,
      ecn: 1,
      seq: -1,
      ack: 1,
      flags: Flag.ae | Flag.ece | Flag.ack | Flag.syn,
      window: 65535,
      urgentPointer: 7,
      headerLength: 36,
      headerOffset: 34,
      payloadOffset: 70,
      payloadLength: 3,
      payloadCaptured: 3,
      optionKinds: OptionBit.mss | OptionBit.timestamps,
      mss: 536,
      tsVal: 5,
      tsEcr: -0x80000000,
      windowScale: -1,
      vlan: -1,
      tunnels: 0,
    });
    expect(formatAddress(4, segment.source)).toBe('192.0.2.1');
    expect(formatAddress(4, segment.destination)).toBe('198.51.100.2');
    expect([...segment.bytes.subarray(segment.payloadOffset)]).toEqual([0x61, 0x62, 0x63]);
  });

  it('leaves nothing of one frame in the next', () => {
    const decoder = new Decoder();
    const first = encodeEthernet(
      encodeVxlan({ source: '2001:db8::1', destination: '2001:db8::2' }, FRAME, 1),
      {
        vlans: [{ id: 3 }],
      },
    );
    decodeFrame(LinkType.ethernet, first, first.length - 1, decoder);
    expect(decoder.segment).toMatchObject({ vlan: 3, tunnels: 1, mss: 536, problems: Problem.sliced });
    const sack = [
      { kind: 'sack', blocks: [{ left: 1, right: 2 }] },
      { kind: 'windowScale', shift: 3 },
    ] as const;
    const busy = encodeSegment({ ...ends, ack: 5, urgentPointer: 6, window: 7, payload, options: sack });
    decodeFrame(LinkType.raw, busy, undefined, decoder);
    expect(decoder.segment).toMatchObject({ sackCount: 1, windowScale: 3, urgentPointer: 6 });
    decodeFrame(LinkType.raw, plain(), 36, decoder);
    expect(decoder.segment.urgentPointer).toBe(0);
    const router = { source: '10.0.0.9', destination: '10.0.0.1' };
    const error = encodeIcmpError({ ...router, type: 3, code: 4, mtu: 1280, quoted: busy });
    decodeFrame(LinkType.raw, error, undefined, decoder);
    expect(decoder.segment).toMatchObject({ kind: SegmentKind.icmpError, icmpMtu: 1280 });

    decodeFrame(LinkType.raw, encodeSegment(ends), undefined, decoder);
    const fresh = decodeFrame(LinkType.raw, encodeSegment(ends));
    // SACK edges and the ICMP source are valid only where `sackCount` and `kind` say so.
    const { bytes: _a, view: _b, sack: _c, icmpSource: _d, ...after } = decoder.segment;
    const { bytes: _e, view: _f, sack: _g, icmpSource: _h, ...expected } = fresh;
    expect(after).toEqual(expected);
  });

  it('reads the frame where it lies in a larger buffer', () => {
    const buffer = new Uint8Array(FRAME.length + 100).fill(0x45);
    buffer.set(FRAME, 50);
    const decoder = new Decoder();
    const n = FRAME.length;
    expect(decoder.decode(LinkType.ethernet, buffer, viewOf(buffer), 50, n, n, 0)).toBe(SegmentKind.tcp);
    expect(decoder.segment).toMatchObject({ headerOffset: 84, payloadCaptured: 3, problems: 0 });
  });
});

describe('lengths', () => {
  it('does not take Ethernet padding for payload', () => {
    const frame = encodeEthernet(encodeSegment({ ...ends, flags: Flag.fin }), { padded: true });
    expect(frame.length).toBe(60);
    expect(decodeFrame(LinkType.ethernet, frame)).toMatchObject({
      payloadLength: 0,
      payloadCaptured: 0,
      problems: 0,
    });
  });

  it.each([
    ['192.0.2.1', '192.0.2.2'],
    ['2001:db8::1', '2001:db8::2'],
  ])('takes the frame length where offload left none (%s)', (source, destination) => {
    const packet = encodeSegment({
      ...ends,
      source,
      destination,
      payload: new Uint8Array(70_000),
      offloadLength: true,
    });
    const segment = decodeFrame(LinkType.raw, packet, 128);
    expect(segment).toMatchObject({ payloadLength: 70_000, problems: Problem.sliced });
    expect(segment.payloadCaptured).toBe(128 - segment.payloadOffset);
  });

  it.each<[name: string, linkType: number, wrap: (packet: Uint8Array) => Uint8Array]>([
    ['PPPoE', LinkType.pppoe, (packet) => encodePppoe(packet)],
    ['802.3', LinkType.ethernet, encodeIeee8023],
    [
      'UDP',
      LinkType.raw,
      (packet) => encodeVxlan({ ...outer, offloadLength: true }, encodeEthernet(packet), 1),
    ],
    ['NFLOG', LinkType.nflog, (packet) => encodeNflog(packet)],
    [
      'a radiotap header with FCS',
      LinkType.radiotap,
      (packet) => encodeRadiotap(encodeWifi(packet), { fcs: true }),
    ],
  ])('goes by the length in %s where offload left none', (name, linkType, wrap) => {
    const frame = wrap(encodeSegment({ ...ends, payload, offloadLength: true }));
    const trailer = name.includes('FCS') ? 0 : 9;
    const padded = new Uint8Array(frame.length + trailer);
    padded.set(frame);
    expect(decodeFrame(linkType, padded)).toMatchObject({
      payloadLength: 40,
      payloadCaptured: 40,
      problems: 0,
    });
  });

  it('counts the payload that the snaplen cut', () => {
    const frame = encodeEthernet(plain());
    expect(decodeFrame(LinkType.ethernet, frame, 60)).toMatchObject({
      payloadLength: 40,
      payloadCaptured: 6,
      problems: Problem.sliced,
    });
  });

  it('needs 16 bytes of a cut TCP header', () => {
    expect(decodeFrame(LinkType.raw, plain(), 36)).toMatchObject({
      kind: SegmentKind.tcp,
      seq: 7,
      flags: Flag.ack,
      window: 9,
      payloadLength: 40,
      payloadCaptured: 0,
      problems: Problem.sliced,
    });
    expect(decodeFrame(LinkType.raw, plain(), 35)).toMatchObject({
      kind: SegmentKind.none,
      problems: Problem.sliced,
    });
  });

  it('does not blame the sender for an option that the snaplen cut', () => {
    const packet = encodeSegment({
      ...ends,
      options: [
        { kind: 'mss', mss: 536 },
        { kind: 'timestamps', value: 1, echo: 2 },
      ],
    });
    expect(decodeFrame(LinkType.raw, packet, 20 + 20 + 9)).toMatchObject({
      mss: 536,
      headerLength: 36,
      optionKinds: OptionBit.mss,
      problems: Problem.sliced,
    });
  });

  it('notes a datagram longer than its frame and counts what IP says', () => {
    const packet = plain();
    writeU16(packet, 2, 1000);
    expect(decodeFrame(LinkType.raw, packet)).toMatchObject({
      payloadLength: 960,
      payloadCaptured: 40,
      problems: Problem.truncated,
    });
  });

  it.each([
    ['below 5', 4],
    ['of 0', 0],
    ['past the end', 15],
  ])('keeps a segment whose data offset is %s', (_, words) => {
    const packet = encodeSegment({ ...ends, seq: 7, flags: Flag.rst });
    packet[32] = words << 4;
    expect(decodeFrame(LinkType.raw, packet)).toMatchObject({
      kind: SegmentKind.tcp,
      seq: 7,
      flags: Flag.rst,
      headerLength: 20,
      payloadLength: 0,
      problems: Problem.badLength,
    });
  });

  it.each([
    ['IHL below 5', 0, 0x44],
    ['a total length below the header', 3, 10],
  ])('refuses %s', (_, at, value) => {
    const packet = plain();
    packet[at] = value;
    if (at === 3) packet[2] = 0;
    expect(decodeFrame(LinkType.raw, packet)).toMatchObject({
      kind: SegmentKind.none,
      problems: Problem.badLength,
    });
  });
});

describe('depth', () => {
  it('opens eight tunnels and no more', () => {
    let packet = plain();
    for (let depth = 1; depth <= 8; depth++) {
      packet = depth % 2 === 0 ? encodeIpIp(outer, packet) : encodeGre(outer, packet);
      expect(decodeFrame(LinkType.raw, packet)).toMatchObject({
        kind: SegmentKind.tcp,
        tunnels: depth,
        problems: 0,
      });
    }
    expect(decodeFrame(LinkType.raw, encodeIpIp(outer, packet))).toMatchObject({
      kind: SegmentKind.none,
      problems: Problem.tooDeep,
    });
  });

  it('stops at too many VLAN tags, labels and extension headers', () => {
    const tags = encodeEthernet(plain(), { vlans: new Array(9).fill({ id: 1 }) });
    const labels = Uint8Array.of(...hex('020000000002020000000001 8847'), ...new Uint8Array(200));
    const headers = hex(`60000000 0400 00 40 ${'00'.repeat(32)}${'00'.repeat(1024)}`);
    for (const [linkType, frame] of [
      [LinkType.ethernet, tags],
      [LinkType.ethernet, labels],
      [LinkType.raw, headers],
    ] as const) {
      expect(decodeFrame(linkType, frame)).toMatchObject({
        kind: SegmentKind.none,
        problems: Problem.tooDeep,
      });
    }
  });
});

describe('what is no TCP', () => {
  it.each([
    ['ARP', LinkType.ethernet, '020000000002 020000000001 0806 0001080006040001'],
    [
      'UDP on no tunnel port',
      LinkType.raw,
      '4500 001c 0001 0000 40 11 0000 c0000201 c6336402 1000 0035 0008 0000',
    ],
    [
      'VXLAN without the I flag',
      LinkType.raw,
      '4500 0024 0001 0000 40 11 0000 c0000201 c6336402 1000 12b5 0010 0000 0000000000000100',
    ],
    ['an 802.11 beacon', LinkType.wifi, `8000${'00'.repeat(40)}`],
    [
      'an encrypted 802.11 frame',
      LinkType.wifi,
      `0841${'00'.repeat(22)} aaaa030000000800 ${'45'.repeat(40)}`,
    ],
    ['an unknown link type', 220, '00'.repeat(80)],
    ['nothing', LinkType.ethernet, ''],
  ])('is none (%s)', (_, linkType, bytes) => {
    expect(decodeFrame(linkType, hex(bytes))).toMatchObject({
      kind: SegmentKind.none,
      problems: 0 + (bytes === '' ? Problem.truncated : 0),
    });
  });
});

describe('encoding and decoding', () => {
  it('gives back every field of arbitrary segments', () => {
    const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
    const u16 = fc.nat(0xffff);
    const fields = fc.record({
      sourcePort: u16,
      destinationPort: u16,
      seq: int32,
      ack: int32,
      flags: fc.nat(0xfff),
      window: u16,
      urgentPointer: u16,
      payload: fc.uint8Array({ maxLength: 60 }),
      identification: u16,
      hopLimit: fc.nat(255),
      ecn: fc.nat(3),
      dontFragment: fc.boolean(),
    });
    const address = fc.tuple(int32, int32, int32, int32);
    fc.assert(
      fc.property(fields, address, address, fc.boolean(), ({ payload: data, ...rest }, a, b, isIp4) => {
        const family = isIp4 ? 4 : 6;
        const words = (four: readonly number[]): Int32Array =>
          Int32Array.from(isIp4 ? [0, 0, 0, four[3]!] : four);
        const source = { family, words: words(a) } as const;
        const destination = { family, words: words(b) } as const;
        const packet = encodeSegment({ ...rest, payload: data, source, destination });
        const segment = decodeFrame(LinkType.ethernet, encodeEthernet(packet));
        expect(segment).toMatchObject({
          ...rest,
          kind: SegmentKind.tcp,
          problems: 0,
          family,
          identification: isIp4 ? rest.identification : -1,
          dontFragment: isIp4 && rest.dontFragment,
          payloadLength: data.length,
        });
        expect([segment.source, segment.destination]).toEqual([source.words, destination.words]);
        const at = segment.payloadOffset;
        expect(segment.bytes.slice(at, at + segment.payloadCaptured)).toEqual(data);
      }),
    );
  });

  it('refuses what fits no header', () => {
    const data = new Uint8Array(39);
    expect(() => encodeSegment({ ...ends, options: [{ kind: 'unknown', number: 99, data }] })).toThrow(
      /44 do not fit|44 bytes/,
    );
    expect(() => encodeSegment({ ...ends, source: '1.2.3' })).toThrow('not an IP address: 1.2.3');
    expect(parseAddress('1.2.3')).toBeNull();
  });
});
