import {
  authenticationExtension,
  EtherType,
  encodeCiscoHdlc,
  encodeEnc,
  encodeErspan,
  encodeEthernet,
  encodeGeneve,
  encodeGre,
  encodeGtpU,
  encodeIeee1394,
  encodeIeee8023,
  encodeIp,
  encodeIpIp,
  encodeMpls,
  encodeMplsInUdp,
  encodeNflog,
  encodeNull,
  encodePflog,
  encodePpp,
  encodePppoe,
  encodeRadiotap,
  encodeSegment,
  encodeSll,
  encodeSll2,
  encodeVxlan,
  encodeVxlanGpe,
  encodeWifi,
  Flag,
  fragmentIp,
  type IpFields,
  LinkType,
  Protocol,
  paddingExtension,
  routingExtension,
  type TcpFields,
} from '../../src/wire/index.ts';
import { concat } from '../../src/wire/write.ts';

/** A small TCP conversation in one kind of frame. */
export interface LinkSample {
  readonly name: string;
  readonly linkType: number;
  readonly frames: readonly Uint8Array[];
  /** How the conversation ends. */
  readonly ending: 'fin' | 'rst';
  /** Arguments that tshark needs to read it, or null where tshark does not read this form at all. */
  readonly tshark: readonly string[] | null;
}

type Wrap = (packet: Uint8Array) => Uint8Array | Uint8Array[];

const CLIENT4 = '192.0.2.10';
const SERVER4 = '198.51.100.20';
const CLIENT6 = '2001:db8::10';
const SERVER6 = '2001:db8:1::20';
const OUTER4: IpFields = { source: '203.0.113.1', destination: '203.0.113.2' };
const OUTER6: IpFields = { source: '2001:db8:ffff::1', destination: '2001:db8:ffff::2' };
const REQUEST: Uint8Array = new TextEncoder().encode('GET / HTTP/1.0\r\n\r\n');
const RESPONSE: Uint8Array = new TextEncoder().encode('HTTP/1.0 204 No Content\r\n\r\n');

/** One segment of the conversation, from the client or from the server. */
interface Step {
  readonly fromClient: boolean;
  readonly tcp: Omit<TcpFields, 'sourcePort' | 'destinationPort'>;
}

const CLIENT_START = 0xfffffff0 | 0;
const SERVER_START = 1000;

function steps(ending: 'fin' | 'rst'): Step[] {
  const c = CLIENT_START;
  const s = SERVER_START;
  const c1 = c + 1 + REQUEST.length;
  const s1 = s + 1 + RESPONSE.length;
  const window = 29200;
  const data = Flag.psh | Flag.ack;
  const all: Step[] = [
    { fromClient: true, tcp: { seq: c, flags: Flag.syn, window, options: [{ kind: 'mss', mss: 1460 }] } },
    { fromClient: false, tcp: { seq: s, ack: c + 1, flags: Flag.syn | Flag.ack, window } },
    { fromClient: true, tcp: { seq: c + 1, ack: s + 1, flags: Flag.ack, window } },
    { fromClient: true, tcp: { seq: c + 1, ack: s + 1, flags: data, window, payload: REQUEST } },
    { fromClient: false, tcp: { seq: s + 1, ack: c1, flags: data, window, payload: RESPONSE } },
  ];
  if (ending === 'rst') {
    all.push({ fromClient: true, tcp: { seq: c1, ack: s1, flags: Flag.rst | Flag.ack, window: 0 } });
    return all;
  }
  all.push(
    { fromClient: false, tcp: { seq: s1, ack: c1, flags: Flag.fin | Flag.ack, window } },
    { fromClient: true, tcp: { seq: c1, ack: s1 + 1, flags: Flag.fin | Flag.ack, window } },
    { fromClient: false, tcp: { seq: s1 + 1, ack: c1 + 1, flags: Flag.ack, window } },
  );
  return all;
}

/** The conversation as IP packets; `ip` adds to or replaces what the IP headers say. */
function packets(family: 4 | 6, ending: 'fin' | 'rst', ip: Partial<IpFields> = {}): Uint8Array[] {
  const client = family === 4 ? CLIENT4 : CLIENT6;
  const server = family === 4 ? SERVER4 : SERVER6;
  return steps(ending).map(({ fromClient, tcp }, i) =>
    encodeSegment({
      source: fromClient ? client : server,
      destination: fromClient ? server : client,
      sourcePort: fromClient ? 40000 : 8080,
      destinationPort: fromClient ? 8080 : 40000,
      identification: i + 1,
      ...tcp,
      ...ip,
    }),
  );
}

