import { formatFlags } from '../explain/text.ts';
import type { Endpoint, LadderStep, StateStep } from '../explain/types.ts';
import { CAPTURE_EPOCH_US, type Tap, type TappedPacket } from '../link/index.ts';
import { Decoder, Flag, formatAddress, LinkType, SegmentKind } from '../wire/index.ts';
import type { Watched } from './lab.ts';
import { type StateTrace, stateAfter, type TrueState } from './trace.ts';

/** All that passed between two sockets, with the states that both really had. Shaped as the ladder of `explain`. */
export interface TrueLadder {
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly ladder: readonly LadderStep[];
  readonly states: { readonly client: readonly StateStep[]; readonly server: readonly StateStep[] };
}

interface Seen {
  readonly tap: Tap;
  readonly packet: TappedPacket;
  readonly number: number;
  readonly source: string;
  readonly destination: string;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly length: number;
  readonly window: number;
  /** What makes it the same packet at another place: everything but the IP header, which routers change. */
  readonly identity: string;
}

interface Arrow {
  readonly sent: Seen | null;
  readonly arrived: Seen | null;
  readonly seen: Seen;
  readonly atUs: number;
}

const SLOW_US = 1_000_000;

/** Ladders of the connections between two hosts, in the order of their first packets; at most `most` of them. */
export function trueLadders(
  { client, server, clientTap, serverTap }: Watched,
  main: Tap,
  clientAddresses: readonly string[],
  trace: StateTrace,
  most: number,
): TrueLadder[] {
  const arrows = match(read(clientTap), read(serverTap));
  const byTuple = new Map<string, Arrow[]>();
  for (const arrow of arrows) {
    const { source, destination } = arrow.seen;
    const key = isOf(clientAddresses, source) ? `${source} ${destination}` : `${destination} ${source}`;
    const list = byTuple.get(key);
    if (list !== undefined) list.push(arrow);
    else if (byTuple.size < most) byTuple.set(key, [arrow]);
  }
  return [...byTuple].map(([key, list]) => {
    const [near, far] = key.split(' ') as [string, string];
    return ladderOf(near, far, list, trace.of(client, near, far), trace.of(server, far, near), trace, main);
  });
}

function ladderOf(
  near: string,
  far: string,
  arrows: readonly Arrow[],
  client: readonly TrueState[],
  server: readonly TrueState[],
  trace: StateTrace,
  main: Tap,
): TrueLadder {
  const bases = new Map<string, number>();
  const ladder: LadderStep[] = [];
  let previousClient = '';
  let previousServer = '';
  for (const { sent, arrived, seen, atUs } of arrows) {
    const fromClient = seen.source === near;
    if ((seen.flags & Flag.syn) !== 0) bases.set(seen.source, seen.seq);
    const [atClient, atServer] = fromClient ? [sent, arrived] : [arrived, sent];
    if (atClient !== null) previousClient = stateAfter(client, trace.eventOf(atClient.packet));
    if (atServer !== null) previousServer = stateAfter(server, trace.eventOf(atServer.packet));
    ladder.push({
      packet: numberIn(main, sent, arrived),
      at: seconds(atUs),
      from: sent === null ? 'middlebox' : fromClient ? 'client' : 'server',
      flags: formatFlags(seen.flags),
      seq: relative(seen.seq, bases.get(seen.source)),
      ack: (seen.flags & Flag.ack) === 0 ? null : relative(seen.ack, bases.get(seen.destination)),
      length: seen.length,
      window: seen.window,
      notes: notesOf(sent, arrived),
      clientState: previousClient,
      serverState: previousServer,
      decisive: (seen.flags & Flag.rst) !== 0,
      skipped: 0,
    });
  }
  return {
    client: endpointOf(near),
    server: endpointOf(far),
    ladder,
    states: { client: client.map(toStep), server: server.map(toStep) },
  };
}

/** The packet's number in the capture that explain gets; 0: it is not in it. */
function numberIn(main: Tap, sent: Seen | null, arrived: Seen | null): number {
  return [sent, arrived].find((seen) => seen?.tap === main)?.number ?? 0;
}

function notesOf(sent: Seen | null, arrived: Seen | null): string[] {
  if (sent === null) return ['wandering duplicate'];
  if (arrived === null) return ['lost'];
  const tookUs = arrived.packet.timeUs - sent.packet.timeUs;
  return tookUs >= SLOW_US ? [`${(tookUs / 1e6).toFixed(1)} s on its way`] : [];
}

/** Packets of both taps put together: where the one that left is the one that arrived. */
function match(near: readonly Seen[], far: readonly Seen[]): Arrow[] {
  const arrows = [...oneWay(near, far), ...oneWay(far, near)];
  return arrows.sort((a, b) => a.atUs - b.atUs);
}

function oneWay(from: readonly Seen[], to: readonly Seen[]): Arrow[] {
  const waiting = new Map<string, Seen[]>();
  const arrows: { sent: Seen | null; arrived: Seen | null; seen: Seen; atUs: number }[] = [];
  const open = new Map<Seen, (typeof arrows)[number]>();
  for (const sent of from) {
    if (sent.packet.way !== 'out') continue;
    const arrow = { sent, arrived: null, seen: sent, atUs: sent.packet.timeUs };
    arrows.push(arrow);
    open.set(sent, arrow);
    const list = waiting.get(sent.identity);
    if (list === undefined) waiting.set(sent.identity, [sent]);
    else list.push(sent);
  }
  for (const arrived of to) {
    if (arrived.packet.way !== 'in') continue;
    const sent = waiting.get(arrived.identity)?.shift();
    if (sent !== undefined) open.get(sent)!.arrived = arrived;
    else arrows.push({ sent: null, arrived, seen: arrived, atUs: arrived.packet.timeUs });
  }
  return arrows;
}

function read(tap: Tap): Seen[] {
  const decoder = new Decoder();
  const seen: Seen[] = [];
  for (const [index, packet] of tap.packets.entries()) {
    const { bytes, length, timeUs } = packet;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const kind = decoder.decode(LinkType.raw, bytes, view, 0, bytes.length, length, timeUs);
    if (kind !== SegmentKind.tcp) continue;
    const s = decoder.segment;
    const source = `${formatAddress(s.family, s.source)}:${s.sourcePort}`;
    const destination = `${formatAddress(s.family, s.destination)}:${s.destinationPort}`;
    seen.push({
      tap,
      packet,
      number: index + 1,
      source,
      destination,
      seq: s.seq,
      ack: s.ack,
      flags: s.flags,
      length: s.payloadLength,
      window: s.window,
      identity: `${source} ${destination} ${s.seq} ${s.ack} ${s.flags} ${s.payloadLength} ${s.window} ${s.tsVal} ${s.tsEcr}`,
    });
  }
  return seen;
}

function relative(seq: number, base: number | undefined): number {
  return base === undefined ? seq >>> 0 : (seq - base) | 0;
}

function isOf(addresses: readonly string[], endpoint: string): boolean {
  return addresses.some((address) => endpoint.startsWith(`${address}:`));
}

function endpointOf(text: string): Endpoint {
  const colon = text.lastIndexOf(':');
  return { address: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

function toStep({ atUs, state }: TrueState): StateStep {
  return { state, at: seconds(atUs) };
}

/** Seconds since the epoch, as in `explain` and in the capture. */
export function seconds(us: number): number {
  return (CAPTURE_EPOCH_US + us) / 1e6;
}
