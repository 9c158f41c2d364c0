import { describe, expect, it } from 'vitest';
import { decodeFrame, hex } from '../../../test/support/decode.ts';
import { formatAddress } from '../address.ts';
import { LinkType } from '../link/types.ts';
import { Flag, Problem, SegmentKind } from '../segment.ts';

const TCP = '03e8 0050 00000064 000000c8 5011 0000 0000 0000';
const IP4 = `4500 0028 0001 0000 3f 06 0000 0a000001 0a000002 ${TCP}`;
const IP6 = `60000000 0014 06 3f 20010db8000000000000000000000001 20010db8000000000000000000000002 ${TCP}`;
const ETH4 = `020000000002 020000000001 0800 ${IP4}`;
const ETH6 = `020000000002 020000000001 86dd ${IP6}`;

function bytesOf(text: string): number {
  return text.replaceAll(/\s/g, '').length / 2;
}

function u16(value: number): string {
  return value.toString(16).padStart(4, '0');
}

/** An outer IPv4 header of the given protocol. */
function outer4(protocol: string, body: string): string {
  return `4500 ${u16(20 + bytesOf(body))} 0001 0000 40 ${protocol} 0000 cb007101 cb007102 ${body}`;
}

function outer6(protocol: string, body: string): string {
  return `60000000 ${u16(bytesOf(body))} ${protocol} 40 ${'20'.repeat(16)} ${'21'.repeat(16)} ${body}`;
}

function udp(port: number, body: string, source: number = 50000): string {
  return outer4('11', `${u16(source)} ${u16(port)} ${u16(8 + bytesOf(body))} 0000 ${body}`);
}

const tunnels: [name: string, bytes: string, opened: number, inner: 4 | 6][] = [
  ['IPv4 in IPv4', outer4('04', IP4), 1, 4],
  ['IPv6 in IPv4', outer4('29', IP6), 1, 6],
  ['IPv4 in IPv6', outer6('04', IP4), 1, 4],
  ['IPv6 in IPv6', outer6('29', IP6), 1, 6],
  ['GRE', outer4('2f', `0000 0800 ${IP4}`), 1, 4],
  ['GRE over IPv6', outer6('2f', `0000 86dd ${IP6}`), 1, 6],
  ['GRE with checksum, key and sequence', outer4('2f', `b000 0800 abcd0000 00000007 00000001 ${IP4}`), 1, 4],
  ['GRE with key', outer4('2f', `2000 86dd 00000007 ${IP6}`), 1, 6],
  ['GRE with source routes', outer4('2f', `4000 0800 00000000 0800 00 04 0a0a0a0a 0000 0000 ${IP4}`), 1, 4],
  ['GRE, bridged', outer4('2f', `2000 6558 00000100 ${ETH4}`), 1, 4],
  ['GRE with a VLAN', outer4('2f', `0000 8100 0005 0800 ${IP4}`), 1, 4],
  ['GRE with MPLS', outer4('2f', `0000 8847 00010140 ${IP6}`), 1, 6],
  ['PPTP', outer4('2f', `3001 880b 002c0001 00000001 ff03 0021 ${IP4}`), 1, 4],
  ['PPTP with acknowledgement', outer4('2f', `3081 880b 002a0001 00000001 00000002 0021 ${IP4}`), 1, 4],
  ['ERSPAN I', outer4('2f', `0000 88be ${ETH4}`), 1, 4],
  ['ERSPAN II', outer4('2f', `1000 88be 00000001 1001 0001 00000000 ${ETH6}`), 1, 6],
  ['ERSPAN III', outer4('2f', `1000 22eb 00000001 2001 0001 00000000 0000 0000 ${ETH4}`), 1, 4],
  [
    'ERSPAN III with subheader',
    outer4('2f', `1000 22eb 00000001 2001 0001 00000000 0000 0001 ${'00'.repeat(8)} ${ETH4}`),
    1,
    4,
  ],
  [
    'ERSPAN III with an IP packet',
    outer4('2f', `1000 22eb 00000001 2001 0001 00000000 0000 0800 ${IP4}`),
    1,
    4,
  ],
  ['VXLAN', udp(4789, `08000000 00000100 ${ETH4}`), 1, 4],
  ['VXLAN on the old port', udp(8472, `08000000 00000100 ${ETH6}`), 1, 6],
  ['VXLAN answering from its port', udp(50000, `08000000 00000100 ${ETH6}`, 4789), 1, 6],
  ['VXLAN-GPE', udp(4790, `0c000001 00000100 ${IP4}`), 1, 4],
  ['VXLAN-GPE with IPv6', udp(4790, `0c000002 00000100 ${IP6}`), 1, 6],
  ['VXLAN-GPE with Ethernet', udp(4790, `0c000003 00000100 ${ETH4}`), 1, 4],
  ['Geneve', udp(6081, `0000 6558 00000100 ${ETH4}`), 1, 4],
  ['Geneve with options', udp(6081, `0200 6558 00000100 0102 80 01 deadbeef ${ETH6}`), 1, 6],
  ['Geneve with IPv4', udp(6081, `0000 0800 00000100 ${IP4}`), 1, 4],
  ['GTP-U', udp(2152, `30ff 0028 00000001 ${IP4}`), 1, 4],
  ['GTP-U with sequence number', udp(2152, `32ff 002c 00000001 0007 00 00 ${IP4}`), 1, 4],
  [
    'GTP-U with two extension headers',
    udp(2152, `34ff 0048 00000001 0000 00 85 01 0000 c0 02 000000000000 00 ${IP6}`),
    1,
    6,
  ],
  ['MPLS in UDP', udp(6635, `00010140 ${IP4}`), 1, 4],
  ['MPLS in IP', outer4('89', `00010140 ${IP6}`), 1, 6],
  ['EtherIP', outer4('61', `3000 ${ETH4}`), 1, 4],
  [
    'VXLAN with GRE inside',
    udp(4789, `08000000 00000100 020000000002 020000000001 0800 ${outer4('2f', `0000 0800 ${IP4}`)}`),
    2,
    4,
  ],
  ['behind AH', outer4('33', `04 04 0000 00000100 00000001 ${'00'.repeat(12)} ${IP4}`), 1, 4],
];

