import { EXAMPLES } from '../../scripts/examples/index.ts';
import { ByteCollector, CaptureParser, PcapngWriter, PcapWriter } from '../../src/capture/index.ts';
import {
  EtherType,
  encodeEthernet,
  encodeGre,
  encodeGtpU,
  encodeIpIp,
  encodeMpls,
  encodeSegment,
  encodeVxlan,
  fragmentIp,
  type IpFields,
  LinkType,
} from '../../src/wire/index.ts';
import { concatenate, seededRandom } from './captures.ts';
import { linkSamples } from './link-samples.ts';

export type Random = (bound: number) => number;

/** A capture to damage, and where its records lie. */
export interface Sound {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Offset of each packet's record, and of its frame. */
  readonly records: readonly { readonly offset: number; readonly frame: number; readonly length: number }[];
}

/** A damaged capture; bytes before `from` are those of the sound one. */
export interface Damaged {
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly from: number;
}

const START_US = 1_715_679_000_000_000;

function sound(name: string, bytes: Uint8Array): Sound {
  const records: { offset: number; frame: number; length: number }[] = [];
  const parser = new CaptureParser();
  parser.push(bytes);
  parser.end();
  while (parser.next()) {
    const { fileOffset, offset, capturedLength } = parser.packet;
    records.push({ offset: fileOffset, frame: offset, length: capturedLength });
  }
  return { name, bytes, records };
}

/** The examples (without the long one), each also as classic pcap of either byte order, and all link types in one pcapng. */
export function soundCaptures(): Sound[] {
  const all: Sound[] = [];
  for (const [name, make] of EXAMPLES) {
    if (name === 'port-pressure.pcapng') continue;
    const pcapng = sound(name, make());
    all.push(pcapng);
    all.push(sound(`${name} as pcap`, asPcap(pcapng, all.length % 2 === 0 ? 'big' : 'little')));
  }
  const everyLink = new ByteCollector();
  const writer = new PcapngWriter(everyLink.sink, { byteOrder: 'big' });
  let atUs = START_US;
  for (const { linkType, frames } of linkSamples()) {
    const id = writer.addInterface({ linkType, resolution: 9 });
    for (const frame of frames) {
      atUs += 700;
      writer.write(id, atUs, frame);
    }
  }
  all.push(sound('every link type', everyLink.bytes()));
  return all;
}

function asPcap({ bytes, records }: Sound, byteOrder: 'big' | 'little'): Uint8Array {
  const collector = new ByteCollector();
  const writer = new PcapWriter(collector.sink, { linkType: LinkType.ethernet, byteOrder, resolution: 9 });
  for (const [i, { frame, length }] of records.entries())
    writer.write(START_US + i * 900, bytes.subarray(frame, frame + length));
  return collector.bytes();
}

type Damage = (sound: Sound, random: Random) => Damaged;

const LENGTHS = [0, 1, 11, 12, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];

function oneOf<T>(list: readonly T[], random: Random): T {
  return list[random(list.length)]!;
}

function bitFlips({ bytes }: Sound, random: Random): Damaged {
  const copy = bytes.slice();
  let from = copy.length;
  for (let n = 1 + random(random(4) === 0 ? 200 : 6); n > 0; n--) {
    const at = random(copy.length);
    copy[at]! ^= 1 << random(8);
    from = Math.min(from, at);
  }
  return { what: 'bit flips', bytes: copy, from };
}

function cutOff({ bytes }: Sound, random: Random): Damaged {
  const from = random(bytes.length + 1);
  return { what: 'cut off', bytes: bytes.slice(0, from), from };
}

function pieceMissing({ bytes }: Sound, random: Random): Damaged {
  const from = random(bytes.length);
  const until = Math.min(bytes.length, from + 1 + random(2_000));
  return { what: 'piece missing', bytes: concatenate(bytes.subarray(0, from), bytes.subarray(until)), from };
}

function pieceTwice({ bytes }: Sound, random: Random): Damaged {
  const start = random(bytes.length);
  const from = Math.min(bytes.length, start + 1 + random(4_000));
  return { what: 'piece twice', bytes: concatenate(bytes.subarray(0, from), bytes.subarray(start)), from };
}

