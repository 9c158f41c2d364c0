import { classify, EVENT_COUNT, Event, Facts, firstEvent, Known, next, State } from '../states/index.ts';
import { abort } from '../tcp/calls.ts';
import { Errno } from '../tcp/errno.ts';
import { isFastChild } from '../tcp/fast-open.ts';
import { openFromCookie, openPassive } from '../tcp/open.ts';
import { Flag, type Segment } from '../wire/index.ts';
import { Any } from './addresses.ts';
import { type Connection, Queue } from './connection.ts';
import { hashTuple } from './demux.ts';
import type { Host } from './host.ts';
import { initialSequence, timestampOffset } from './isn.ts';
import { Shut } from './options.ts';
import { Hold } from './ports.ts';
import { inheritOptions } from './recycle.ts';
import { Socket } from './socket.ts';

/** How long an overflow of the SYN queue lets cookies come back (Linux: 2 minutes). */
const COOKIE_LIFETIME_US = 120_000_000;

/** A socket in LISTEN: its half-open connections are counted, its open ones wait in order to be accepted. */
export class Listener {
  readonly socket: Socket;
  readonly tcb: Connection;
  readonly #host: Host;
  backlog: number;
  synCount: number = 0;
  /** What it does not admit is dropped. */
  admits: ((segment: Segment) => boolean) | null = null;
  readonly #queue: Connection[] = [];
  #head = 0;
  #lastCookieAt = -Infinity;

  constructor(host: Host, socket: Socket, tcb: Connection, backlog: number) {
    this.#host = host;
    this.socket = socket;
    this.tcb = tcb;
    this.backlog = backlog;
  }

  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  /** As Linux counts: one more than the backlog fits. */
  get isFull(): boolean {
    return this.waiting > this.backlog;
  }

