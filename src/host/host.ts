import {
  Effect,
  type EffectSet,
  Event,
  IMPOSSIBLE,
  next,
  type Patch,
  State,
  type Table,
} from '../states/index.ts';
import type { TcpConfig } from '../tcp/config.ts';
import { Counters } from '../tcp/counters.ts';
import { step } from '../tcp/effects.ts';
import type { AccEcn, Environment, MtuSearch, ReceiveMemory, SendQueue } from '../tcp/environment.ts';
import { Outgoing } from '../tcp/outgoing.ts';
import { OFF, type Tcb, Timer } from '../tcp/tcb.ts';
import { timersExpired } from '../tcp/timers.ts';
import { Flag, type IpAddress, IpDecoder, plainSum, type Segment, type SegmentSum } from '../wire/index.ts';
import { AddressBook } from './addresses.ts';
import { packetArrives } from './arrive.ts';
import { type Connection, Queue } from './connection.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { CookieJar } from './cookies.ts';
import { ConnectionTable } from './demux.ts';
import { dropConnection } from './drop.ts';
import { Destinations } from './ephemeral.ts';
import type { HostFastOpen } from './fast-open-hook.ts';
import type { HostOptions } from './host-options.ts';
import { KeyedHash } from './keyed-hash.ts';
import { listSockets, type SocketRow } from './list.ts';
import type { Listener } from './listener.ts';
import { type Packet, PacketPool } from './packet.ts';
import { PacketQueue } from './packet-queue.ts';
import { PathMtus } from './path-mtu.ts';
import { Ports } from './ports.ts';
import { type HostProfile, linuxHost, rfcHost } from './profiles.ts';
import { Random } from './random.ts';
import { writeReset, writeSegment } from './serialise.ts';
import { Socket } from './socket.ts';
import { routeBytes, type SourceRoutes } from './source-route.ts';
import { tableOf } from './tables.ts';
import { TimeWaitFields, TimeWaitTable } from './time-wait.ts';
import { endTimeWait, startTimeWait } from './time-wait-life.ts';

const SECOND_US = 1_000_000;
/** The largest packet that an IP length field can tell. */
const LOOPBACK_MTU = 65_535;

/**
 * A host with a TCP, seen from outside as sans-IO: packets go in with `input`, time with `poll`, packets come out through
 * the sink of `output`, and `nextTimeout` says when to come again. Programs use its sockets.
 */
export class Host implements Environment {
  readonly name: string;
  readonly profile: HostProfile;
  readonly config: TcpConfig;
  readonly counters: Counters = new Counters();
  mtu: number;
  readonly trusted: boolean;
  /** Own addresses, in the order given, loopback left out. */
  readonly addresses: (IpAddress & { readonly text: string })[];
  readonly superSegmentBytes: number;
  arrivingSize: number = 0;
  fastOpen: HostFastOpen | null = null;
  inSlowStart: ((env: Environment, tcb: Tcb) => void) | null;
  readonly sendQueue: SendQueue | null;
  readonly receiveMemory: ReceiveMemory | null;
  readonly mtuSearch: MtuSearch | null;
  readonly accEcn: AccEcn | null;
  watch: ((env: Environment, tcb: Tcb, sentNew: boolean) => void) | null = null;
  readonly packets: PacketPool;
  /** Microseconds: the time of the last `input`, `poll` or `at`; calls happen at it. */
  now: number = 0;
  table: Table;
  lastCell: number = -1;

