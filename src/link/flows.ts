import type { Packet, PacketPool } from '../host/packet.ts';
import { Flag, type Segment, SegmentKind, seqAdd, seqGreater } from '../wire/index.ts';
import { hashWords, sameWords } from './addresses.ts';
import { bareReset, sequenceEnd } from './answer.ts';
import { rewriteEnd } from './rewrite.ts';

export interface Endpoint {
  readonly words: Int32Array;
  readonly port: number;
}

export const FlowState = { opening: 0, established: 1, closing: 2, reset: 3 } as const;
export type FlowState = (typeof FlowState)[keyof typeof FlowState];

/** How long a flow is remembered after its last packet; the defaults are RFC 5382's, except for `resetUs`. */
export interface FlowTimeouts {
  /** ESTABLISHED: 2 h 4 min. */
  readonly idleUs?: number;
  /** Before the handshake is over: 4 min. */
  readonly openingUs?: number;
  /** From the first FIN on: 4 min. */
  readonly closingUs?: number;
  /** After an RST: 10 s, as Linux's conntrack. */
  readonly resetUs?: number;
}

/** One TCP connection as a box between sees it: `near` opened it and addressed `nearPeer`; `farPeer` is addressed by `far`. */
export class Flow {
  readonly family: number;
  readonly near: Endpoint;
  readonly nearPeer: Endpoint;
  readonly far: Endpoint;
  readonly farPeer: Endpoint;
  /** Which side of the box the near end is on. */
  readonly nearSide: string;
  state: FlowState = FlowState.opening;
  lastUs: number = 0;
  /** What each side sends next, and whether it has sent anything. */
  nearNext: number = 0;
  farNext: number = 0;
  nearSeen: boolean = false;
  farSeen: boolean = false;
  /** The largest window that the near end has offered, and by how much its windows are scaled (RFC 7323 2.3). */
  nearWindow: number = 0;
  nearScale: number = 0;
  nearChain: Flow | null = null;
  farChain: Flow | null = null;
  older: Flow | null = null;
  newer: Flow | null = null;

  constructor(
    family: number,
    nearSide: string,
    near: Endpoint,
    nearPeer: Endpoint,
    far: Endpoint,
    farPeer: Endpoint,
  ) {
    this.nearSide = nearSide;
    this.family = family;
    this.near = near;
    this.nearPeer = nearPeer;
    this.far = far;
    this.farPeer = farPeer;
  }
}

/** The flows of a box: found from both sides, forgotten when idle. */
export class FlowTable {
  size: number = 0;
  onExpired: ((flow: Flow) => void) | null = null;
  onRemoved: ((flow: Flow) => void) | null = null;
  readonly #timeouts: readonly number[];
  readonly #byNear: Map<number, Flow> = new Map();
  readonly #byFar: Map<number, Flow> = new Map();
  /** Oldest and newest flow of each state. */
  readonly #oldest: (Flow | null)[] = [null, null, null, null];
  readonly #newest: (Flow | null)[] = [null, null, null, null];

  constructor(timeouts: FlowTimeouts) {
    const { closingUs = 240e6, idleUs = 7440e6, openingUs = 240e6, resetUs = 10e6 } = timeouts;
    this.#timeouts = [openingUs, idleUs, closingUs, resetUs];
  }

  /** The flow of a TCP segment, or of the one an ICMP error quotes, that comes from the near or the far side. */
  find(segment: Segment, isFromNear: boolean): Flow | null {
    const { destination, destinationPort, family, source, sourcePort } = segment;
    const isQuote = segment.kind === SegmentKind.icmpError;
    // What is quoted was travelling the other way.
    if (isFromNear !== isQuote) {
      return isFromNear
        ? this.#findNear(family, source, sourcePort, destination, destinationPort)
        : this.findFar(family, source, sourcePort, destination, destinationPort);
    }
    return isFromNear
      ? this.#findNear(family, destination, destinationPort, source, sourcePort)
      : this.findFar(family, destination, destinationPort, source, sourcePort);
  }

