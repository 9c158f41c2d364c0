import { formatFlags } from '../../src/explain/text.ts';
import { growingMemory } from '../../src/host/receive-growth.ts';
import { measuredMemory } from '../../src/host/receive-memory.ts';
import {
  Event,
  LINUX_TABLE,
  STATE_NAMES,
  State,
  type StateName,
  type Table,
} from '../../src/states/index.ts';
import { segmentArrives } from '../../src/tcp/arrive.ts';
import { close, userReceive, userSend } from '../../src/tcp/calls.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import { Counters } from '../../src/tcp/counters.ts';
import { step } from '../../src/tcp/effects.ts';
import type { Environment, MtuSearch, ReceiveMemory } from '../../src/tcp/environment.ts';
import { packetizationSearch } from '../../src/tcp/mtu-search.ts';
import { openActive, openPassive } from '../../src/tcp/open.ts';
import { Outgoing } from '../../src/tcp/outgoing.ts';
import { nextDeadline, OFF, Tcb } from '../../src/tcp/tcb.ts';
import { timersExpired } from '../../src/tcp/timers.ts';
import { Flag, OptionBit, Segment, SegmentKind } from '../../src/wire/index.ts';
import { testConfig } from './tcp-config.ts';

/*
 * Two control blocks and a wire between them in virtual time, without hosts: for tests of what one connection does.
 */

/** A segment on its way. */
export interface Flight {
  readonly segment: Segment;
  readonly from: End;
  readonly to: End;
  readonly sentAt: number;
  arrivesAt: number;
}

export interface TcbPairOptions {
  readonly config?: TcpConfig;
  readonly rightConfig?: TcpConfig;
  readonly table?: Table;
  readonly rightTable?: Table;
  /** One way. */
  readonly delayUs?: number;
  /** Of a link, in both directions. */
  readonly mtu?: number;
  readonly superSegmentBytes?: number;
}

/**
 * One host with at most one connection: the least `Environment`. LISTEN is `listening`; a connection in TIME-WAIT
 * keeps its control block until 2 MSL are over.
 */
export class End implements Environment {
  readonly pair: TcbPair;
  readonly name: string;
  readonly config: TcpConfig;
  readonly port: number;
  lastCell: number = -1;
  readonly table: Table;
  readonly counters: Counters = new Counters();
  readonly out: Outgoing = new Outgoing();
  superSegmentBytes: number;
  arrivingSize: number = 0;
  readonly watch: null = null;
  readonly sendQueue: null = null;
  readonly receiveMemory: ReceiveMemory;
  readonly inSlowStart: null = null;
  readonly accEcn: null = null;
  readonly fastOpen: null = null;
  readonly mtuSearch: MtuSearch = packetizationSearch;
  mtu: number;
  tcb: Tcb;
  listening: boolean = false;
  acceptRoom: boolean = true;
  accepted: boolean = false;
  deletedCount: number = 0;
  orphanedCount: number = 0;
  challengesLeft: number = 1000;
  memory: number = 0;
  memoryLimit: number = Number.POSITIVE_INFINITY;
  learntMtu: number = 0;
  suspected: number = 0;
  timeWaitUntil: number = OFF;
  /** `signal*` bits of all wakes so far. */
  signals: number = 0;
  wakes: number = 0;
  #seed: number;

  constructor(
    pair: TcbPair,
    name: string,
    config: TcpConfig,
    table: Table,
    port: number,
    options: TcbPairOptions,
  ) {
    this.pair = pair;
    this.name = name;
    this.config = config;
    this.table = table;
    this.port = port;
    this.mtu = options.mtu ?? 1500;
    this.superSegmentBytes = options.superSegmentBytes ?? 0;
    this.receiveMemory = config.initialReceiveSegments > 0 ? measuredMemory : growingMemory;
    this.tcb = new Tcb(config);
    this.#seed = port;
  }

  get now(): number {
    return this.pair.now;
  }

  get state(): StateName {
    return STATE_NAMES[this.tcb.state]!;
  }

  get peer(): End {
    return this.pair.left === this ? this.pair.right : this.pair.left;
  }

