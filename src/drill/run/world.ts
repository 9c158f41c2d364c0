import {
  Host,
  type HostProfile,
  type SocketRow,
  STATE_NAMES,
  type State,
  type TcpConfig,
} from '../../host/index.ts';
import { cellOf, EVENT_COUNT } from '../../states/index.ts';
import { FragmentReassembler } from '../../wire/index.ts';
import type { CallWorld, Descriptor } from '../calls/context.ts';
import type { Machine } from '../shell/machine.ts';
import type { Flow } from './flow.ts';
import { type LivePacket, readLive, segmentsOf } from './live.ts';
import { type Platform, platformOf } from './platform.ts';
import type { Settings } from './settings.ts';

/** Wake-ups at one moment that a host may ask for; more is a fault of the host, and the run must end. */
const MAX_WAKES = 100_000;

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
  readonly settings: Settings;
  readonly platform: Platform;
  readonly descriptors: Map<number, Descriptor> = new Map();
  readonly flows: Flow[] = [];
  current: Flow | null = null;
  /** What the host sent and no line of the script has asked for yet. */
  readonly sent: LivePacket[] = [];
  /** All packets in both directions, where somebody wants to see them. */
  onPacket: ((direction: '<' | '>', bytes: Uint8Array, timeUs: number) => void) | null = null;
  /** Called after each step of time: a call that waits may be over. */
  onStep: (() => void) | null = null;
  readonly maxTimeUs: number;

  readonly #initial: TcpConfig;
  readonly #countersSeen: Map<string, number> = new Map();
  #wakeAt = Number.POSITIVE_INFINITY;
  #nextRemotePort = FIRST_REMOTE_PORT;

  constructor(settings: Settings, { profile, config, seed, maxTimeUs }: WorldOptions) {
    this.settings = settings;
    this.platform = platformOf(profile);
    this.maxTimeUs = maxTimeUs;
    this.host = new Host({
      name: 'drill',
      profile,
      config,
      addresses: [settings.localAddress],
      mtu: settings.mtu,
      seed,
      fragments: new FragmentReassembler(),
      superSegmentBytes: platformOf(profile).superSegmentBytes,
    });
    this.#initial = { ...this.host.config };
    this.host.output((packet) => {
      const bytes = packet.bytes.slice(0, packet.length);
      const { segmentSize } = packet;
      this.host.packets.give(packet);
      this.onPacket?.('>', bytes, this.now);
      const live = readLive(bytes, this.now);
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
    for (let wakes = 0; wakes < MAX_WAKES; wakes++) {
      if (stop()) return true;
      const next = Math.min(this.host.nextTimeout(), this.#wakeAt);
      if (!(next <= end)) break;
      if (next >= this.#wakeAt) this.#wakeAt = Number.POSITIVE_INFINITY;
      this.host.poll(next);
      this.onStep?.();
    }
    if (Number.isFinite(end)) this.host.at(end);
    this.onStep?.();
    return stop();
  }

  /** A packet of the script arrives at the host. */
  inject(bytes: Uint8Array): void {
    this.onPacket?.('<', bytes, this.now);
    this.host.input(this.now, bytes);
    this.onStep?.();
  }

  takeRemotePort(): number {
    return this.#nextRemotePort++;
  }

  /** Whether the packet belongs to the connection that the script is about. */
  belongs(live: LivePacket, flow: Flow): boolean {
    return live.sourcePort === flow.localPort && live.destinationPort === flow.remotePort;
  }

  /** The rule that the host followed last. */
  lastRule(): string | null {
    const { lastCell, table } = this.host;
    if (lastCell < 0) return null;
    const state = Math.floor(lastCell / EVENT_COUNT) as State;
    const cell = cellOf(table, state, (lastCell % EVENT_COUNT) as never);
    return cell?.rule ?? null;
  }

  /** The state of the connection that the script is about, at the host. */
  stateOf(flow: Flow | null): string {
    if (flow === null) return 'CLOSED';
    const row = this.host
      .sockets()
      .find(
        (one) =>
          one.localPort === flow.localPort && one.remotePort === flow.remotePort && flow.remotePort !== 0,
      );
    if (row !== undefined) return row.state;
    return flow.socket === null ? 'CLOSED' : STATE_NAMES[flow.socket.state]!;
  }

  /** What shell commands work on. */
  machine(): Machine {
    return {
      host: this.host,
      owned: () => this.#owned(),
      configure: (changes) => this.host.setConfig(changes),
      restore: () => this.host.setConfig(this.#initial),
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
    for (const [name, value] of Object.entries(this.host.counters as object) as [string, number][]) {
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
