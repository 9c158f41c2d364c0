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
  /** What makes it the same packet at another place: all but IP header and ports, which routers and translators change. */
  readonly identity: string;
}

interface Arrow {
  readonly sent: Seen | null;
  readonly arrived: Seen | null;
  /** The same two by where they were seen: at the client, at the server. */
  readonly near: Seen | null;
  readonly far: Seen | null;
  readonly fromClient: boolean;
  readonly atUs: number;
}

const SLOW_US = 1_000_000;

/** Ladders of the connections between two hosts, in the order of their first packets; at most `most` of them. */
export function trueLadders(
  { client, server, clientTap, serverTap }: Watched,
  main: Tap,
  trace: StateTrace,
  most: number,
): TrueLadder[] {
  const near = read(clientTap);
  const arrows = clientTap === serverTap ? within(near) : match(near, read(serverTap));
  const tuples = new Translations(arrows);
  const byTuple = new Map<string, Arrow[]>();
  for (const arrow of arrows) {
    const key = tuples.atClient(arrow);
    const list = byTuple.get(key);
    if (list !== undefined) list.push(arrow);
    else if (byTuple.size < most) byTuple.set(key, [arrow]);
  }
  return [...byTuple].map(([key, list]) => {
    const [own, other] = key.split(' ') as [string, string];
    const [seenAs, serves] = tuples.atServer(key).split(' ') as [string, string];
    const clientStates = trace.of(client, own, other);
    return ladderOf(own, other, list, clientStates, trace.of(server, serves, seenAs), trace, main);
  });
}

/** What a connection is called at the two ends, client first: a box between them may give it other addresses and ports. */
class Translations {
  private readonly toClient = new Map<string, string>();
  private readonly toServer = new Map<string, string>();

  constructor(arrows: readonly Arrow[]) {
    for (const { near, far } of arrows) {
      if (near === null || far === null || near === far) continue;
      this.toClient.set(tupleOf(far, far.packet.way === 'in'), tupleOf(near, near.packet.way === 'out'));
      this.toServer.set(tupleOf(near, near.packet.way === 'out'), tupleOf(far, far.packet.way === 'in'));
    }
  }

  atClient({ near, far, fromClient }: Arrow): string {
    if (near !== null) return tupleOf(near, fromClient);
    const key = tupleOf(far!, fromClient);
    return this.toClient.get(key) ?? key;
  }

  atServer(key: string): string {
    return this.toServer.get(key) ?? key;
  }
}

function tupleOf({ source, destination }: Seen, fromClient: boolean): string {
  return fromClient ? `${source} ${destination}` : `${destination} ${source}`;
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
  /** First sequence numbers, the client's under true. */
  const bases = new Map<boolean, number>();
  const ladder: LadderStep[] = [];
  let previousClient = '';
  let previousServer = '';
  for (const arrow of arrows) {
    const { sent, arrived, fromClient, atUs } = arrow;
    const seen = (arrow.near ?? arrow.far)!;
    if ((seen.flags & Flag.syn) !== 0) bases.set(fromClient, seen.seq);
    if (arrow.near !== null) previousClient = stateAfter(client, trace.eventOf(arrow.near.packet));
    if (arrow.far !== null) previousServer = stateAfter(server, trace.eventOf(arrow.far.packet));
    ladder.push({
      packet: numberIn(main, sent, arrived),
      at: seconds(atUs),
      from: sent === null ? 'middlebox' : fromClient ? 'client' : 'server',
      flags: formatFlags(seen.flags),
      seq: relative(seen.seq, bases.get(fromClient)),
      ack: (seen.flags & Flag.ack) === 0 ? null : relative(seen.ack, bases.get(!fromClient)),
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
  const arrows = [
    ...oneWay(near, far).map((pair) => ({ ...pair, near: pair.sent, far: pair.arrived, fromClient: true })),
    ...oneWay(far, near).map((pair) => ({ ...pair, near: pair.arrived, far: pair.sent, fromClient: false })),
  ].map((arrow) => ({ ...arrow, atUs: (arrow.sent ?? arrow.arrived)!.packet.timeUs }));
  return arrows.sort((a, b) => a.atUs - b.atUs);
}

/** What a host sends to itself: it arrives as it leaves. Who sends first is the client. */
function within(all: readonly Seen[]): Arrow[] {
  const firsts = new Map<string, string>();
  return all.map((seen) => {
    const { source, destination } = seen;
    const first = firsts.get(`${destination} ${source}`) ?? source;
    firsts.set(`${source} ${destination}`, first);
    const fromClient = first === source;
    return { sent: seen, arrived: seen, near: seen, far: seen, fromClient, atUs: seen.packet.timeUs };
  });
}

interface Pair {
  readonly sent: Seen | null;
  readonly arrived: Seen | null;
}

function oneWay(from: readonly Seen[], to: readonly Seen[]): Pair[] {
  const waiting = new Map<string, Seen[]>();
  for (const sent of from) {
    if (sent.packet.way !== 'out') continue;
    const list = waiting.get(sent.identity);
    if (list === undefined) waiting.set(sent.identity, [sent]);
    else list.push(sent);
  }
  const arrivals = new Map<Seen, Seen>();
  const strangers: Pair[] = [];
  for (const arrived of to) {
    if (arrived.packet.way !== 'in') continue;
    const sent = takeLike(waiting.get(arrived.identity), arrived);
    if (sent !== null) arrivals.set(sent, arrived);
    else strangers.push({ sent: null, arrived });
  }
  const sents = from.filter(({ packet }) => packet.way === 'out');
  return [...sents.map((sent) => ({ sent, arrived: arrivals.get(sent) ?? null })), ...strangers];
}

/** The first of its own addresses, or the first that may be it under others. */
function takeLike(list: Seen[] | undefined, arrived: Seen): Seen | null {
  if (list === undefined || list.length === 0) return null;
  const own = list.findIndex((o) => o.source === arrived.source && o.destination === arrived.destination);
  return list.splice(Math.max(0, own), 1)[0]!;
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
      identity: `${s.seq} ${s.ack} ${s.flags} ${s.payloadLength} ${s.window} ${s.tsVal} ${s.tsEcr}`,
    });
  }
  return seen;
}

function relative(seq: number, base: number | undefined): number {
  return base === undefined ? seq >>> 0 : (seq - base) | 0;
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