  random(): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) | 0;
    return this.#seed;
  }

  transmit(tcb: Tcb, out: Outgoing): void {
    this.pair.carry(describe(this, tcb, out), this);
  }

  /** RFC 9293 3.10.7.1 */
  replyReset(arrived: Segment): void {
    if ((arrived.flags & Flag.rst) !== 0) return;
    const reset = new Segment();
    reset.kind = SegmentKind.tcp;
    reset.sourcePort = arrived.destinationPort;
    reset.destinationPort = arrived.sourcePort;
    reset.flags = Flag.rst;
    if ((arrived.flags & Flag.ack) !== 0) reset.seq = arrived.ack;
    else {
      const syn = (arrived.flags & Flag.syn) !== 0 ? 1 : 0;
      const fin = (arrived.flags & Flag.fin) !== 0 ? 1 : 0;
      reset.flags |= Flag.ack;
      reset.ack = (arrived.seq + arrived.payloadLength + syn + fin) | 0;
    }
    this.counters.OutRsts++;
    this.pair.carry(reset, this);
  }

  schedule(): void {}

  wake(_tcb: Tcb, signals: number): void {
    this.wakes++;
    this.signals |= signals;
  }

  takeChallenge(): boolean {
    return this.challengesLeft-- > 0;
  }

  hasAcceptRoom(): boolean {
    return this.acceptRoom;
  }

  established(): void {
    this.accepted = true;
  }

  enterTimeWait(): void {
    this.timeWaitUntil = this.now + 2 * this.config.mslUs;
  }

  orphaned(): void {
    this.orphanedCount++;
  }

  deleted(): void {
    this.deletedCount++;
    this.timeWaitUntil = OFF;
  }

  learnPathMtu(_tcb: Tcb, mtu: number): void {
    this.learntMtu = mtu;
  }

  suspectPath(): void {
    this.suspected++;
  }

  accountMemory(bytes: number): boolean {
    if (bytes > 0 && this.memory + bytes > this.memoryLimit) return false;
    this.memory += bytes;
    return true;
  }

  /** A fresh control block with the four-tuple and ISS filled in. */
  fresh(): Tcb {
    const tcb = new Tcb(this.config);
    tcb.local[3] = this.port;
    tcb.remote[3] = this.peer.port;
    tcb.localPort = this.port;
    tcb.remotePort = this.peer.port;
    tcb.iss = this.random();
    tcb.pathMtu = this.mtu;
    this.tcb = tcb;
    this.signals = 0;
    return tcb;
  }

  listen(): void {
    this.listening = true;
  }

  connect(): void {
    openActive(this, this.fresh());
  }

  send(text: string, flags: number = 0): number {
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    return userSend(this, this.tcb, bytes, 0, bytes.length, flags);
  }

  sendBytes(bytes: Uint8Array): number {
    return userSend(this, this.tcb, bytes, 0, bytes.length, 0);
  }

  /** What there is to read, as text; a number (0 or -errno) where there is none. */
  receive(limit: number = 65_536, flags: number = 0): string | number {
    const bytes = new Uint8Array(limit);
    const got = userReceive(this, this.tcb, bytes, 0, limit, flags);
    return got > 0 ? String.fromCharCode(...bytes.subarray(0, got)) : got;
  }

  /** Reads all there is now. */
  receiveBytes(limit: number = 1 << 20): Uint8Array {
    const bytes = new Uint8Array(limit);
    let at = 0;
    for (;;) {
      const got = userReceive(this, this.tcb, bytes, at, limit - at, 0);
      if (got <= 0) return bytes.subarray(0, at);
      at += got;
    }
  }

  close(): number {
    return close(this, this.tcb);
  }

  arrive(segment: Segment): void {
    const state = this.tcb.state;
    if (state !== State.closed && state !== State.listen) {
      segmentArrives(this, this.tcb, segment);
      return;
    }
    if (this.listening && (segment.flags & (Flag.syn | Flag.ack | Flag.rst)) === Flag.syn) {
      openPassive(this, this.fresh(), segment);
      return;
    }
    this.replyReset(segment);
  }

  deadline(): number {
    return Math.min(nextDeadline(this.tcb), this.timeWaitUntil);
  }

  expire(): void {
    if (this.timeWaitUntil <= this.now) step(this, this.tcb, Event.timeWaitEnd, null);
    if (nextDeadline(this.tcb) <= this.now) timersExpired(this, this.tcb);
  }
}

/** Two ends on one link. */
export class TcbPair {
  now: number = 1_000_000;
  delayUs: number;
  readonly left: End;
  readonly right: End;
  readonly flights: Flight[] = [];
  /** One line a segment that was sent, those that got lost too: `left SYN 0(0) win 65535`. */
  readonly log: string[] = [];
  /** Every segment that was sent. */
  readonly sent: Flight[] = [];
  /** Called for each segment as it is sent: false loses it; it may change the flight. */
  filter: ((flight: Flight) => boolean) | null = null;

  constructor(options: TcbPairOptions = {}) {
    const config = options.config ?? testConfig();
    const table = options.table ?? LINUX_TABLE;
    this.delayUs = options.delayUs ?? 10_000;
    this.left = new End(this, 'left', config, table, 1001, options);
    this.right = new End(
      this,
      'right',
      options.rightConfig ?? config,
      options.rightTable ?? table,
      80,
      options,
    );
  }

  carry(segment: Segment, from: End): void {
    const flight = { segment, from, to: from.peer, sentAt: this.now, arrivesAt: this.now + this.delayUs };
    this.log.push(logLine(flight));
    this.sent.push(flight);
    if (this.filter !== null && !this.filter(flight)) return;
    this.deliverLater(flight);
  }

  deliverLater(flight: Flight): void {
    let at = this.flights.length;
    while (at > 0 && this.flights[at - 1]!.arrivesAt > flight.arrivesAt) at--;
    this.flights.splice(at, 0, flight);
  }