  // From here to the methods: for src/host only.
  readonly out: Outgoing = new Outgoing();
  readonly decoder: IpDecoder;
  readonly sum: SegmentSum;
  readonly sourceRoutes: SourceRoutes | null;
  readonly book: AddressBook;
  readonly connections: ConnectionTable;
  readonly timeWait: TimeWaitTable;
  readonly timeWaitFields: TimeWaitFields = new TimeWaitFields();
  readonly ports: Ports;
  readonly destinations: Destinations;
  readonly pathMtus: PathMtus = new PathMtus();
  readonly hash: KeyedHash;
  readonly cookies: CookieJar | null;
  readonly rng: Random;
  /** Chooses among listeners with SO_REUSEPORT. */
  readonly balanceSecret: number;
  readonly pool: ConnectionPool;
  /** The packet being processed: `hasAcceptRoom` wants to know whether it brings data. */
  arriving: Segment | null = null;
  /** The way back that it came with. */
  arrivingRoute: Int32Array | null = null;
  orphanCount: number = 0;
  /** Closed sockets in FIN-WAIT-2, which Linux keeps as TIME-WAIT records. */
  finWait2Records: number = 0;
  /** Sees what the host sends to itself, which no link carries. */
  onLoopback: ((packet: Packet) => void) | null = null;
  /** Gives others what waits at a listener that closes; returns what stays. */
  handOver: ((listener: Listener, waiting: readonly Connection[]) => readonly Connection[]) | null = null;
  /** Takes a SYN in TIME-WAIT out of the diagram's hands. */
  synInTimeWait: ((host: Host, id: number, fields: TimeWaitFields, segment: Segment) => void) | null = null;

  readonly #patches: readonly Patch[];
  readonly #ending: Connection[] = [];
  readonly #outQueue: PacketQueue = new PacketQueue();
  readonly #loopback: PacketQueue = new PacketQueue();
  readonly #events: Socket[] = [];
  #sink: ((packet: Packet) => boolean) | null = null;
  #busy = false;
  #flushing = false;
  #dispatching = false;
  #memory = 0;
  #challengeSecond = -1;
  #challenges = 0;

  constructor(options: HostOptions) {
    this.name = options.name;
    const profile = options.profile ?? 'linux';
    this.profile = profile === 'linux' ? linuxHost : profile === 'rfc' ? rfcHost : profile;
    // Not by spreading: that would give hosts configurations of several shapes (measured).
    this.config = Object.assign({}, this.profile.config, options.config);
    this.inSlowStart = this.profile.slowStart?.() ?? null;
    this.sendQueue = this.profile.sendQueue ?? null;
    this.receiveMemory = this.profile.receiveMemory ?? null;
    this.mtuSearch = this.profile.mtuSearch ?? null;
    this.accEcn = this.profile.accEcn ?? null;
    this.decoder = new IpDecoder(options.fragments);
    this.sum = options.sum ?? plainSum;
    this.sourceRoutes = options.sourceRoutes ?? null;
    this.#patches = options.patches ?? [];
    this.table = tableOf(this.profile.states, this.config, this.#patches);
    this.mtu = options.mtu ?? 1500;
    this.trusted = options.trusted ?? false;
    this.superSegmentBytes = options.superSegmentBytes ?? 0;
    this.packets = options.packets ?? new PacketPool();
    this.pool = new ConnectionPool(this.config);
    this.rng = new Random(options.seed);
    this.hash = new KeyedHash(this.rng.next(), this.rng.next());
    this.cookies = this.profile.cookies?.(this.hash) ?? null;
    const secret = this.rng.next();
    this.balanceSecret = this.rng.next();
    this.book = new AddressBook(options.addresses);
    this.addresses = this.book.list
      .slice(0, -2)
      .map((address, index) => ({ ...address, text: this.book.text(index) }));
    this.connections = new ConnectionTable(secret);
    this.timeWait = new TimeWaitTable(this.book, secret);
    this.destinations = new Destinations(secret, this.rng);
    this.ports = new Ports((address) => this.book.list[address]!.family);
  }

  // What the world calls.

  /** A packet arrived: raw IP, `length` bytes of `bytes`. They are read before this returns and not kept. */
  input(now: number, bytes: Uint8Array, length: number = bytes.length): void {
    this.#arrive(now, bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), length, false);
  }

  /** The same for a packet of a pool, which stays the caller's. */
  inputPacket(now: number, packet: Packet): void {
    this.arrivingSize = packet.segmentSize;
    this.#arrive(now, packet.bytes, packet.view, packet.length, packet.trusted);
    this.arrivingSize = 0;
  }

  #arrive(now: number, bytes: Uint8Array, view: DataView, length: number, trusted: boolean): void {
    this.at(now);
    const nested = this.#busy;
    this.#busy = true;
    packetArrives(this, bytes, view, length, trusted, false);
    this.#busy = nested;
    this.settle();
  }