function sample(
  name: string,
  linkType: number,
  wrap: Wrap,
  family: 4 | 6 = 4,
  ip: Partial<IpFields> = {},
  ending: 'fin' | 'rst' = 'fin',
): LinkSample {
  return { name, linkType, frames: packets(family, ending, ip).flatMap(wrap), ending, tshark: [] };
}

const ethernet: Wrap = (packet) => encodeEthernet(packet, { padded: true });

function linkLayerSamples(): LinkSample[] {
  const { vlan, qinq, oldQinq, mpls, pppoe } = EtherType;
  const e = LinkType.ethernet;
  return [
    sample('ethernet-ip4', e, ethernet),
    sample('ethernet-ip4-rst', e, ethernet, 4, {}, 'rst'),
    sample('ethernet-ip6', e, ethernet, 6),
    sample('vlan', e, (p) => encodeEthernet(p, { vlans: [{ id: 42 }], padded: true })),
    sample('qinq', e, (p) => encodeEthernet(p, { vlans: [{ id: 100, type: qinq }, { id: 42 }] }), 6),
    sample('qinq-9100', e, (p) =>
      encodeEthernet(p, {
        vlans: [
          { id: 7, type: oldQinq },
          { id: 8, type: vlan },
        ],
      }),
    ),
    sample('llc-snap', e, encodeIeee8023),
    sample('mpls', e, (p) => encodeEthernet(encodeMpls(p, [16, 17, 18]), { type: mpls })),
    sample('mpls-ip6', e, (p) => encodeEthernet(encodeMpls(p, [1000]), { type: mpls }), 6),
    sample('mpls-pseudowire', e, (p) => {
      // tshark tells control words apart by addresses of known makers.
      const macs = {
        source: Uint8Array.of(0, 0x1b, 0x21, 1, 2, 3),
        destination: Uint8Array.of(0, 0x50, 0x56, 4, 5, 6),
      };
      const withControlWord = concat([new Uint8Array(4), encodeEthernet(p, macs)]);
      return encodeEthernet(encodeMpls(withControlWord, [99]), { type: mpls });
    }),
    sample('pppoe', e, (p) => encodeEthernet(encodePppoe(p), { type: pppoe, padded: true })),
    sample(
      'pppoe-vlan-ip6',
      e,
      (p) => encodeEthernet(encodePppoe(p), { type: pppoe, vlans: [{ id: 7 }] }),
      6,
    ),
    sample('null-little-endian', LinkType.null, (p) => encodeNull(p, 2, true)),
    sample('null-big-endian', LinkType.null, (p) => encodeNull(p, 2, false)),
    ...[24, 28, 30].map((family) =>
      sample(`null-ip6-${family}`, LinkType.null, (p) => encodeNull(p, family, true), 6),
    ),
    { ...sample('null-ip6-10', LinkType.null, (p) => encodeNull(p, 10, true), 6), tshark: null },
    sample('loop', LinkType.loop, (p) => encodeNull(p, 2, false)),
    sample('loop-ip6', LinkType.loop, (p) => encodeNull(p, 24, false), 6),
    sample('ppp', LinkType.ppp, (p) => encodePpp(p, { hdlc: true })),
    sample('ppp-bare', LinkType.ppp, (p) => encodePpp(p), 6),
    sample('ppp-compressed', LinkType.ppp, (p) => encodePpp(p, { hdlc: true, compressed: true })),
    sample('ppp-hdlc', LinkType.pppHdlc, (p) => encodePpp(p, { hdlc: true })),
    sample('ppp-hdlc-cisco', LinkType.pppHdlc, (p) => encodeCiscoHdlc(p)),
    sample('pppoe-link', LinkType.pppoe, (p) => encodePppoe(p)),
    sample('cisco-hdlc', LinkType.ciscoHdlc, (p) => encodeCiscoHdlc(p), 6),
    sample('raw-12', LinkType.rawBsd, (p) => p),
    sample('raw-14', LinkType.rawOpenBsd, (p) => p, 6),
    sample('raw-101', LinkType.raw, (p) => p),
    sample('raw-101-ip6', LinkType.raw, (p) => p, 6),
    sample('ip4', LinkType.ip4, (p) => p),
    sample('ip6', LinkType.ip6, (p) => p, 6),
    sample('sll', LinkType.sll, (p) => encodeSll(p)),
    sample('sll-ip6-rst', LinkType.sll, (p) => encodeSll(p), 6, {}, 'rst'),
    sample('sll2', LinkType.sll2, (p) => encodeSll2(p)),
    sample('sll2-ip6', LinkType.sll2, (p) => encodeSll2(p), 6),
    sample('nflog', LinkType.nflog, (p) => encodeNflog(p)),
    sample('nflog-ip6', LinkType.nflog, (p) => encodeNflog(p), 6),
    sample('pflog', LinkType.pflog, encodePflog),
    sample('enc', LinkType.enc, encodeEnc),
    sample('ieee1394', LinkType.ieee1394, encodeIeee1394),
  ];
}

