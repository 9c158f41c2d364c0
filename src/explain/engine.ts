import type { Packet } from '../capture/packet.ts';
import { State } from '../states/index.ts';
import { Decoder } from '../wire/index.ts';
import { Flag, OptionBit, type Segment, SegmentKind } from '../wire/segment.ts';
import { type Diagnosis, diagnose } from './diagnosis.ts';
import { DEFAULT_MSL_US, quitter } from './outcome.ts';
import { Population } from './population.ts';
import type { Pressure } from './pressure/index.ts';
import { ClosedQueue } from './track/closed.ts';
import { CLIENT, Connection, SERVER } from './track/connection.ts';
import { FlowTable } from './track/flow-table.ts';
import { Buried, Graveyard } from './track/graveyard.ts';
import type { Held } from './track/held.ts';
import { HostTable } from './track/hosts.ts';
import { LogArena } from './track/log.ts';
import { Observer } from './track/observer.ts';
import type { IcmpRecord } from './track/records.ts';
import { type ServerRecord, ServerTable } from './track/servers.ts';
import { DISORDER_US, Sorter } from './track/sorter.ts';
import { followsStrayReset, isOver, reopens, takesStrangeSyn } from './track/split.ts';
import { assume, stateOf } from './track/states.ts';
import { isTwin, sharesClientPort, tracesOf } from './track/traces.ts';
import type { Finding, InputProblem, Summary } from './types.ts';
import { ConnectionView } from './view.ts';

export interface ExplainerOptions {
  /** Called with each connection whose verdict is final. The view is valid only during the call. */
  readonly onConnection?: (view: ConnectionView) => void;
  /** Called at the end of the input with verdicts about several connections. */
  readonly onFinding?: (finding: Finding) => void;
  /** Maximum segment lifetime in microseconds; TIME-WAIT lasts twice this (Linux: 2 x 30 s, fixed). */
  readonly mslUs?: number;
  /** Connections followed at once; beyond it the longest idle ones are given out early. */
  readonly maxConnections?: number;
  /** Sees each diagnosis before it is given out and may sharpen it: a second capture of the same traffic. */
  readonly second?: SecondLook;
  /** Counts the connections as they are given out. */
  readonly pressure?: Pressure;
}

export interface SecondLook {
  /** True where the look keeps the connections it was shown, so that they are not used again. */
  readonly keeps: boolean;
  /** `startUs` and `endUs`: the time that the capture spans so far. */
  look(c: Connection, diagnosis: Diagnosis, arena: LogArena, startUs: number, endUs: number): Diagnosis;
}

/** At some 8 kB each with their segments. */
const DEFAULT_MAX_CONNECTIONS = 24_000;
/** Closed connections kept whole for late segments; older ones leave only a gravestone. */
const MAX_LINGERING = 4_096;
const MAX_BURIED = 250_000;
const MAX_ICMP = 16;
/** A closed connection is kept this many MSL, as late segments still belong to it. */
const LINGER_MSL = 2;
/** A stray segment, its answer, and a repetition of both. */
const STRAY_PACKETS = 4;
/** Each goes through all connections followed, so that a scan cannot ask for many. */
const MAX_TWIN_SEARCHES = 500;
/** Where ICMP errors wait of which no flow is known. */
const CUT_QUOTES = -2;
/** A router or host has told of an error by then. */
const ERROR_WITHIN_US = 1_000_000;
/** So many connections teach what is habit at their hosts, then one in eight: it is the same again and again. */
const LEARN_ALL = 256;
const LEARN_SOME = 7;
const SWEEP_EVERY = 256;
/** Connections looked at in each sweep for being long silent. */
const SWEEP_SAMPLE = 16;
/** No stack waits longer between two tries (RFC 9293 3.8.3: R2 counts them; Linux: TCP_RTO_MAX is 120 s). */
const SILENT_FOR_GOOD_US = 150_000_000;

/** Packets in, endings out: no clock, no files. Memory follows the connections that live at once. */
export class Explainer {
  private readonly decoder = new Decoder();
  private readonly table = new FlowTable();
  private readonly arena = new LogArena();
  private readonly observer = new Observer(this.arena);
  private readonly servers = new ServerTable();
  private readonly hosts = new HostTable();
  private readonly sorter = new Sorter({
    connectionAt: (slot) => this.connections[slot] ?? null,
    take: (held, outOfOrder) => this.take(held, outOfOrder),
  });
  private readonly population: Population;
  private readonly connections: (Connection | null)[] = [];
  private readonly mslUs: number;
  private readonly maxConnections: number;
  private readonly onConnection: ((view: ConnectionView) => void) | undefined;
  private readonly onFinding: ((finding: Finding) => void) | undefined;
  private readonly second: SecondLook | undefined;
  private readonly pressure: Pressure | undefined;