  /** Time has come to `now`: what is due by then happens. */
  poll(now: number): void {
    this.at(now);
    this.#busy = true;
    for (let tcb = this.pool.popDue(now); tcb !== null; tcb = this.pool.popDue(now)) {
      timersExpired(this, tcb);
      this.schedule(tcb);
    }
    for (let id = this.timeWait.popDue(now); id !== -1; id = this.timeWait.popDue(now)) {
      this.counters.TW++;
      endTimeWait(this, id);
    }
    this.#busy = false;
    this.settle();
  }

  /** When `poll` has something to do: microseconds, or Infinity. It may be early, never late. */
  nextTimeout(): number {
    return Math.min(this.pool.nextDeadline(), this.timeWait.next());
  }

  /** Calls on sockets happen at this time from now on; timers that are due wait for `poll`. */
  at(now: number): void {
    if (now > this.now) this.now = now;
  }

  /**
   * Hands every packet to `sink`, at once and whenever there are any from now on. The sink owns a packet that it returns true for
   * and gives it back to `packets`; after false the rest waits for the next call of `output`.
   */
  output(sink: (packet: Packet) => boolean): void {
    this.#sink = sink;
    this.#flush();
  }

  socket(family: 4 | 6 = 4): Socket {
    return new Socket(this, family, this.newConnection());
  }

  /** What `ss -tano` would list. */
  sockets(): SocketRow[] {
    return listSockets(this);
  }

  /** Ends a connection of `sockets()` from outside, as tcpdrop(8) does. */
  drop(row: SocketRow): void {
    dropConnection(this, row);
  }

