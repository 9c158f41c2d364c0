import { ByteCollector, type Packet, PcapngWriter } from '../../src/capture/index.ts';
import { formatFlags } from '../../src/explain/text.ts';
import type { ConnectionEnding, LadderStep, StateStep } from '../../src/explain/types.ts';
import { Decoder, Flag, OptionBit, parseAddress, type Segment, SegmentKind } from '../../src/wire/index.ts';
import type { RawFields, WholeLadder } from './protocol.ts';
import { RawWriter } from './raw.ts';
import { type Places, readCapture } from './read.ts';

/** Segments shown of one connection. */
const MOST_STEPS = 200_000;

/** Finds the packets of one connection in the capture again. */
class Finder {
  readonly decoder: Decoder = new Decoder();
  private readonly ending: ConnectionEnding;
  private readonly client: Int32Array;
  private readonly server: Int32Array;
  private readonly others: ReadonlySet<number>;

  constructor(ending: ConnectionEnding) {
    this.ending = ending;
    this.client = parseAddress(ending.client.address)!.words;
    this.server = parseAddress(ending.server.address)!.words;
    // ICMP errors come from elsewhere.
    const icmp = ending.ladder.filter((step) => step.flags.startsWith('ICMP'));
    this.others = new Set(icmp.map((step) => step.packet));
  }

  /** 0: from the client, 1: from the server, 2: an ICMP error about it; -1: none of its packets. */
  find(p: Packet): 0 | 1 | 2 | -1 {
    const kind = this.decoder.decode(
      p.linkType,
      p.bytes,
      p.view,
      p.offset,
      p.capturedLength,
      p.originalLength,
      p.timeUs,
    );
    const { firstPacket, lastPacket } = this.ending;
    if (this.others.has(p.number)) return 2;
    if (kind !== SegmentKind.tcp || p.number < firstPacket || p.number > lastPacket) return -1;
    const s = this.decoder.segment;
    const { client, server } = this.ending;
    if (s.sourcePort === client.port && s.destinationPort === server.port)
      if (same(s.source, this.client) && same(s.destination, this.server)) return 0;
    if (s.sourcePort === server.port && s.destinationPort === client.port)
      if (same(s.source, this.server) && same(s.destination, this.client)) return 1;
    return -1;
  }

  /** Where its first packet is near, if that can be told. */
  beginning(places: Places | null): { readonly from?: { readonly packet: number; readonly places: Places } } {
    return places === null
      ? {}
      : { from: { packet: Math.min(this.ending.firstPacket, ...this.others), places } };
  }

  /** True when no packet of it can come any more. */
  past(packet: number): boolean {
    return packet > Math.max(this.ending.lastPacket, ...this.others);
  }
}

/** Every segment of a connection with all its header fields: the engine keeps only some of a long one. */
export async function wholeLadder(
  capture: Blob,
  places: Places | null,
  ending: ConnectionEnding,
): Promise<WholeLadder> {
  const finder = new Finder(ending);
  const builder = new LadderBuilder(ending);
  let last = 0;
  await readCapture(capture, {
    ...finder.beginning(places),
    stopped: () => finder.past(last),
    onPacket: (packet) => {
      last = packet.number;
      const found = finder.find(packet);
      if (found === 0 || found === 1) builder.add(packet, finder.decoder.segment, found);
    },
  });
  return builder.done();
}

/** The packets of a connection, as they were captured, as a capture of their own. */
export async function extract(
  capture: Blob,
  places: Places | null,
  ending: ConnectionEnding,
): Promise<Uint8Array> {
  const finder = new Finder(ending);
  const collector = new ByteCollector();
  const writer = new PcapngWriter(collector.sink, { application: 'lastack' });
  const interfaces = new Map<number, number>();
  let last = 0;
  await readCapture(capture, {
    ...finder.beginning(places),
    stopped: () => finder.past(last),
    onPacket: (p) => {
      last = p.number;
      if (finder.find(p) < 0) return;
      let id = interfaces.get(p.linkType);
      if (id === undefined) {
        id = writer.addInterface({ linkType: p.linkType });
        interfaces.set(p.linkType, id);
      }
      const frame = p.bytes.slice(p.offset, p.offset + p.capturedLength);
      writer.write(id, p.timeUs, frame, { originalLength: p.originalLength });
    },
  });
  return collector.bytes();
}