  /** Each is given out when its 2MSL are over. */
  private readonly closed = new ClosedQueue();
  private readonly spare: Connection[] = [];
  private readonly graveyard = new Graveyard();
  private followed = 0;
  private clockHand = 0;
  private twinSearches = 0;
  private cutQuotes = 0;

  private flows = 0;
  private packets = 0;
  private bytes = 0;
  private tcpPackets = 0;
  private startUs = -1;
  private endUs = -1;
  private readonly problems: InputProblem[] = [];
  private partial = false;

  constructor(options: ExplainerOptions = {}) {
    this.mslUs = options.mslUs ?? DEFAULT_MSL_US;
    this.maxConnections = Math.max(16, options.maxConnections ?? DEFAULT_MAX_CONNECTIONS);
    this.onConnection = options.onConnection;
    this.onFinding = options.onFinding;
    this.second = options.second;
    this.pressure = options.pressure;
    this.population = new Population();
  }

  /** Takes one packet of a capture; the record may be reused by the caller afterwards. */
  packet(p: Packet): void {
    this.packets++;
    this.bytes += p.originalLength;
    const atUs = p.timeUs;
    if (this.startUs < 0 || atUs < this.startUs) this.startUs = atUs;
    if (atUs > this.endUs) this.endUs = atUs;
    if (this.sorter.dueUs < this.endUs) this.sorter.advance(this.endUs);
    if ((this.packets & (SWEEP_EVERY - 1)) === 0) this.sweep();
    const decoder = this.decoder;
    const kind = decoder.decode(
      p.linkType,
      p.bytes,
      p.view,
      p.offset,
      p.capturedLength,
      p.originalLength,
      atUs,
    );
    if (kind === SegmentKind.tcp) this.segment(decoder.segment, p.number, atUs);
    else if (kind === SegmentKind.icmpError) this.icmpError(decoder.segment, p.number, atUs);
    // What it quotes may still wait, so it waits too.
    else if (kind === SegmentKind.icmpCut)
      this.sorter.wait(decoder.segment, CUT_QUOTES, false, p.number, atUs, this.endUs);
  }

  /** Notes that something was wrong with the input. */
  problem(problem: InputProblem): void {
    if (this.problems.length < 100) this.problems.push(problem);
  }

  /** Connections followed now. */
  get live(): number {
    return this.followed;
  }

  get packetCount(): number {
    return this.packets;
  }

  /** End of input: gives out all connections still followed, in the order of their first packets. */
  finish(options: { partial?: boolean } = {}): void {
    this.partial = options.partial ?? false;
    this.sorter.advance(Number.POSITIVE_INFINITY);
    const rest = this.connections.filter((c): c is Connection => c !== null);
    rest.sort((a, b) => a.flow - b.flow);
    for (const c of rest) this.giveOut(c);
    for (const finding of this.population.findings(2 * this.mslUs)) this.onFinding?.(finding);
  }

  summary(): Summary {
    return {
      type: 'summary',
      packets: this.packets,
      bytes: this.bytes,
      tcpPackets: this.tcpPackets,
      connections: this.population.connections,
      start: this.startUs < 0 ? null : this.startUs / 1e6,
      end: this.endUs < 0 ? null : this.endUs / 1e6,
      closeKinds: this.population.closeKinds(),
      causes: this.population.causes(),
      problems: this.problems,
      partial: this.partial,
    };
  }

  private segment(s: Segment, packet: number, atUs: number): void {
    this.tcpPackets++;
    const slot = this.table.find(s);
    const c = slot < 0 ? null : this.connections[slot]!;
    if (this.sorter.mustWait(c, slot, s, this.table.reversed)) this.hold(s, slot, packet, atUs);
    else this.place(s, slot, packet, atUs);
  }

  private hold(s: Segment, slot: number, packet: number, atUs: number): void {
    const { reversed } = this.table;
    this.sorter.wait(s, slot < 0 ? this.reserve() : slot, reversed, packet, atUs, this.endUs);
  }

  /** A place in the table for the flow that was just looked for, before there is a connection. */
  private reserve(): number {
    const slot = this.table.insert();
    while (this.connections.length <= slot) this.connections.push(null);
    this.connections[slot] = null;
    return slot;
  }