describe('tunnels', () => {
  it.each(tunnels)('%s', (_, bytes, opened, inner) => {
    const segment = decodeFrame(LinkType.raw, hex(bytes));
    expect(segment).toMatchObject({
      kind: SegmentKind.tcp,
      problems: 0,
      tunnels: opened,
      family: inner,
      sourcePort: 1000,
      destinationPort: 80,
      seq: 100,
      flags: Flag.fin | Flag.ack,
      hopLimit: 63,
      payloadLength: 0,
    });
    expect(formatAddress(segment.family, segment.source)).toBe(inner === 4 ? '10.0.0.1' : '2001:db8::1');
  });

  it.each(tunnels)('never reads past a cut (%s)', (_, bytes) => {
    const frame = hex(bytes);
    const whole = decodeFrame(LinkType.raw, frame).headerOffset;
    for (let captured = 0; captured < frame.length; captured++) {
      const enough = captured >= whole + 16;
      expect(decodeFrame(LinkType.raw, frame, captured).kind).toBe(
        enough ? SegmentKind.tcp : SegmentKind.none,
      );
    }
  });

  it.each([
    ['GRE of version 2', outer4('2f', `0002 0800 ${IP4}`)],
    ['a PPTP acknowledgement alone', outer4('2f', '2081 880b 00000001 00000002')],
    ['ERSPAN II of another version', outer4('2f', `1000 88be 00000001 3001 0001 00000000 ${ETH4}`)],
    [
      'ERSPAN III of another version',
      outer4('2f', `1000 22eb 00000001 1001 0001 00000000 0000 0000 ${ETH4}`),
    ],
    ['VXLAN without the I flag', udp(4789, `00000000 00000100 ${ETH4}`)],
    ['Geneve of another version', udp(6081, `4000 6558 00000100 ${ETH4}`)],
    ['a GTP-U echo', udp(2152, `3201 0004 00000000 0001 0000 ${IP4}`)],
    ["GTP'", udp(2152, `20ff 0028 00000001 ${IP4}`)],
    [
      'GTP-U with an extension header of length 0',
      udp(2152, `34ff 0048 00000001 0000 00 85 00 0000 00 ${IP4}`),
    ],
    ['UDP on another port', udp(4788, `08000000 00000100 ${ETH4}`)],
    ['an unknown protocol', outer4('fd', IP4)],
  ])('gives none for %s', (_, bytes) => {
    expect(decodeFrame(LinkType.raw, hex(bytes)).kind).toBe(SegmentKind.none);
  });

  it('says what is wrong with an extension header of length 0', () => {
    const frame = hex(udp(2152, `34ff 0048 00000001 0000 00 85 00 0000 00 ${IP4}`));
    expect(decodeFrame(LinkType.raw, frame).problems).toBe(Problem.badLength);
  });
});