class LadderBuilder {
  private readonly ending: ConnectionEnding;
  private readonly kept: ReadonlyMap<number, LadderStep>;
  private readonly steps: LadderStep[] = [];
  private readonly raw = new RawWriter();
  private readonly packets = new Set<number>();
  /** What is subtracted from each end's numbers, once known from a step that the engine made relative. */
  private readonly bases: [number | null, number | null] = [null, null];
  private omitted = 0;

  constructor(ending: ConnectionEnding) {
    this.ending = ending;
    this.kept = new Map(ending.ladder.map((step) => [step.packet, step]));
  }

  add(p: Packet, s: Segment, from: 0 | 1): void {
    if (this.steps.length >= MOST_STEPS) {
      this.omitted++;
      return;
    }
    const known = this.kept.get(p.number);
    if (known !== undefined && known.from !== 'middlebox') this.bases[from] ??= (s.seq - known.seq) | 0;
    this.raw.add(p.number, rawOf(p, s));
    this.packets.add(p.number);
    this.steps.push(known === undefined ? this.step(p, s, from) : { ...known, skipped: 0 });
  }

  done(): WholeLadder {
    const missing = this.ending.ladder.filter((step) => !this.packets.has(step.packet));
    const steps = [...this.steps, ...missing].sort((a, b) => a.packet - b.packet);
    return { steps, raw: this.raw.table(), omitted: this.omitted };
  }

  private step(p: Packet, s: Segment, from: 0 | 1): LadderStep {
    const at = p.timeUs / 1e6;
    const { client, server } = this.ending.states;
    return {
      packet: p.number,
      at,
      from: from === 0 ? 'client' : 'server',
      flags: formatFlags(s.flags),
      seq: this.relative(s.seq, from),
      ack: (s.flags & Flag.ack) === 0 ? null : this.relative(s.ack, (1 - from) as 0 | 1),
      length: s.payloadLength,
      window: s.window,
      notes: [],
      clientState: stateAt(client, at),
      serverState: stateAt(server, at),
      decisive: false,
      skipped: 0,
    };
  }

  private relative(seq: number, end: 0 | 1): number {
    const base = this.bases[end];
    return base === null ? seq >>> 0 : (seq - base) | 0;
  }
}

function rawOf(p: Packet, s: Segment): RawFields {
  const has = (bit: number): boolean => (s.optionKinds & bit) !== 0;
  return {
    seq: s.seq >>> 0,
    ack: s.ack >>> 0,
    hopLimit: s.hopLimit,
    identification: s.identification,
    dontFragment: s.dontFragment,
    ecn: s.ecn,
    urgentPointer: s.urgentPointer,
    headerLength: s.headerLength,
    captured: p.capturedLength,
    timestamps: has(OptionBit.timestamps) ? [s.tsVal >>> 0, s.tsEcr >>> 0] : null,
    mss: s.mss < 0 ? null : s.mss,
    windowScale: s.windowScale < 0 ? null : s.windowScale,
    sackPermitted: has(OptionBit.sackPermitted),
    sack: [...s.sack.subarray(0, 2 * s.sackCount)].map((edge) => edge >>> 0),
    vlan: s.vlan < 0 ? null : s.vlan,
    tunnels: s.tunnels,
  };
}

function stateAt(steps: readonly StateStep[], at: number): string {
  let state = '';
  for (const step of steps) {
    if (step.at > at) break;
    state = step.state;
  }
  return state;
}

function same(a: Int32Array, b: Int32Array): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
}
