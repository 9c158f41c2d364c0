import {
  FastOpenTable,
  Host,
  type HostProfile,
  Poll,
  SendingClocks,
  type Socket,
  type SocketRow,
  STATE_NAMES,
  type State,
  type TcpConfig,
} from '../../host/index.ts';
import { sourceRoutes } from '../../host/source-route.ts';
import { cellOf, EVENT_COUNT } from '../../states/index.ts';
import { FragmentReassembler } from '../../wire/index.ts';
import type { CallWorld, Descriptor } from '../calls/context.ts';
import type { Epoll } from '../calls/epoll.ts';
import { unsupported } from '../calls/value.ts';
import type { Machine } from '../shell/machine.ts';
import { describeLive } from './describe.ts';
import type { Flow } from './flow.ts';
import { type LivePacket, readLive, segmentsOf } from './live.ts';
import { type Platform, platformOf } from './platform.ts';
import type { Settings } from './settings.ts';
import { seconds } from './timing.ts';

/** Packets to the host and wake-ups of it in one run. */
const MOST_EVENTS = 500_000;

/** Ports that the remote end calls from, one for each connection. */
const FIRST_REMOTE_PORT = 50_001;

export interface WorldOptions {
  readonly profile: HostProfile;
  readonly config: Partial<TcpConfig>;
  readonly seed: number;
  /** The run ends at this time at the latest. */
  readonly maxTimeUs: number;
}

/** The host under test and the script's end of the wire, in virtual time. */
export class World implements CallWorld {
  readonly host: Host;
  readonly fastOpen: FastOpenTable | null;
  readonly settings: Settings;
  readonly clocks: SendingClocks;
  readonly platform: Platform;
  readonly descriptors: Map<number, Descriptor> = new Map();
  readonly openFiles: Map<number, Uint8Array> = new Map();
  readonly epolls: Map<number, Epoll> = new Map();
  readonly files: Map<string, Uint8Array> = new Map();
  readonly flows: Flow[] = [];
  current: Flow | null = null;
  /** What the host sent and no line of the script has asked for yet. */
  readonly sent: LivePacket[] = [];
  /** What it sent for other connections while a line waited for a packet of the current one. */
  readonly passedOver: LivePacket[] = [];
  /** All packets in both directions, where somebody wants to see them. */
  onPacket: ((direction: '<' | '>', bytes: Uint8Array, timeUs: number) => void) | null = null;
  /** Called after each step of time: a call that waits may be over. */
  onStep: (() => void) | null = null;
  readonly maxTimeUs: number;

  readonly #initial: TcpConfig;
  readonly #countersSeen: Map<string, number> = new Map();
  #wakeAt = Number.POSITIVE_INFINITY;
  #nextRemotePort = FIRST_REMOTE_PORT;
  #events = 0;