  #findNear(family: number, near: Int32Array, port: number, peer: Int32Array, peerPort: number): Flow | null {
    let flow = this.#byNear.get(keyOf(near, port, peer, peerPort)) ?? null;
    while (
      flow !== null &&
      !(flow.family === family && isEnd(flow.near, near, port) && isEnd(flow.nearPeer, peer, peerPort))
    )
      flow = flow.nearChain;
    return flow;
  }

  findFar(family: number, far: Int32Array, port: number, peer: Int32Array, peerPort: number): Flow | null {
    let flow = this.#byFar.get(keyOf(far, port, peer, peerPort)) ?? null;
    while (
      flow !== null &&
      !(flow.family === family && isEnd(flow.far, far, port) && isEnd(flow.farPeer, peer, peerPort))
    )
      flow = flow.farChain;
    return flow;
  }

  add(flow: Flow, now: number): void {
    const near = keyOf(flow.near.words, flow.near.port, flow.nearPeer.words, flow.nearPeer.port);
    const far = keyOf(flow.far.words, flow.far.port, flow.farPeer.words, flow.farPeer.port);
    flow.nearChain = this.#byNear.get(near) ?? null;
    flow.farChain = this.#byFar.get(far) ?? null;
    this.#byNear.set(near, flow);
    this.#byFar.set(far, flow);
    this.size++;
    flow.lastUs = now;
    this.#append(flow);
  }

  /** A packet of the flow passes: its state and age. */
  track(flow: Flow, segment: Segment, isFromNear: boolean, now: number): void {
    this.#unlink(flow);
    if (segment.kind === SegmentKind.tcp) {
      noteSequence(flow, segment, isFromNear);
      flow.state = nextState(flow, segment.flags, isFromNear);
    }
    flow.lastUs = now;
    this.#append(flow);
  }

  /** Forgets what has been idle for too long. */
  expire(now: number): void {
    for (let state = 0; state < this.#timeouts.length; state++) {
      for (;;) {
        const flow = this.#oldest[state]!;
        if (flow === null || flow.lastUs + this.#timeouts[state]! > now) break;
        this.remove(flow);
        if (state === FlowState.established) this.onExpired?.(flow);
      }
    }
  }

  /** When the next established flow will have been idle for too long; Infinity: none. */
  nextIdle(): number {
    const flow = this.#oldest[FlowState.established]!;
    return flow === null ? Infinity : flow.lastUs + this.#timeouts[FlowState.established]!;
  }

  remove(flow: Flow): void {
    this.#unlink(flow);
    unchain(
      this.#byNear,
      keyOf(flow.near.words, flow.near.port, flow.nearPeer.words, flow.nearPeer.port),
      flow,
      'nearChain',
    );
    unchain(
      this.#byFar,
      keyOf(flow.far.words, flow.far.port, flow.farPeer.words, flow.farPeer.port),
      flow,
      'farChain',
    );
    this.size--;
    this.onRemoved?.(flow);
  }

  clear(): void {
    for (const list of this.#oldest.keys())
      while (this.#oldest[list] !== null) this.remove(this.#oldest[list]!);
  }

  #append(flow: Flow): void {
    const last = this.#newest[flow.state]!;
    flow.older = last;
    flow.newer = null;
    if (last === null) this.#oldest[flow.state] = flow;
    else last.newer = flow;
    this.#newest[flow.state] = flow;
  }

  #unlink(flow: Flow): void {
    if (flow.older === null) this.#oldest[flow.state] = flow.newer;
    else flow.older.newer = flow.newer;
    if (flow.newer === null) this.#newest[flow.state] = flow.older;
    else flow.newer.older = flow.older;
  }
}

function noteSequence(flow: Flow, segment: Segment, isFromNear: boolean): void {
  const end = sequenceEnd(segment);
  const isNew = (segment.flags & Flag.syn) !== 0;
  if (isFromNear) {
    if (!flow.nearSeen || isNew || seqGreater(end, flow.nearNext)) flow.nearNext = end;
    flow.nearSeen = true;
    noteWindow(flow, segment);
  } else {
    if (!flow.farSeen || isNew || seqGreater(end, flow.farNext)) flow.farNext = end;
    flow.farSeen = true;
  }
}