  /** As Linux counts here too. */
  get synQueueIsFull(): boolean {
    return this.synCount > Math.min(this.backlog, this.#host.config.maxSynBacklog);
  }

  /** Whether a connection may finish its handshake now. */
  hasRoomFor(tcb: Connection): boolean {
    const host = this.#host;
    if (this.isFull) {
      host.counters.ListenOverflows++;
      return false;
    }
    if (tcb.deferAcceptUs === 0 || tcb.fromCookie) return true;
    // TCP_DEFER_ACCEPT: the bare ACK of the handshake is not looked at until its time is over.
    const hasData = host.arriving !== null && host.arriving.payloadLength > 0;
    return hasData || host.now - tcb.openedAt >= tcb.deferAcceptUs;
  }

  completed(tcb: Connection): void {
    if (tcb.queue === Queue.syn) this.synCount--;
    tcb.queue = Queue.accept;
    this.#queue.push(tcb);
    this.#host.markEvent(this.socket);
  }

  accept(): Socket | number {
    if (this.waiting === 0) return -Errno.EAGAIN;
    const tcb = this.#queue[this.#head]!;
    this.#head++;
    if (this.#head === this.#queue.length || this.#head > 1024) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    tcb.queue = Queue.none;
    tcb.listener = null;
    return new Socket(this.#host, this.socket.family, tcb);
  }

  /** The connection ended before it was open. */
  forget(tcb: Connection): void {
    if (tcb.queue === Queue.syn) this.synCount--;
    tcb.queue = Queue.none;
    tcb.listener = null;
  }

  /** Nobody will accept what waits: open connections are reset, half-open ones forgotten (Linux inet_csk_listen_stop). */
  close(): void {
    const host = this.#host;
    if (this.tcb.localPort !== 0) host.ports.removeListener(this.tcb.localPort, this);
    const open = this.#queue.slice(this.#head);
    this.#queue.length = 0;
    this.#head = 0;
    for (const tcb of host.handOver?.(this, open) ?? open) {
      tcb.queue = Queue.none;
      tcb.listener = null;
      abort(host, tcb);
      if (!tcb.ending) host.free(tcb);
    }
    for (const tcb of host.inUse) if (tcb.listener === this) host.deleted(tcb);
    this.tcb.state = State.closed;
    this.socket.listener = null;
  }

  /** shutdown(RD) ends listening (Linux inet_shutdown); the port stays bound. */
  shutdown(how: Shut): number {
    if (how === Shut.write) return 0;
    this.close();
    if (this.tcb.group !== null) this.tcb.group = this.#host.ports.change(this.tcb.group, Hold.bound);
    this.#host.settle();
    return 0;
  }

  noteCookie(): void {
    this.#lastCookieAt = this.#host.now;
  }

  /** Cookies were given out not long ago. */
  get awaitsCookies(): boolean {
    const { now, cookies, config } = this.#host;
    return cookies !== null && (now - this.#lastCookieAt < COOKIE_LIFETIME_US || config.synCookies === 2);
  }
}

/** Who takes a SYN: the most particular binding; among equals with SO_REUSEPORT, one by the hash of the four-tuple. */
export function findListener(host: Host, segment: Segment, localIndex: number): Listener | null {
  const listeners = host.ports.listenersOf(segment.destinationPort);
  let best: Listener | null = null;
  let bestScore = 0;
  let alike = 0;
  for (const listener of listeners) {
    const score = scoreOf(listener, segment, localIndex);
    if (score > bestScore) {
      best = listener;
      bestScore = score;
      alike = 1;
    } else if (score === bestScore && score > 0) alike++;
  }
  return alike > 1 ? chooseAlike(host, listeners, segment, localIndex, bestScore, alike) : best;
}

function scoreOf(listener: Listener, segment: Segment, localIndex: number): number {
  switch (listener.tcb.localIndex) {
    case localIndex:
      return 3;
    case Any.ip4:
      return segment.family === 4 ? 2 : 0;
    case Any.ip6:
      return segment.family === 6 ? 2 : 0;
    case Any.dual:
      return segment.family === 6 ? 2 : 1;
    default:
      return 0;
  }
}

function chooseAlike(
  host: Host,
  listeners: readonly Listener[],
  segment: Segment,
  localIndex: number,
  score: number,
  alike: number,
): Listener {
  const { destination, destinationPort, source, sourcePort } = segment;
  const hash = hashTuple(destination, destinationPort, source, sourcePort, host.balanceSecret) >>> 0;
  let chosen = Math.floor((hash / 4294967296) * alike);
  for (const listener of listeners) {
    if (scoreOf(listener, segment, localIndex) !== score) continue;
    if (chosen === 0) return listener;
    chosen--;
  }
  throw new Error('there are as many listeners as were counted');
}

const SYN_ACK = Flag.syn | Flag.ack;

const facts = new Facts();

/**
 * RFC 9293 3.10.7.2: a segment for a listener. `iss` is given where a newer SYN reopens a TIME-WAIT, whose sequence numbers the new
 * incarnation must stay above.
 */
export function synArrives(
  host: Host,
  listener: Listener,
  segment: Segment,
  localIndex: number,
  iss: number | null,
): void {
  if (listener.admits?.(segment) === false) return;
  const flags = segment.flags;
  const isAck = (flags & (Flag.syn | Flag.rst | Flag.ack)) === Flag.ack;
  if (isAck && listener.awaitsCookies && cookieArrives(host, listener, segment, localIndex)) return;
  if (host.config.listenDropsSynAck && (flags & SYN_ACK) === SYN_ACK) return;
  facts.reset();
  facts.flags = flags;
  facts.hasData = segment.payloadLength > 0;
  const isSyn = (flags & (Flag.syn | Flag.rst | Flag.ack)) === Flag.syn;
  const wantsCookie = isSyn && needsCookie(host, listener);
  facts.room = !isSyn || hasRoom(host, listener, wantsCookie) ? Known.yes : Known.no;
  const event = firstEvent(classify(facts, State.listen));
  host.lastCell = State.listen * EVENT_COUNT + event;
  if (next(host.table, State.listen, event) === State.synReceived) {
    if (wantsCookie) sendCookie(host, listener, segment, localIndex);
    else beginPassive(host, listener, segment, localIndex, iss);
  } else if (event === Event.badAck) host.replyReset(segment);
}

function needsCookie(host: Host, listener: Listener): boolean {
  const mode = host.cookies === null ? 0 : host.config.synCookies;
  return mode === 2 || (mode === 1 && listener.synQueueIsFull);
}

function hasRoom(host: Host, listener: Listener, wantsCookie: boolean): boolean {
  const counters = host.counters;
  if (!wantsCookie && listener.synQueueIsFull) counters.TCPReqQFullDrop++;
  else if (listener.isFull) counters.ListenOverflows++;
  else return true;
  counters.ListenDrops++;
  return false;
}

function beginPassive(
  host: Host,
  listener: Listener,
  segment: Segment,
  localIndex: number,
  iss: number | null,
): void {
  const tcb = newChild(host, listener, segment, localIndex);
  tcb.iss = iss ?? isnFor(host, segment);
  tcb.queue = Queue.syn;
  listener.synCount++;
  joinPort(host, listener, tcb);
  tcb.localPort = segment.destinationPort;
  tcb.remotePort = segment.sourcePort;
  host.connections.insert(tcb);
  if (host.fastOpen !== null) tcb.fastOpen = host.fastOpen.request(listener, segment);
  openPassive(host, tcb, segment);
  if (isFastChild(tcb)) host.fastOpen!.childBegins(tcb, listener);
}

function isnFor(host: Host, segment: Segment): number {
  const { destination, source, destinationPort, sourcePort } = segment;
  return initialSequence(host.hash, host.now, destination, source, destinationPort, sourcePort);
}

/** A connection on behalf of the listener, with the options of its socket. */
function newChild(host: Host, listener: Listener, segment: Segment, localIndex: number): Connection {
  const tcb = host.newConnection();
  inheritOptions(tcb, listener.tcb);
  tcb.listener = listener;
  tcb.family = segment.family === 6 ? 6 : 4;
  tcb.local.set(segment.destination);
  tcb.remote.set(segment.source);
  tcb.localIndex = localIndex;
  if (!tcb.routeChosen) tcb.route = host.arrivingRoute;
  host.preparePath(tcb);
  if (host.config.timestampOffset) tcb.tsOffset = timestampOffset(host.hash, tcb.local, tcb.remote);
  return tcb;
}

/** An accepted connection holds its listener's port (Linux __inet_inherit_port). */
function joinPort(host: Host, listener: Listener, tcb: Connection): void {
  const { reuseAddress, reusePort, user } = listener.tcb;
  tcb.group = host.ports.join(
    listener.tcb.localPort,
    { address: tcb.localIndex, reuseAddress, reusePort, user },
    Hold.bound,
  );
}

/**
 * A SYN-ACK of which nothing is kept (RFC 4987 3.6). What it negotiates is negotiated by a control block all the same, which is
 * thrown away at once.
 */
function sendCookie(host: Host, listener: Listener, segment: Segment, localIndex: number): void {
  host.counters.TCPReqQFullDoCookies++;
  host.counters.SyncookiesSent++;
  listener.noteCookie();
  const tcb = newChild(host, listener, segment, localIndex);
  tcb.listener = null;
  tcb.fromCookie = true;
  host.cookies!.prepare(host, tcb, segment);
  openPassive(host, tcb, segment);
  host.free(tcb);
}

/** Whether the ACK carried a cookie of ours: then the connection is open. */
function cookieArrives(host: Host, listener: Listener, segment: Segment, localIndex: number): boolean {
  const { options } = host.cookies!;
  const mss = host.cookies!.read(host, segment);
  if (mss < 0) {
    host.counters.SyncookiesFailed++;
    return false;
  }
  host.counters.SyncookiesRecv++;
  if (listener.isFull) {
    host.counters.ListenOverflows++;
    host.counters.ListenDrops++;
    return true;
  }
  const tcb = newChild(host, listener, segment, localIndex);
  tcb.timestampsOk = options.timestamps;
  tcb.sackOk = options.sack;
  tcb.ecnOk = options.ecn;
  if (options.ecn && host.config.ecn > 2) host.accEcn?.resume(tcb, segment);
  tcb.scalingOk = options.windowScale >= 0;
  tcb.sndScale = Math.max(0, options.windowScale);
  joinPort(host, listener, tcb);
  tcb.localPort = segment.destinationPort;
  tcb.remotePort = segment.sourcePort;
  host.connections.insert(tcb);
  openFromCookie(host, tcb, segment, mss);
  return true;
}