  /** A segment that has waited goes on; returns the slot of its connection. */
  private take({ segment, packet, atUs }: Held, outOfOrder: boolean): number {
    if (segment.kind === SegmentKind.icmpCut) {
      this.addCutIcmp(segment, packet, atUs);
      return CUT_QUOTES;
    }
    let slot = this.table.find(segment);
    if (segment.kind === SegmentKind.icmpError) {
      this.addIcmp(segment, slot, packet, atUs);
      return slot;
    }
    if (slot >= 0 && this.connections[slot] == null && this.graveyard.kindOf(slot) === Buried.no) {
      this.table.remove(slot);
      slot = this.table.find(segment);
    }
    const known = slot < 0 ? null : this.connections[slot]!;
    // What stands behind another packet is not taken as older than it.
    const late = known !== null && known.lastUs > atUs && known.lastUs - atUs <= DISORDER_US;
    const c = this.place(segment, slot, packet, late ? known.lastUs : atUs);
    if (c === null) return slot;
    if (outOfOrder) c.disordered = true;
    return c.slot;
  }

  private place(s: Segment, slot: number, packet: number, atUs: number): Connection | null {
    let c = slot < 0 ? null : this.connections[slot]!;
    if (c === null || (s.flags & Flag.syn) !== 0 || c.strangeSyns > 0) {
      c = c === null ? this.begin(s, slot, packet, atUs) : this.goOn(c, s, packet, atUs);
      if (c === null) return null;
    }
    const direction = this.table.reversed === c.clientIsLow ? SERVER : CLIENT;
    if (c.midstream && (s.flags & Flag.rst) === 0) {
      assume(direction === CLIENT ? c.client : c.server, State.established, atUs, packet);
    }
    this.observer.observe(c, s, direction as 0 | 1, packet, atUs);
    if (c.badAnswers === 1 && c.opening && c.traces.portAlsoOf === 0) this.findSharedPort(c);
    if (c.firstFinFrom >= 0 || c.resetCount > 0) this.noteClosing(c, s, packet, atUs);
    return c;
  }

  /** The first segment of a flow, as far as is known; null where it is a late one of a connection that was given out. */
  private begin(s: Segment, slot: number, packet: number, atUs: number): Connection | null {
    return slot >= 0 ? this.afterBurial(slot, s, packet, atUs) : this.open(s, packet, atUs);
  }

  /** A SYN on a connection that is followed, or what comes after one: still the same connection, or the next? */
  private goOn(c: Connection, s: Segment, packet: number, atUs: number): Connection {
    const direction = this.table.reversed === c.clientIsLow ? SERVER : CLIENT;
    if (followsStrayReset(c, s, direction, atUs)) this.beginAfterStrayReset(c);
    else if ((s.flags & Flag.rst) === 0 && reopens(c, s, direction, atUs))
      return this.reopen(c, s, direction, packet, atUs);
    return c;
  }

  private noteClosing(c: Connection, s: Segment, packet: number, atUs: number): void {
    if (c.midstream && c.packets <= STRAY_PACKETS && (s.flags & Flag.rst) !== 0)
      this.findTwin(c, packet, atUs);
    if (c.closedAtUs >= 0 || !isOver(c)) return;
    c.closedAtUs = atUs;
    this.closed.push(c);
    if (this.closed.kept > MAX_LINGERING) this.giveOutClosed(Buried.closed);
  }

  /** A flow that is hardly more than an RST: does the segment that it answers belong to another one? */
  private findTwin(stray: Connection, packet: number, atUs: number): void {
    if (stray.server.segments === 0 || this.twinSearches++ >= MAX_TWIN_SEARCHES) return;
    for (const c of this.connections) {
      if (c === null || !isTwin(c, stray)) continue;
      tracesOf(stray).twinOf = c.flow;
      const traces = tracesOf(c);
      traces.twinResetPacket = packet;
      traces.twinResetAtUs = atUs;
      return;
    }
  }

  private noteStamp(c: Connection, server: ServerRecord, s: Segment, atUs: number): void {
    const behind = this.servers.stampBehind(server, s, atUs);
    if (behind !== 0) tracesOf(c).synBehind = behind;
  }

  /** The SYN met an ACK of something else: does its port serve another connection that is still open? */
  private findSharedPort(c: Connection): void {
    if (this.twinSearches++ >= MAX_TWIN_SEARCHES) return;
    for (const other of this.connections) {
      if (other === null || other.closedAtUs >= 0 || other.opening || !sharesClientPort(other, c)) continue;
      tracesOf(c).portAlsoOf = other.flow;
      return;
    }
  }

  /** What seemed a closed connection was the beginning of this one. */
  private beginAfterStrayReset(c: Connection): void {
    if (c.closedAtUs >= 0) this.closed.remove(c);
    c.beginAfterStrayReset();
  }

