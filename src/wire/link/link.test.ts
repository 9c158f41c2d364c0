import { describe, expect, it } from 'vitest';
import { decodeFrame, hex } from '../../../test/support/decode.ts';
import { Flag, SegmentKind } from '../segment.ts';
import { isSupportedLinkType, linkTypeName } from './type-names.ts';
import { LinkType } from './types.ts';

/** 10.0.0.1:1000 > 10.0.0.2:80 RST+ACK, and the same between 2001:db8::1 and 2001:db8::2. */
const TCP = '03e8 0050 00000064 000000c8 5014 0000 0000 0000';
const IP4 = `4500 0028 0001 0000 40 06 0000 0a000001 0a000002 ${TCP}`;
const IP6 = `60000000 0014 06 40 20010db8000000000000000000000001 20010db8000000000000000000000002 ${TCP}`;
const MACS = '020000000002 020000000001';
const SLL = '0000 0001 0006 020000000001 0000';

const frames: [name: string, linkType: number, bytes: string, vlan: number][] = [
  ['Ethernet', 1, `${MACS} 0800 ${IP4}`, -1],
  ['Ethernet with padding', 1, `${MACS} 0800 ${IP4} 000000000000`, -1],
  ['Ethernet with IPv6', 1, `${MACS} 86dd ${IP6}`, -1],
  ['802.1Q', 1, `${MACS} 8100 6064 0800 ${IP4}`, 100],
  ['QinQ', 1, `${MACS} 88a8 0007 8100 0064 86dd ${IP6}`, 7],
  ['QinQ with the old type', 1, `${MACS} 9100 0007 8100 0064 0800 ${IP4}`, 7],
  ['802.3 with SNAP', 1, `${MACS} 0030 aaaa03 000000 0800 ${IP4}`, -1],
  ['802.3 with IP over LLC', 1, `${MACS} 002b 060603 ${IP4} 0000`, -1],
  ['MPLS', 1, `${MACS} 8847 00010040 00011140 ${IP4}`, -1],
  ['MPLS with IPv6', 1, `${MACS} 8848 00010140 ${IP6}`, -1],
  ['an MPLS pseudowire', 1, `${MACS} 8847 00010140 00000000 ${MACS} 8100 0009 0800 ${IP4}`, 9],
  ['an MPLS pseudowire without control word', 1, `${MACS} 8847 00010140 ${MACS} 0800 ${IP4}`, -1],
  ['PPPoE', 1, `${MACS} 8864 11 00 0001 002a 0021 ${IP4}`, -1],
  ['PPPoE in a VLAN with IPv6', 1, `${MACS} 8100 0002 8864 11 00 0001 003e 0057 ${IP6}`, 2],
  ['NULL of a little-endian host', 0, `02000000 ${IP4}`, -1],
  ['NULL of a big-endian host', 0, `00000002 ${IP4}`, -1],
  ['NULL with IPv6 of Linux', 0, `0a000000 ${IP6}`, -1],
  ['NULL with IPv6 of OpenBSD', 0, `18000000 ${IP6}`, -1],
  ['NULL with IPv6 of FreeBSD', 0, `1c000000 ${IP6}`, -1],
  ['NULL with IPv6 of Darwin', 0, `1e000000 ${IP6}`, -1],
  ['LOOP', 108, `00000002 ${IP4}`, -1],
  ['LOOP with IPv6', 108, `00000018 ${IP6}`, -1],
  ['PPP', 9, `0021 ${IP4}`, -1],
  ['PPP with HDLC', 9, `ff03 0057 ${IP6}`, -1],
  ['PPP with a compressed protocol', 9, `ff03 21 ${IP4}`, -1],
  ['PPP with MPLS', 9, `ff03 0281 00010140 ${IP4}`, -1],
  ['PPP_HDLC', 50, `ff03 0021 ${IP4}`, -1],
  ['PPP_HDLC with Cisco framing', 50, `0f00 0800 ${IP4}`, -1],
  ['PPP with direction', 204, `01 ff03 0021 ${IP4}`, -1],
  ['PPPoE as link type', 51, `11 00 0001 002a 0021 ${IP4}`, -1],
  ['Cisco HDLC', 104, `8f00 86dd ${IP6}`, -1],
  ['RAW 12', 12, IP4, -1],
  ['RAW 14', 14, IP6, -1],
  ['RAW 101', 101, IP4, -1],
  ['RAW 101 with IPv6', 101, IP6, -1],
  ['IPV4', 228, IP4, -1],
  ['IPV6', 229, IP6, -1],
  ['SLL', 113, `${SLL} 0800 ${IP4}`, -1],
  ['SLL with VLAN', 113, `${SLL} 8100 000c 86dd ${IP6}`, 12],
  ['SLL of a GRE device', 113, `0000 030a 0004 0a00000100000000 0800 ${IP4}`, -1],
  ['SLL2', 276, `0800 0000 00000002 0001 00 06 0200000000010000 ${IP4}`, -1],
  ['SLL2 with IPv6', 276, `86dd 0000 00000002 0304 04 06 0200000000010000 ${IP6}`, -1],
  ['802.11', 105, `0801 0000 ${MACS} 020000000002 0000 aaaa03000000 0800 ${IP4}`, -1],
  ['802.11 QoS', 105, `8802 0000 ${MACS} 020000000002 0000 0000 aaaa03000000 86dd ${IP6}`, -1],
  [
    '802.11 with four addresses',
    105,
    `8803 0000 ${MACS} 020000000002 0000 020000000003 0000 aaaa03000000 0800 ${IP4}`,
    -1,
  ],
  [
    '802.11 with HT control',
    105,
    `8881 0000 ${MACS} 020000000002 0000 0000 00000000 aaaa03000000 0800 ${IP4}`,
    -1,
  ],
  [
    '802.11 A-MSDU',
    105,
    `8801 0000 ${MACS} 020000000002 0000 8000 ${MACS} 0030 aaaa03000000 0800 ${IP4}`,
    -1,
  ],
  ['radiotap', 127, `0000 0800 00000000 0801 0000 ${MACS} 020000000002 0000 aaaa03000000 0800 ${IP4}`, -1],
  [
    'radiotap with TSFT, padding and FCS',
    127,
    `0000 1100 03000000 1122334455667788 30 8801 0000 ${MACS} 020000000002 0000 0000 0000 aaaa03000000 0800 ${IP4} deadbeef`,
    -1,
  ],
  [
    'radiotap with two present words',
    127,
    `0000 1000 02000080 00000000 20 000000 8801 0000 ${MACS} 020000000002 0000 0000 0000 aaaa03000000 0800 ${IP4}`,
    -1,
  ],
  [
    'Prism',
    119,
    `00000044 00000090 ${'00'.repeat(136)} 0801 0000 ${MACS} 020000000002 0000 aaaa03000000 0800 ${IP4}`,
    -1,
  ],
  [
    'AVS',
    163,
    `80211001 00000040 ${'00'.repeat(56)} 0801 0000 ${MACS} 020000000002 0000 aaaa03000000 0800 ${IP4}`,
    -1,
  ],
  ['PPI', 192, `0000 0800 69000000 0801 0000 ${MACS} 020000000002 0000 aaaa03000000 0800 ${IP4}`, -1],
  ['NFLOG', 239, `02 00 0005 0800 0100 08000100 0500 0a00 00000000 2c00 0900 ${IP4}`, -1],
  ['NFLOG of a big-endian host', 239, `0a 00 0005 0008 0001 00010001 0040 0009 ${IP6}`, -1],
  ['pflog', 117, `3d 02 ${'00'.repeat(62)} ${IP4}`, -1],
  ['enc', 109, `02000000 00000000 00000000 ${IP4}`, -1],
  ['IEEE 1394', 138, `${'00'.repeat(16)} 0800 ${IP4}`, -1],
];