  constructor(settings: Settings, { profile, config, seed, maxTimeUs }: WorldOptions) {
    this.settings = settings;
    this.platform = platformOf(profile);
    this.maxTimeUs = maxTimeUs;
    this.host = new Host({
      name: 'drill',
      profile,
      // Under packetdrill a TUN device keeps what was sent, and Linux puts together only what nobody else holds (skb_cloned).
      config: { ...config, collapses: false },
      addresses: [settings.localAddress],
      mtu: settings.mtu,
      seed,
      fragments: new FragmentReassembler(),
      sourceRoutes,
      superSegmentBytes: platformOf(profile).superSegmentBytes,
    });
    this.fastOpen = this.platform.name === 'linux' ? new FastOpenTable(this.host) : null;
    this.host.fastOpen = this.fastOpen;
    this.#initial = { ...this.host.config };
    this.clocks = new SendingClocks((socket) => this.#isShort(socket));
    this.host.watch = this.clocks.look;
    this.host.output((packet) => {
      const bytes = packet.bytes.slice(0, packet.length);
      const { segmentSize } = packet;
      this.host.packets.give(packet);
      this.onPacket?.('>', bytes, this.now);
      const live = readLive(bytes, this.now, this.host.lastCell);
      if (live !== null) this.sent.push(...segmentsOf(live, segmentSize));
      return true;
    });
  }

  get now(): number {
    return this.host.now;
  }

  readonly wakeAt = (us: number): void => {
    this.#wakeAt = Math.min(this.#wakeAt, us);
  };

  /** Lets time pass up to `toUs`, or until `stop` holds. Tells whether it does. */
  advance(toUs: number, stop: () => boolean = () => false): boolean {
    const end = Math.min(toUs, this.maxTimeUs);
    for (;;) {
      if (stop()) return true;
      const next = Math.min(this.host.nextTimeout(), this.#wakeAt);
      if (!(next <= end)) break;
      if (next >= this.#wakeAt) this.#wakeAt = Number.POSITIVE_INFINITY;
      this.#spend();
      this.host.poll(next);
      this.onStep?.();
    }
    if (Number.isFinite(end)) this.host.at(end);
    this.onStep?.();
    return stop();
  }

  /** A packet of the script arrives at the host; `segmentSize`: it was put together from segments of that size (GRO). */
  inject(bytes: Uint8Array, segmentSize: number = 0): void {
    this.#spend();
    this.onPacket?.('<', bytes, this.now);
    const packet = this.host.packets.take(bytes.length);
    packet.bytes.set(bytes);
    packet.length = bytes.length;
    packet.segmentSize = segmentSize;
    this.host.inputPacket(this.now, packet);
    this.host.packets.give(packet);
    this.onStep?.();
  }

  /** A script of a few lines can ask for work without end. */
  #spend(): void {
    if (++this.#events <= MOST_EVENTS) return;
    throw unsupported(`a script that takes more than ${MOST_EVENTS} packets to the host and wake-ups of it`);
  }

  takeRemotePort(): number {
    return this.#nextRemotePort++;
  }

  /** Whether the packet belongs to the connection that the script is about. */
  belongs(live: LivePacket, flow: Flow): boolean {
    return live.sourcePort === flow.localPort && live.destinationPort === flow.remotePort;
  }

  /**
   * A SYN that a connection of before sends again, told by its number, as its port may have been taken anew. packetdrill takes it for the
   * one of the new connection.
   */
  isKnownSyn(live: LivePacket): boolean {
    return this.flows.some((flow) => this.belongs(live, flow) && flow.liveLocalIsn === live.seq);
  }

  /** What no line of the script has asked for, of all its connections, as a script would write it. */
  leftOver(): string[] {
    return [...this.passedOver, ...this.sent].flatMap((live) => {
      const flow = this.flows.find((one) => this.belongs(live, one));
      return flow === undefined ? [] : [describeLive(live, flow)];
    });
  }

  /** The rule of a cell of the host's state table. */
  ruleOf(cell: number): string | null {
    if (cell < 0) return null;
    const state = Math.floor(cell / EVENT_COUNT) as State;
    return cellOf(this.host.table, state, (cell % EVENT_COUNT) as never)?.rule ?? null;
  }

  /** The state of the connection that the script is about, at the host. */
  stateOf(flow: Flow | null): string {
    if (flow === null) return 'CLOSED';
    const row = this.#rowOf(flow);
    if (row !== undefined) return row.state;
    return flow.socket === null ? 'CLOSED' : STATE_NAMES[flow.socket.state]!;
  }

  /** Which timer of the connection runs, and how long still. */
  timerOf(flow: Flow): string {
    const row = this.#rowOf(flow);
    if (row === undefined || row.timer === null) return 'no timer of the connection runs';
    const name = row.timer === 'on' ? 'retransmission' : row.timer;
    return `its ${name} timer is due at ${seconds(this.now + row.timerUs)}`;
  }

  #rowOf({ localPort, remotePort }: Flow): SocketRow | undefined {
    if (remotePort === 0) return undefined;
    return this.host.sockets().find((one) => one.localPort === localPort && one.remotePort === remotePort);
  }

  /** Linux SOCK_NOSPACE: somebody waits for room in the send buffer. */
  #isShort(socket: Socket): boolean {
    for (const descriptor of this.descriptors.values()) {
      if (descriptor.socket === socket) return descriptor.noSpace && (socket.poll() & Poll.out) === 0;
    }
    return false;
  }

  /** What shell commands work on. */
  machine(): Machine {
    return {
      host: this.host,
      fastOpen: this.fastOpen,
      files: this.files,
      owned: () => this.#owned(),
      configure: (changes) => this.host.setConfig(changes),
      restore: () => {
        this.host.setConfig(this.#initial);
        if (this.fastOpen !== null) this.fastOpen.enabled = 1;
      },
      drop: (state) => this.#drop(state),
      sleep: (us) => {
        this.advance(this.now + us);
      },
      counterDeltas: () => this.#counterDeltas(),
    };
  }

  /** TIME-WAIT has no socket in the host's list, but the script's descriptor is that connection still. */
  #owned(): SocketRow[] {
    const rows = this.host.sockets();
    const owned: SocketRow[] = [];
    for (const { socket } of this.descriptors.values()) {
      const row = rows.find(
        (one) =>
          one.socket === socket ||
          (one.state === 'TIME-WAIT' &&
            one.localPort === socket.localPort &&
            one.remotePort === socket.remotePort &&
            socket.remotePort !== 0),
      );
      owned.push(row ?? closedRow(socket));
    }
    return owned;
  }

  #drop(state: string): number {
    const rows = this.host.sockets().filter((row) => row.state === state);
    for (const row of rows) this.host.drop(row);
    return rows.length;
  }

  #counterDeltas(): (readonly [string, number])[] {
    const deltas: (readonly [string, number])[] = [];
    const counters: object = { ...this.host.counters, ...this.fastOpen?.counters };
    for (const [name, value] of Object.entries(counters) as [string, number][]) {
      const before = this.#countersSeen.get(name) ?? 0;
      this.#countersSeen.set(name, value);
      deltas.push([nstatName(name), value - before]);
    }
    return deltas;
  }
}

/** Counters of /proc/net/snmp's Tcp group have that name before them, the others TcpExt. */
const SNMP: ReadonlySet<string> = new Set([
  'ActiveOpens',
  'PassiveOpens',
  'AttemptFails',
  'EstabResets',
  'InSegs',
  'OutSegs',
  'RetransSegs',
  'InErrs',
  'InCsumErrors',
  'OutRsts',
]);

function nstatName(name: string): string {
  if (name.startsWith('InECT')) return `IpExt${name}`;
  return `${SNMP.has(name) ? 'Tcp' : 'TcpExt'}${name}`;
}

function closedRow(socket: Descriptor['socket']): SocketRow {
  return {
    state: 'CLOSED',
    family: socket.family,
    recvQ: 0,
    sendQ: 0,
    localAddress: socket.localAddress,
    localPort: socket.localPort,
    remoteAddress: socket.remoteAddress,
    remotePort: socket.remotePort,
    timer: null,
    timerUs: 0,
    retransmits: 0,
    owner: socket.owner,
    socket,
  };
}