function noteWindow(flow: Flow, segment: Segment): void {
  const isSyn = (segment.flags & Flag.syn) !== 0;
  if (isSyn) flow.nearScale = Math.max(0, segment.windowScale);
  // The window of a SYN is never scaled.
  flow.nearWindow = Math.max(flow.nearWindow, segment.window * (isSyn ? 1 : 2 ** flow.nearScale));
}

/** So far behind what its sender has sent that no window of the near end holds it (Linux: tcp_in_window, lower bound). */
export function isBehindWindow(flow: Flow, segment: Segment): boolean {
  const oldest = seqAdd(flow.farNext, -flow.nearWindow - 1);
  return flow.farSeen && flow.nearWindow > 0 && !seqGreater(sequenceEnd(segment), oldest);
}

function nextState(flow: Flow, flags: number, isFromNear: boolean): FlowState {
  const { farSeen, state } = flow;
  if ((flags & Flag.rst) !== 0) return FlowState.reset;
  if ((flags & Flag.syn) !== 0) {
    // A new incarnation of the connection.
    const isOver = state === FlowState.closing || state === FlowState.reset;
    return isOver && (flags & Flag.ack) === 0 ? FlowState.opening : state;
  }
  if (state === FlowState.reset) return state;
  if ((flags & Flag.fin) !== 0) return FlowState.closing;
  return state === FlowState.opening && isFromNear && farSeen ? FlowState.established : state;
}

/** Gives a packet the endpoints that the side it goes to knows. */
export function translate(packet: Packet, segment: Segment, flow: Flow, isTowardFar: boolean): void {
  const here = isTowardFar ? flow.far : flow.near;
  const there = isTowardFar ? flow.farPeer : flow.nearPeer;
  const isQuote = segment.kind === SegmentKind.icmpError;
  // A segment towards the far side comes from `far`; one quoted by an error that goes there was sent by `farPeer`.
  const isFromHere = isTowardFar !== isQuote;
  const source = isFromHere ? here : there;
  const destination = isFromHere ? there : here;
  if (!isEnd(source, segment.source, segment.sourcePort))
    rewriteEnd(packet, segment, 'source', source.words, source.port);
  if (!isEnd(destination, segment.destination, segment.destinationPort))
    rewriteEnd(packet, segment, 'destination', destination.words, destination.port);
}

/** The RSTs that a box sends to both ends of a flow it gives up: to the near end, and to the far end. */
export function flowResets(pool: PacketPool, flow: Flow): [near: Packet, far: Packet] {
  return [
    bareReset(pool, flow.family, flow.nearPeer, flow.near, flow.farNext, flow.nearNext),
    bareReset(pool, flow.family, flow.far, flow.farPeer, flow.nearNext, flow.farNext),
  ];
}

export function endpoint(words: Int32Array, port: number): Endpoint {
  return { words: words.slice(), port };
}

function isEnd(end: Endpoint, words: Int32Array, port: number): boolean {
  return end.port === port && sameWords(end.words, words);
}

function keyOf(a: Int32Array, aPort: number, b: Int32Array, bPort: number): number {
  const h = Math.imul(hashWords(a) ^ (aPort << 16) ^ bPort, 0x9e3779b1);
  return Math.imul(h ^ (h >>> 15) ^ hashWords(b), 0x85ebca77);
}

function unchain(buckets: Map<number, Flow>, key: number, flow: Flow, chain: 'nearChain' | 'farChain'): void {
  const first = buckets.get(key)!;
  if (first === flow) {
    if (flow[chain] === null) buckets.delete(key);
    else buckets.set(key, flow[chain]!);
    return;
  }
  let previous = first;
  while (previous[chain] !== flow) previous = previous[chain]!;
  previous[chain] = flow[chain];
}