function wifiSamples(): LinkSample[] {
  const { wifi, radiotap } = LinkType;
  return [
    sample('wifi', wifi, (p) => encodeWifi(p)),
    sample('wifi-qos', wifi, (p) => encodeWifi(p, { qos: true }), 6),
    sample('wifi-qos-ht', wifi, (p) => encodeWifi(p, { qos: true, htControl: true })),
    sample('wifi-four-addresses', wifi, (p) => encodeWifi(p, { qos: true, fourAddresses: true })),
    sample('wifi-aggregate', wifi, (p) => encodeWifi(p, { qos: true, aggregate: true })),
    sample('radiotap', radiotap, (p) => encodeRadiotap(encodeWifi(p))),
    sample('radiotap-fcs', radiotap, (p) => encodeRadiotap(encodeWifi(p), { tsft: true, fcs: true })),
    sample('radiotap-padded', radiotap, (p) =>
      encodeRadiotap(encodeWifi(p, { qos: true, padded: true }), {
        padded: true,
        presentWords: 2,
        tsft: true,
      }),
    ),
  ];
}

function ipSamples(): LinkSample[] {
  const e = LinkType.ethernet;
  const { hopByHop, destination } = Protocol;
  const router = (n: number): string => `2001:db8:aa::${n}`;
  return [
    sample('ip4-options', e, ethernet, 4, { ip4Options: Uint8Array.of(0x94, 4, 0, 0, 1, 1, 1) }),
    sample('ip4-length-0', e, (p) => encodeEthernet(p), 4, { offloadLength: true }),
    sample('ip4-authentication', e, (p) => {
      const header = authenticationExtension().bytes;
      header[0] = Protocol.tcp;
      const inner = concat([header, p.subarray(20)]);
      const from = p[15] === 10;
      return encodeEthernet(
        encodeIp(
          { source: from ? CLIENT4 : SERVER4, destination: from ? SERVER4 : CLIENT4 },
          Protocol.ah,
          inner,
        ),
      );
    }),
    sample('ip6-extensions', e, ethernet, 6, {
      extensions: [paddingExtension(hopByHop), paddingExtension(destination, 3), authenticationExtension()],
    }),
    sample('ip6-routing-done', e, ethernet, 6, {
      extensions: [routingExtension(4, 0, [router(1), router(2)])],
    }),
    sample('ip4-fragments', e, (p) => fragmentIp(p, 16).map((f) => encodeEthernet(f, { padded: true }))),
    sample('ip4-fragments-reversed', e, (p) =>
      fragmentIp(p, 8)
        .reverse()
        .map((f) => encodeEthernet(f)),
    ),
    {
      name: 'ip6-fragments',
      linkType: e,
      frames: packets(6, 'fin').flatMap((p, i) => fragmentIp(p, 16, i + 1).map((f) => encodeEthernet(f))),
      ending: 'fin',
      tshark: [],
    },
  ];
}