  /** A segment of a connection that was given out early: a new incarnation, the old one again, or just late (null). */
  private afterBurial(slot: number, s: Segment, packet: number, atUs: number): Connection | null {
    const opens = (s.flags & (Flag.syn | Flag.ack)) === Flag.syn;
    if (!opens && this.graveyard.kindOf(slot) === Buried.closed) return null;
    const previous = this.graveyard.exhume(slot);
    this.table.remove(slot);
    this.table.find(s);
    const c = this.open(s, packet, atUs);
    if (opens) c.previous = previous;
    else c.continuesFlow = previous.flow;
    return c;
  }

  /** A new incarnation of the same four-tuple: the old one is given out. */
  private reopen(old: Connection, s: Segment, direction: number, packet: number, atUs: number): Connection {
    const strange = takesStrangeSyn(old, s, direction);
    const previous = {
      flow: old.flow,
      endedUs: old.lastUs,
      clientState: stateOf(old.client),
      serverState: stateOf(old.server),
      clientSndMax: old.client.sndMax,
      closedAtUs: old.closedAtUs,
    };
    old.replacedAtUs = atUs;
    this.giveOut(old);
    this.table.find(s);
    const c = this.open(s, packet, atUs);
    c.previous = previous;
    if (strange) c.midstream = false;
    return c;
  }

  private open(s: Segment, packet: number, atUs: number): Connection {
    if (this.followed >= this.maxConnections) {
      this.evict();
      this.table.find(s);
    }
    const c = this.takeConnection();
    const sourceIsClient = this.clientIsSource(s);
    c.slot = this.table.insert();
    c.clientIsLow = this.table.reversed !== sourceIsClient;
    c.flow = ++this.flows;
    c.family = s.family;
    c.firstPacket = packet;
    c.startUs = atUs;
    c.lastUs = atUs;
    c.midstream = (s.flags & Flag.syn) === 0;
    c.client.address.set(sourceIsClient ? s.source : s.destination);
    c.client.port = sourceIsClient ? s.sourcePort : s.destinationPort;
    c.server.address.set(sourceIsClient ? s.destination : s.source);
    c.server.port = sourceIsClient ? s.destinationPort : s.sourcePort;
    c.selfConnected = s.sourcePort === s.destinationPort && s.source.every((w, i) => w === s.destination[i]);
    c.serverRecord = this.servers.record(c.family, c.server.address, c.server.port);
    if (c.serverRecord !== null && !c.midstream) {
      c.serverRecord.attempts++;
      if (sourceIsClient && (s.optionKinds & OptionBit.timestamps) !== 0)
        this.noteStamp(c, c.serverRecord, s, atUs);
    }
    while (this.connections.length <= c.slot) this.connections.push(null);
    this.connections[c.slot] = c;
    this.followed++;
    return c;
  }

  /** Used ones are made new when their turn comes, as they are then in the cache for what follows (measured). */
  private takeConnection(): Connection {
    const used = this.spare.pop();
    if (used === undefined) return new Connection();
    used.reset();
    return used;
  }

  private icmpError(s: Segment, packet: number, atUs: number): void {
    const slot = this.table.find(s);
    if (slot >= 0 && this.sorter.isWaiting(slot)) this.hold(s, slot, packet, atUs);
    else this.addIcmp(s, slot, packet, atUs);
  }

  private addIcmp(s: Segment, slot: number, packet: number, atUs: number): void {
    const c = slot < 0 ? null : this.connections[slot]!;
    if (c !== null)
      this.noteIcmp(c, this.table.reversed === c.clientIsLow ? SERVER : CLIENT, s, packet, atUs);
  }

  /** Of what it quotes only the sender is known: told where that end has just sent something in one connection alone. */
  private addCutIcmp(s: Segment, packet: number, atUs: number): void {
    if (this.cutQuotes++ >= MAX_TWIN_SEARCHES) return;
    let found: Connection | null = null;
    let quotes = CLIENT;
    for (const c of this.connections) {
      const end = c == null ? -1 : quotable(c, s, atUs);
      if (end < 0) continue;
      if (found !== null) return;
      found = c;
      quotes = end;
    }
    if (found !== null) this.noteIcmp(found, quotes, s, packet, atUs);
  }