/** Any aligned word of a record's head: times, lengths of the record, block length and type. */
function recordFields({ bytes, records }: Sound, random: Random): Damaged {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const { offset, frame } = oneOf(records, random);
  const at = offset + 4 * random((frame - offset) >> 2);
  const value = random(3) === 0 ? random(0x10000) : oneOf(LENGTHS, random);
  view.setUint32(at, value, random(2) === 0);
  return { what: `word at ${at} set to ${value}`, bytes: copy, from: at };
}

/** Bytes of the headers in a frame: IHL, data offset, total length, next header, option lengths ... */
function headerFields({ bytes, records }: Sound, random: Random): Damaged {
  const copy = bytes.slice();
  let from = copy.length;
  for (let n = 1 + random(20); n > 0; n--) {
    const { frame, length } = oneOf(records, random);
    const at = frame + random(Math.min(length, 90));
    copy[at] = oneOf([0, 1, 4, 0x0f, 0x40, 0x4f, 0x60, 0x7f, 0x80, 0xf0, 0xff, random(256)], random);
    from = Math.min(from, at);
  }
  return { what: 'header fields', bytes: copy, from };
}

function noise({ bytes }: Sound, random: Random): Damaged {
  const from = random(4) === 0 ? 0 : random(bytes.length);
  const tail = Uint8Array.from({ length: 1 + random(3_000) }, () => random(256));
  return { what: 'noise', bytes: concatenate(bytes.subarray(0, from), tail), from };
}

/** Records in another order, some of them more than once. */
function shuffled({ bytes, records }: Sound, random: Random): Damaged {
  const last = records.at(-1)!;
  const ends = [...records.slice(1).map((r) => r.offset), last.frame + last.length];
  const from = records[0]!.offset;
  const parts = records.map(() => {
    const i = random(records.length);
    return bytes.subarray(records[i]!.offset, ends[i]);
  });
  return { what: 'shuffled', bytes: concatenate(bytes.subarray(0, from), ...parts), from };
}

/** Damage of a whole capture: what comes out is another capture. */
function made(what: string, linkType: number, frames: readonly Uint8Array[], random: Random): Damaged {
  const collector = new ByteCollector();
  const writer = new PcapWriter(collector.sink, { linkType, snaplen: random(3) === 0 ? 60 : 65_535 });
  let atUs = START_US;
  for (const frame of frames) {
    // Clocks jump, forwards by years and backwards.
    atUs += random(50) === 0 ? (random(3) - 1) * 1e15 : random(100_000);
    if (atUs < 0 || atUs > 4.2e15) atUs = START_US;
    writer.write(atUs, frame, random(20) === 0 ? oneOf(LENGTHS, random) : frame.length);
  }
  return { what, bytes: collector.bytes(), from: 0 };
}

function ip(random: Random, hosts: number = 4): IpFields {
  return { source: `192.0.2.${random(hosts)}`, destination: `198.51.100.${random(hosts)}` };
}

function segment(random: Random, hosts: number = 4): Uint8Array {
  return encodeSegment({
    ...ip(random, hosts),
    sourcePort: random(3),
    destinationPort: random(3),
    seq: random(6) * 0x2aaaaaaa + random(5),
    ack: random(6) * 0x2aaaaaaa + random(5),
    flags: random(3) === 0 ? random(0x1000) : oneOf([0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14], random),
    window: oneOf([0, 1, 0xffff], random),
    options: random(4) === 0 ? [{ kind: 'timestamps', value: random(9) * 0x20000000, echo: 0 }] : [],
    payload: new Uint8Array(random(4) === 0 ? random(300) : 0),
  });
}

/** Few four-tuples, all flags, numbers from everywhere in sequence space. */
function segmentStorm(_: Sound, random: Random): Damaged {
  const frames = Array.from({ length: 20 + random(200) }, () => segment(random, 1 + random(2)));
  return made('segment storm', LinkType.raw, frames, random);
}