  setConfig(changes: Partial<TcpConfig>): void {
    Object.assign(this.config, changes);
    this.table = tableOf(this.profile.states, this.config, this.#patches);
  }

  /** One more own address. */
  addAddress(address: string): void {
    this.book.add(address);
  }

  /** Power is lost: connections, TIME-WAIT records and queues are gone, nobody is told. */
  crash(): void {
    for (const tcb of [...this.pool.inUse]) {
      if (tcb.socket !== null) {
        tcb.socket.tcb = null;
        tcb.socket.listener = null;
      }
      this.connections.remove(tcb);
      tcb.listener = null;
      tcb.queue = Queue.none;
      tcb.ending = false;
      this.pool.give(tcb);
    }
    this.#ending.length = 0;
    this.timeWait.clear();
    this.ports.clear();
    this.destinations.clear();
    this.pathMtus.clear();
    this.#outQueue.clear(this.packets);
    this.#loopback.clear(this.packets);
    this.#memory = 0;
    this.orphanCount = 0;
    this.finWait2Records = 0;
  }

  /** Every connection that is not over, and every socket's, listeners' among them. */
  get inUse(): readonly Connection[] {
    return this.pool.inUse;
  }

  get timeWaitCount(): number {
    return this.timeWait.size;
  }

  /** What tcp_max_tw_buckets limits. */
  get timeWaitBuckets(): number {
    return this.timeWait.size + this.finWait2Records;
  }

  /** Buffers of all connections, in bytes. */
  get memoryBytes(): number {
    return this.#memory;
  }

  // What TCP asks for (Environment).

  random(): number {
    return this.rng.next();
  }

  transmit(tcb: Tcb, out: Outgoing): void {
    this.send(writeSegment(this, tcb as Connection, out), tcb.family, tcb.remote);
  }

  replyReset(segment: Segment): void {
    writeReset(this, segment);
  }

  schedule(tcb: Tcb): void {
    this.pool.schedule(tcb as Connection, this.now);
  }

  wake(tcb: Tcb, signals: EffectSet): void {
    const connection = tcb as Connection;
    if ((signals & Effect.signalOpen) !== 0) connection.wasOpen = true;
    if (connection.socket !== null) this.markEvent(connection.socket);
    else if (connection.lingerer !== null) this.markEvent(connection.lingerer);
  }

  takeChallenge(): boolean {
    const second = Math.floor(this.now / SECOND_US);
    if (second !== this.#challengeSecond) {
      this.#challengeSecond = second;
      this.#challenges = 0;
    }
    if (this.#challenges >= this.config.challengeAcksPerSecond) return false;
    this.#challenges++;
    return true;
  }

  hasAcceptRoom(tcb: Tcb): boolean {
    const connection = tcb as Connection;
    return connection.listener === null || connection.listener.hasRoomFor(connection);
  }

  established(tcb: Tcb): void {
    const connection = tcb as Connection;
    connection.wasOpen = true;
    if (connection.queue !== Queue.accept) connection.listener?.completed(connection);
  }

  enterTimeWait(tcb: Tcb): void {
    (tcb as Connection).goesToTimeWait = true;
    this.#end(tcb as Connection);
  }

  orphaned(tcb: Tcb): void {
    // An orphan in FIN-WAIT-2 is one of those that wait (Linux tcp_time_wait), unless its FIN is being looked at.
    const hasFin = this.arriving !== null && (this.arriving.flags & Flag.fin) !== 0;
    const waits = tcb.state === State.finWait2 && tcb.config.finWait2Record && !hasFin;
    const connection = tcb as Connection;
    if (!waits) this.countOrphan(connection);
    else if (this.timeWaitBuckets >= this.config.maxTimeWait) {
      this.counters.TCPTimeWaitOverflow++;
      step(this, tcb, Event.evict, null);
    } else if (!connection.isTimeWaitBucket) {
      this.#uncount(connection);
      connection.isTimeWaitBucket = true;
      this.finWait2Records++;
    }
  }

  deleted(tcb: Tcb): void {
    this.#end(tcb as Connection);
  }

  learnPathMtu(tcb: Tcb, mtu: number): void {
    this.pathMtus.learn(tcb.family, tcb.remote, mtu, this.now);
  }

  suspectPath(tcb: Tcb): void {
    this.counters.PathSuspected++;
    this.pathMtus.forget(tcb.family, tcb.remote);
    // RFC 9293 SHLD-9: the application may want to know.
    this.wake(tcb, 0);
  }

  accountMemory(bytes: number): boolean {
    if (bytes > 0 && this.#memory + bytes > this.config.maxMemoryBytes) {
      this.counters.TCPMemoryPressures++;
      return false;
    }
    this.#memory += bytes;
    return true;
  }

  // What src/host shares.

  /** A connection in CLOSED, with the defaults of the host. */
  newConnection(): Connection {
    const tcb = this.pool.take();
    tcb.trusted = this.trusted;
    return tcb;
  }

  /** What a connection knows of its path before its first segment. */
  preparePath(tcb: Connection): void {
    tcb.openedAt = this.now;
    tcb.ipId = this.rng.next() & 0xffff;
    const isInside = this.book.find(tcb.family, tcb.remote) >= 0;
    if (isInside) tcb.trusted = true;
    const mtu = isInside ? LOOPBACK_MTU : this.pathMtus.limit(tcb.family, tcb.remote, this.mtu, this.now);
    tcb.pathMtu = mtu - routeBytes(tcb.route);
  }

  /** The socket lets go of its connection, which goes on by itself or is over. */
  detach(socket: Socket, tcb: Connection): void {
    socket.tcb = null;
    socket.listener = null;
    tcb.socket = null;
    if (tcb.timers[Timer.linger] !== OFF) {
      tcb.lingerer = socket;
      socket.lingersOn = tcb;
    }
    if (tcb.ending) return;
    if (tcb.gone || tcb.state === State.closed) this.free(tcb);
    else this.countOrphan(tcb);
  }

  /** Orphans cost memory that nobody can free: beyond the limit the newest goes (Linux tcp_too_many_orphans). */
  countOrphan(tcb: Connection): void {
    if (tcb.isCountedOrphan || tcb.isTimeWaitBucket || tcb.ending || tcb.socket !== null) return;
    tcb.isCountedOrphan = true;
    this.orphanCount++;
    if (this.orphanCount <= this.config.maxOrphans) return;
    if (next(this.table, tcb.state, Event.evict) === IMPOSSIBLE) return;
    this.counters.TCPAbortOnMemory++;
    step(this, tcb, Event.evict, null);
  }

  /** Nobody holds the connection any more. */
  free(tcb: Connection): void {
    this.releasePort(tcb);
    this.connections.remove(tcb);
    this.pool.give(tcb);
  }

  releasePort(tcb: Connection): void {
    if (tcb.group !== null) {
      this.ports.leave(tcb.group);
      tcb.group = null;
    }
    if (tcb.autoPort) {
      this.ports.autoCount[tcb.localPort]!--;
      tcb.autoPort = false;
    }
    if (tcb.destination !== null) {
      this.destinations.release(tcb.destination, tcb.localPort);
      tcb.destination = null;
    }
  }

  markEvent(socket: Socket): void {
    if (socket.eventPending || socket.onEvent === null) return;
    socket.eventPending = true;
    this.#events.push(socket);
  }

  /** Queues a packet for its destination, inside the host or out of it. */
  send(packet: Packet, family: number, destination: Int32Array): void {
    if (this.book.find(family, destination) >= 0) {
      this.onLoopback?.(packet);
      this.#loopback.push(packet);
    } else this.#outQueue.push(packet);
  }

  /** Ends every entry into the host: what ended is put away, packets go out, programs are told. */
  settle(): void {
    if (this.#busy) return;
    this.#busy = true;
    if (this.#ending.length > 0) this.#finishEnding();
    if (this.#loopback.length > 0) this.#drainLoopback();
    this.#busy = false;
    if (this.#outQueue.length > 0) this.#flush();
    if (this.#events.length > 0) this.#dispatch();
  }

  #drainLoopback(): void {
    for (let packet = this.#loopback.shift(); packet !== null; packet = this.#loopback.shift()) {
      packetArrives(this, packet.bytes, packet.view, packet.length, true, true);
      this.packets.give(packet);
      this.#finishEnding();
    }
  }

  #end(tcb: Connection): void {
    if (tcb.ending) return;
    tcb.ending = true;
    this.#ending.push(tcb);
  }

  #finishEnding(): void {
    while (this.#ending.length > 0) this.#finish(this.#ending.pop()!);
  }

  #finish(tcb: Connection): void {
    if (tcb.lingerer !== null) this.markEvent(tcb.lingerer);
    tcb.ending = false;
    tcb.gone = true;
    this.connections.remove(tcb);
    this.#uncount(tcb);
    if (tcb.goesToTimeWait) startTimeWait(this, tcb);
    tcb.state = State.closed;
    if (tcb.socket !== null) {
      if (!tcb.portLocked) this.releasePort(tcb);
      this.markEvent(tcb.socket);
    } else if (tcb.queue !== Queue.accept) {
      tcb.listener?.forget(tcb);
      this.free(tcb);
    }
  }

  #uncount(tcb: Connection): void {
    if (tcb.isCountedOrphan) this.orphanCount--;
    if (tcb.isTimeWaitBucket) this.finWait2Records--;
    tcb.isCountedOrphan = false;
    tcb.isTimeWaitBucket = false;
  }

  #flush(): void {
    const sink = this.#sink;
    if (sink === null || this.#flushing) return;
    this.#flushing = true;
    for (let packet = this.#outQueue.shift(); packet !== null; packet = this.#outQueue.shift()) {
      if (sink(packet)) continue;
      this.#outQueue.unshift(packet);
      break;
    }
    this.#flushing = false;
  }

  #dispatch(): void {
    if (this.#dispatching) return;
    this.#dispatching = true;
    for (let i = 0; i < this.#events.length; i++) {
      const socket = this.#events[i]!;
      socket.eventPending = false;
      socket.onEvent?.(socket);
    }
    this.#events.length = 0;
    this.#dispatching = false;
  }
}