  private noteIcmp(c: Connection, quotes: number, s: Segment, packet: number, atUs: number): void {
    const target = quotes === CLIENT ? c.server : c.client;
    const record: IcmpRecord = {
      packet,
      atUs,
      family: s.icmpFamily,
      type: s.icmpType,
      code: s.icmpCode,
      mtu: s.icmpMtu,
      hopLimit: s.hopLimit,
      quotes: quotes as 0 | 1,
      fromTarget: s.icmpSource.every((word, i) => word === target.address[i]),
      source: Int32Array.from(s.icmpSource),
    };
    if (c.icmp.length < MAX_ICMP) c.icmp.push(record);
    c.lastUs = Math.max(c.lastUs, atUs);
  }

  /** Gives out closed connections whose 2MSL have passed, and clears their gravestones. */
  private sweep(): void {
    this.buryTheSilent();
    const limit = this.endUs - LINGER_MSL * this.mslUs;
    for (let c = this.closed.first(); c !== null && c.lastUs <= limit; c = this.closed.first())
      this.giveOut(c);
    for (
      let slot = this.graveyard.oldest(limit, MAX_BURIED);
      slot >= 0;
      slot = this.graveyard.oldest(limit, MAX_BURIED)
    ) {
      this.sorter.leave(slot);
      this.table.remove(slot);
    }
  }

  /** A walk round the table: whoever has stopped trying will not come back, so its verdict need not wait for the end. */
  private buryTheSilent(): void {
    const { connections } = this;
    for (let i = 0; i < Math.min(SWEEP_SAMPLE, connections.length); i++) {
      this.clockHand = (this.clockHand + 1) % connections.length;
      const c = connections[this.clockHand];
      if (c == null || this.endUs - c.lastUs < SILENT_FOR_GOOD_US) continue;
      if (c.opening ? c.handshakeAckAtUs < 0 : quitter(c) !== null) this.giveOut(c, Buried.idle);
    }
  }

  /** Gives out the connection that closed first; true if there was one. */
  private giveOutClosed(burial: number): boolean {
    const c = this.closed.first();
    if (c !== null) this.giveOut(c, burial);
    return c !== null;
  }

  /** Too many connections: the one that closed first goes, else the longest idle of a sample. */
  private evict(): void {
    if (this.giveOutClosed(Buried.closed)) return;
    let oldest: Connection | null = null;
    for (let seen = 0; seen < 64 || oldest === null; seen++) {
      this.clockHand = (this.clockHand + 1) % this.connections.length;
      const c = this.connections[this.clockHand]!;
      if (c !== null && (oldest === null || c.lastUs < oldest.lastUs)) oldest = c;
    }
    oldest.evicted = true;
    this.giveOut(oldest, Buried.idle);
  }

  private giveOut(c: Connection, burial: number = Buried.no): void {
    this.connections[c.slot] = null;
    this.sorter.leave(c.slot);
    this.followed--;
    if (c.closedAtUs >= 0) this.closed.kept--;
    if (c.resetCount > 0) this.hosts.tell(c);
    if (c.flow < LEARN_ALL || (c.flow & LEARN_SOME) === 0) this.hosts.learn(c);
    let diagnosis = diagnose(c, this.endUs, this.mslUs);
    if (this.second !== undefined)
      diagnosis = this.second.look(c, diagnosis, this.arena, this.startUs, this.endUs);
    this.population.add(c, diagnosis);
    this.pressure?.add(c, diagnosis.case.o, this.startUs);
    if (this.onConnection !== undefined) this.onConnection(new ConnectionView(c, diagnosis, this.arena));
    this.arena.release(c.log);
    if (burial === Buried.no) this.table.remove(c.slot);
    else this.graveyard.bury(c, burial);
    c.slot = -1;
    if (this.second?.keeps !== true) this.spare.push(c);
  }

  /** Who opened: by the SYN; without one, who is not known as a server; else the end with the higher port. */
  private clientIsSource(s: Segment): boolean {
    if ((s.flags & Flag.syn) !== 0) return (s.flags & Flag.ack) === 0;
    const toServer = this.servers.accepts(s.family, s.destination, s.destinationPort);
    if (toServer !== this.servers.accepts(s.family, s.source, s.sourcePort)) return toServer;
    return s.sourcePort >= s.destinationPort;
  }
}

/** The end of the connection that an ICMP error may quote, of whose text only the source address is known; -1 for none. */
function quotable(c: Connection, s: Segment, atUs: number): number {
  if (c.family !== s.icmpFamily || c.closedAtUs >= 0) return -1;
  for (const at of [CLIENT, SERVER]) {
    const end = c.end(at);
    const isSender = end.address.every((word, i) => word === s.source[i]);
    if (isSender && end.segments > 0 && atUs - end.lastAtUs < ERROR_WITHIN_US) return at;
  }
  return -1;
}