  /** The next thing to happen, or `OFF`. */
  nextAt(): number {
    const flight = this.flights.length > 0 ? this.flights[0]!.arrivesAt : OFF;
    return Math.min(flight, this.left.deadline(), this.right.deadline());
  }

  /** One arrival, or the timers of one instant; false where nothing will ever happen. */
  step(): boolean {
    const at = this.nextAt();
    if (at === OFF) return false;
    this.now = Math.max(this.now, at);
    const flight = this.flights[0];
    if (flight !== undefined && flight.arrivesAt <= this.now) {
      this.flights.shift();
      flight.to.arrive(flight.segment);
      return true;
    }
    this.left.expire();
    this.right.expire();
    return true;
  }

  /** Everything within so many microseconds; then it is that time. */
  run(us: number): void {
    const until = this.now + us;
    for (let steps = 0; this.nextAt() <= until; steps++) {
      if (steps > 1_000_000) throw new Error(`no end of events at ${this.now} us`);
      this.step();
    }
    this.now = until;
  }

  /** As `run`, but stops where nothing is left to happen. */
  settle(limitUs: number = 3_600_000_000): void {
    const until = this.now + limitUs;
    for (let steps = 0; this.nextAt() <= until; steps++) {
      if (steps > 1_000_000) throw new Error(`no end of events at ${this.now} us`);
      if (!this.step()) return;
    }
  }

  /** left connects to right. */
  establish(): this {
    this.right.listen();
    this.left.connect();
    this.run(4 * this.delayUs);
    if (this.left.state !== 'ESTABLISHED' || this.right.state !== 'ESTABLISHED') {
      throw new Error(`${this.left.state}, ${this.right.state}:\n${this.log.join('\n')}`);
    }
    return this;
  }

  /** Forgets what was sent so far; what is under way stays so. */
  forget(): this {
    this.log.length = 0;
    this.sent.length = 0;
    return this;
  }

  /** A segment of the tester's making reaches an end at once. */
  inject(to: End, over: Partial<Segment>, payload: string = ''): void {
    const segment = new Segment();
    segment.kind = SegmentKind.tcp;
    segment.sourcePort = to.peer.port;
    segment.destinationPort = to.port;
    segment.source[3] = to.peer.port;
    segment.destination[3] = to.port;
    segment.window = 65_535;
    setPayload(
      segment,
      Uint8Array.from(payload, (letter) => letter.charCodeAt(0)),
    );
    if (to.tcb.timestampsOk) {
      segment.optionKinds = OptionBit.timestamps;
      segment.tsVal = to.tcb.tsRecent;
    }
    Object.assign(segment, over);
    to.arrive(segment);
  }
}

function setPayload(segment: Segment, payload: Uint8Array): void {
  segment.bytes = payload;
  segment.view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  segment.payloadOffset = 0;
  segment.payloadLength = payload.length;
  segment.payloadCaptured = payload.length;
}

/** What a decoder would make of the packet that a host makes of `out`. */
function describe(end: End, tcb: Tcb, out: Outgoing): Segment {
  if (out.window < 0 || out.window > 65_535) throw new Error(`${end.name}: window field ${out.window}`);
  const segment = new Segment();
  segment.kind = SegmentKind.tcp;
  segment.family = tcb.family;
  segment.source.set(tcb.local);
  segment.destination.set(tcb.remote);
  segment.sourcePort = tcb.localPort;
  segment.destinationPort = tcb.remotePort;
  segment.ecn = out.ecn;
  segment.seq = out.seq;
  segment.ack = out.ack;
  segment.flags = out.flags;
  segment.window = out.window;
  segment.urgentPointer = out.urgentPointer;
  segment.optionKinds = out.optionKinds;
  if ((out.optionKinds & OptionBit.mss) !== 0) segment.mss = out.mss;
  if ((out.optionKinds & OptionBit.windowScale) !== 0) segment.windowScale = out.windowScale;
  segment.tsVal = out.tsVal;
  segment.tsEcr = out.tsEcr;
  segment.sackCount = (out.optionKinds & OptionBit.sack) !== 0 ? out.sackCount : 0;
  segment.sack.set(out.sack);
  const payload = new Uint8Array(out.payloadLength);
  if (!out.garbage) tcb.send.copyTo(out.payloadOffset, payload, 0, out.payloadLength);
  setPayload(segment, payload);
  return segment;
}

/** `SYN|ACK` */
export function flagNames(flags: number): string {
  return formatFlags(flags).replaceAll(', ', '|');
}

/** Sequence numbers as distances from each end's ISS, while the ends know them. */
function logLine(flight: Flight): string {
  const { segment, from, to } = flight;
  const seq = (segment.seq - from.tcb.iss) | 0;
  const ack = (segment.flags & Flag.ack) !== 0 ? ` ack ${(segment.ack - to.tcb.iss) | 0}` : '';
  return `${from.name} ${flagNames(segment.flags)} ${seq}(${segment.payloadLength})${ack} win ${segment.window}`;
}