function synFlood(_: Sound, random: Random): Damaged {
  const frames = Array.from({ length: 100 + random(400) }, (_, i) =>
    encodeSegment({
      source: `10.${random(256)}.${random(256)}.${i & 255}`,
      destination: '198.51.100.1',
      sourcePort: random(65_536),
      destinationPort: random(4) === 0 ? random(65_536) : 80,
      seq: random(0x7fffffff),
      flags: random(20) === 0 ? 0x04 : 0x02,
    }),
  );
  return made('SYN flood', LinkType.ip4, frames, random);
}

function nested(_: Sound, random: Random): Damaged {
  const frames = Array.from({ length: 1 + random(6) }, () => {
    let packet = segment(random);
    for (let depth = random(50); depth > 0 && packet.length < 9_000; depth--) packet = wrap(packet, random);
    return encodeEthernet(packet);
  });
  return made('nested tunnels', LinkType.ethernet, frames, random);
}

function wrap(packet: Uint8Array, random: Random): Uint8Array {
  const outer = ip(random);
  switch (random(6)) {
    case 0:
      return encodeIpIp(outer, packet);
    case 1:
      return encodeGre(outer, packet, { key: 7 });
    case 2:
      return encodeVxlan(outer, encodeEthernet(packet), 9);
    case 3:
      return encodeGtpU(outer, packet, 5);
    case 4: {
      const vlans = Array.from({ length: random(20) }, (_, id) => ({ id }));
      return encodeVxlan(outer, encodeEthernet(packet, { vlans }), 9);
    }
    default: {
      const labels = Array.from({ length: 1 + random(30) }, (_, i) => 16 + i);
      const frame = encodeEthernet(encodeMpls(packet, labels), { type: EtherType.mpls });
      return encodeGre(outer, frame, { protocol: EtherType.ethernet });
    }
  }
}

/** Fragments that never complete, overlap, repeat, or claim the end of the address space. */
function fragmentFlood(_: Sound, random: Random): Damaged {
  const frames: Uint8Array[] = [];
  for (let n = 5 + random(60); n > 0; n--) {
    const packet = encodeSegment({
      ...ip(random, 200),
      sourcePort: 1,
      destinationPort: 2,
      flags: 0x18,
      identification: random(4) === 0 ? 1 : random(65_536),
      payload: new Uint8Array(random(3_000)),
    });
    for (const fragment of fragmentIp(packet, 8 * (1 + random(40)))) {
      if (random(5) === 0) continue;
      // Another offset, and the flag that says whether more will come.
      if (random(5) === 0) fragment[6] = random(64);
      frames.push(fragment);
      if (random(10) === 0) frames.push(fragment);
    }
  }
  return made('fragment flood', LinkType.raw, frames.slice(0, 600), random);
}

function emptyRecords(_: Sound, random: Random): Damaged {
  const linkTypes = Object.values(LinkType);
  const frames = Array.from({ length: random(300) }, () => new Uint8Array(random(4) === 0 ? random(6) : 0));
  return made('empty records', oneOf(linkTypes, random), frames, random);
}

/** The frames of a capture under a link type that they do not have. */
function wrongLink({ bytes, records }: Sound, random: Random): Damaged {
  const frames = records.map(({ frame, length }) => bytes.subarray(frame, frame + length));
  const linkType = random(4) === 0 ? random(300) : oneOf(Object.values(LinkType), random);
  return made(`link type ${linkType}`, linkType, frames, random);
}

const DAMAGES: readonly Damage[] = [
  bitFlips,
  bitFlips,
  cutOff,
  cutOff,
  pieceMissing,
  pieceTwice,
  recordFields,
  recordFields,
  headerFields,
  headerFields,
  noise,
  shuffled,
  segmentStorm,
  synFlood,
  nested,
  fragmentFlood,
  emptyRecords,
  wrongLink,
];

/** Damage number `index`: the same each time. */
export function damage(index: number, captures: readonly Sound[]): { sound: Sound; damaged: Damaged } {
  const random = seededRandom(index * 7_919 + 20_260_501);
  const from = oneOf(captures, random);
  return { sound: from, damaged: DAMAGES[index % DAMAGES.length]!(from, random) };
}