describe('link types', () => {
  it.each(frames)('%s', (_, linkType, bytes, vlan) => {
    expect(isSupportedLinkType(linkType)).toBe(true);
    expect(decodeFrame(linkType, hex(bytes))).toMatchObject({
      kind: SegmentKind.tcp,
      problems: 0,
      sourcePort: 1000,
      destinationPort: 80,
      seq: 100,
      ack: 200,
      flags: Flag.rst | Flag.ack,
      payloadLength: 0,
      payloadCaptured: 0,
      vlan,
      tunnels: 0,
    });
  });

  it.each(frames)('never reads past a cut (%s)', (_, linkType, bytes) => {
    const frame = hex(bytes);
    const whole = decodeFrame(linkType, frame).headerOffset;
    for (let captured = 0; captured < frame.length; captured++) {
      const enough = captured >= whole + 16;
      expect(decodeFrame(linkType, frame, captured).kind).toBe(enough ? SegmentKind.tcp : SegmentKind.none);
    }
  });

  it('have a test each', () => {
    const tested = new Set(frames.map(([, linkType]) => linkType));
    expect([...tested].sort()).toEqual(Object.values(LinkType).sort());
  });

  it('have names', () => {
    expect(linkTypeName(LinkType.ethernet)).toBe('Ethernet');
    expect(linkTypeName(LinkType.sll2)).toBe('Linux cooked v2');
    expect(linkTypeName(299)).toBe('link type 299');
    expect(isSupportedLinkType(299)).toBe(false);
    for (const linkType of Object.values(LinkType)) expect(linkTypeName(linkType)).not.toContain('link type');
  });
});