function tunnelSamples(): LinkSample[] {
  const e = LinkType.ethernet;
  const over = (tunnel: (packet: Uint8Array) => Uint8Array): Wrap => {
    return (packet) => encodeEthernet(tunnel(packet), { padded: true });
  };
  const frame = (packet: Uint8Array): Uint8Array => encodeEthernet(packet, { vlans: [{ id: 5 }] });
  const bridged = EtherType.ethernet;
  return [
    sample(
      'ipip',
      e,
      over((p) => encodeIpIp(OUTER4, p)),
    ),
    sample(
      '6in4',
      e,
      over((p) => encodeIpIp(OUTER4, p)),
      6,
    ),
    sample(
      '4in6',
      e,
      over((p) => encodeIpIp(OUTER6, p)),
    ),
    sample(
      '6in6',
      e,
      over((p) => encodeIpIp(OUTER6, p)),
      6,
    ),
    sample(
      'ipip-twice',
      e,
      over((p) => encodeIpIp(OUTER6, encodeIpIp(OUTER4, p))),
    ),
    sample(
      'gre',
      e,
      over((p) => encodeGre(OUTER4, p)),
    ),
    sample(
      'gre-all-fields',
      e,
      over((p) => encodeGre(OUTER4, p, { checksum: true, key: 7, sequence: 9 })),
      6,
    ),
    sample(
      'gre-over-ip6',
      e,
      over((p) => encodeGre(OUTER6, p, { key: 7 })),
    ),
    sample(
      'gre-bridged',
      e,
      over((p) => encodeGre(OUTER4, encodeEthernet(p), { protocol: bridged })),
    ),
    sample(
      'gre-mpls',
      e,
      over((p) => encodeGre(OUTER4, encodeMpls(p, [16]), { protocol: EtherType.mpls })),
    ),
    sample(
      'gre-pptp',
      e,
      over((p) =>
        encodeGre(OUTER4, encodePpp(p, { hdlc: true }), { pptp: true, sequence: 1, acknowledgement: 1 }),
      ),
    ),
    sample(
      'erspan-1',
      e,
      over((p) => encodeErspan(OUTER4, encodeEthernet(p), 1)),
    ),
    sample(
      'erspan-2',
      e,
      over((p) => encodeErspan(OUTER4, frame(p), 2)),
    ),
    sample(
      'erspan-3',
      e,
      over((p) => encodeErspan(OUTER4, encodeEthernet(p), 3)),
    ),
    sample(
      'erspan-3-subheader',
      e,
      over((p) => encodeErspan(OUTER4, encodeEthernet(p), 3, true)),
      6,
    ),
    sample(
      'vxlan',
      e,
      over((p) => encodeVxlan(OUTER4, frame(p), 4242)),
    ),
    {
      ...sample(
        'vxlan-8472',
        e,
        over((p) => encodeVxlan(OUTER6, encodeEthernet(p), 1, 8472)),
        6,
      ),
      tshark: ['-d', 'udp.port==8472,vxlan'],
    },
    sample(
      'vxlan-gpe',
      e,
      over((p) => encodeVxlanGpe(OUTER4, p, 9)),
    ),
    sample(
      'geneve',
      e,
      over((p) => encodeGeneve(OUTER4, encodeEthernet(p), 77, Uint8Array.of(1, 2, 3, 1, 0, 0, 0, 0))),
    ),
    sample(
      'geneve-ip',
      e,
      over((p) => encodeGeneve(OUTER4, p, 77, undefined, EtherType.ip6)),
      6,
    ),
    sample(
      'gtpu',
      e,
      over((p) => encodeGtpU(OUTER4, p, 0x1234)),
    ),
    sample(
      'gtpu-extension',
      e,
      over((p) =>
        encodeGtpU(OUTER4, p, 0x1234, {
          sequence: 3,
          extensions: [{ type: 0x85, content: Uint8Array.of(0, 9) }],
        }),
      ),
      6,
    ),
    sample(
      'mpls-in-udp',
      e,
      over((p) => encodeMplsInUdp(OUTER4, encodeMpls(p, [20]))),
    ),
    sample(
      'mpls-in-ip',
      e,
      over((p) => encodeIp(OUTER4, Protocol.mpls, encodeMpls(p, [20]))),
    ),
    sample(
      'ether-ip',
      e,
      over((p) => {
        const bytes = concat([Uint8Array.of(0x30, 0), encodeEthernet(p)]);
        return encodeIp(OUTER4, Protocol.etherIp, bytes);
      }),
    ),
    sample('vxlan-in-fragments', e, (p) => {
      const packet = encodeVxlan({ ...OUTER4, identification: p[5]! }, encodeEthernet(p), 5);
      return fragmentIp(packet, 48).map((f) => encodeEthernet(f, { padded: true }));
    }),
  ];
}

/** One conversation for each link type, IP form and tunnel that is read. */
export function linkSamples(): LinkSample[] {
  return [...linkLayerSamples(), ...wifiSamples(), ...ipSamples(), ...tunnelSamples()];
}
