import { type Host, Message, Option, Poll, Shut, type Socket } from '../../../src/host/index.ts';
import { type GatedDirection, type Link, Network, type PassInfo } from '../../../src/link/index.ts';
import type { TcpConfig } from '../../../src/tcp/config.ts';
import { errnoName } from '../../../src/tcp/errno.ts';
import {
  Decoder,
  encodeIcmpError,
  encodeSegment,
  Flag,
  LinkType,
  OptionBit,
  type Segment,
  SegmentKind,
  type TcpOption,
} from '../../../src/wire/index.ts';
import type { Run } from './run-kernel.ts';
import type {
  Call,
  End,
  Match,
  MessageFlag,
  OptionName,
  Scenario,
  Step,
  StepResult,
  Sysctl,
} from './script.ts';
import { type Frame, otherEnd, transcribe } from './transcript.ts';

/** Nearly nothing, as between two namespaces. */
const DELAY_US = 20;
const START_US = 1_000_000;
/** Where an end counts from that has sent no SYN. */
const INJECTED_ISS = 1_000_000;
const BUFFERS: Sysctl = { tcp_rmem: '4096 131072 6291456', tcp_wmem: '4096 16384 4194304' };

const ADDRESSES: Readonly<Record<4 | 6, Readonly<Record<End, string>>>> = {
  4: { client: '198.18.1.10', server: '198.18.2.20' },
  6: { client: '2001:db8:1::a', server: '2001:db8:2::b' },
};

const FLAGS: Readonly<Record<string, number>> = {
  F: Flag.fin,
  S: Flag.syn,
  R: Flag.rst,
  P: Flag.psh,
  A: Flag.ack,
  U: Flag.urg,
  E: Flag.ece,
  C: Flag.cwr,
};

/** As the filters of `run_kernel.py` know it: a packet of 60 octets at most. */
function isSmall({ headerLength, payloadLength }: Segment): boolean {
  return 20 + headerLength + payloadLength <= 60;
}

const MATCHES: Readonly<Record<Match, (segment: Segment) => boolean>> = {
  none: () => false,
  all: () => true,
  fin: ({ flags }) => (flags & Flag.fin) !== 0,
  syn: ({ flags }) => (flags & (Flag.syn | Flag.ack)) === Flag.syn,
  'syn-ack': ({ flags }) => (flags & (Flag.syn | Flag.ack)) === (Flag.syn | Flag.ack),
  'bare-ack': (segment) =>
    (segment.flags & (Flag.syn | Flag.ack | Flag.fin | Flag.rst)) === Flag.ack && isSmall(segment),
  data: (segment) => (segment.flags & (Flag.syn | Flag.rst | Flag.fin)) === 0 && !isSmall(segment),
  rst: ({ flags }) => (flags & Flag.rst) !== 0,
};

const SHUTS = { read: Shut.read, write: Shut.write, both: Shut.both } as const;

/** What a sysctl is in our configuration. */
const SETTINGS: Readonly<Record<string, (value: number | string) => Partial<TcpConfig>>> = {
  tcp_rmem: (value) => ({
    receiveBufferBytes: numbersOf(value)[1]!,
    maxReceiveBufferBytes: numbersOf(value)[2]!,
  }),
  tcp_wmem: (value) => ({ maxSendBufferBytes: numbersOf(value)[2]! }),
  tcp_timestamps: (value) => ({ timestamps: value !== 0 }),
  tcp_syn_retries: (value) => ({ synRetries: Number(value) }),
  tcp_syncookies: (value) => ({ synCookies: Number(value) as 0 | 1 | 2 }),
  tcp_abort_on_overflow: (value) => ({ abortOnOverflow: value !== 0 }),
  tcp_rfc1337: (value) => ({ rfc1337: value !== 0 }),
  tcp_tw_reuse: (value) => ({ timeWaitReuse: Number(value) as 0 | 1 | 2 }),
  tcp_max_tw_buckets: (value) => ({ maxTimeWait: Number(value) }),
  tcp_fin_timeout: (value) => ({ finWait2Us: Number(value) * 1_000_000 }),
  tcp_retries2: (value) => ({ retries2: Number(value) }),
  tcp_orphan_retries: (value) => ({ orphanRetries: Number(value) }),
  ip_local_port_range: (value) => ({
    ephemeralFrom: numbersOf(value)[0]!,
    ephemeralTo: numbersOf(value)[1]!,
  }),
};

function numbersOf(value: number | string): number[] {
  return String(value).split(' ').map(Number);
}

function configOf(sysctl: Sysctl): Partial<TcpConfig> {
  const config: Partial<TcpConfig> = {};
  for (const [name, value] of Object.entries(sysctl)) {
    const setting = SETTINGS[name];
    if (setting === undefined) throw new Error(`what is ${name} in TcpConfig?`);
    Object.assign(config, setting(value));
  }
  return config;
}

function messageFlags(names: readonly MessageFlag[] | undefined): number {
  const bits = { oob: Message.oob, more: Message.more, peek: Message.peek };
  return (names ?? []).reduce((all, name) => all | bits[name], 0);
}

function outcome(result: number): StepResult {
  return result < 0 ? errnoName(result) : result === 0 ? 'ok' : result;
}

/** Two hosts with the profile `linux` on one link, in virtual time. */
class Stage {
  readonly network: Network;
  readonly hosts: Readonly<Record<End, Host>>;
  readonly link: Link;
  readonly frames: Frame[] = [];
  readonly timesUs: number[] = [];
  readonly #addresses: Readonly<Record<End, string>>;
  readonly #sockets = new Map<string, Socket>();
  readonly #drops: Record<End, Match> = { client: 'none', server: 'none' };
  readonly #holding: Record<End, boolean> = { client: false, server: false };
  readonly #decoder = new Decoder();
  /** By `end own-other`: what an end's own segments said last. */
  readonly #iss = new Map<string, number>();
  readonly #tsVal = new Map<string, number>();
  readonly #last = new Map<string, Uint8Array>();

  constructor({ family = 4, sysctl = {} }: Scenario) {
    this.#addresses = ADDRESSES[family];
    const config = configOf({ ...BUFFERS, ...sysctl });
    this.network = new Network({ seed: 1, startUs: START_US });
    const host = (name: End) =>
      this.network.host(name, { profile: 'linux', config, addresses: [this.#addresses[name]], mtu: 1500 });
    this.hosts = { client: host('client'), server: host('server') };
    this.link = this.network.connect(this.hosts.client, this.hosts.server, { delayUs: DELAY_US });
    this.link.filter((packet, info) => this.#passes(packet.bytes.slice(0, packet.length), info));
  }

  #passes(bytes: Uint8Array, { segment, direction }: PassInfo): 'pass' | 'drop' | 'hold' {
    const from: End = direction === this.link.forward ? 'client' : 'server';
    if (this.#holding[from]) return 'hold';
    this.#record(from, bytes);
    this.#hear(from, segment, bytes);
    return MATCHES[this.#drops[otherEnd(from)]](segment) ? 'drop' : 'pass';
  }

  #record(from: End, bytes: Uint8Array): void {
    this.frames.push({ timeUs: this.network.now, bytes, from });
  }

  #hear(from: End, segment: Segment, bytes: Uint8Array): void {
    if (segment.kind !== SegmentKind.tcp) return;
    const key = `${from} ${segment.sourcePort}-${segment.destinationPort}`;
    if ((segment.flags & Flag.syn) !== 0) this.#iss.set(key, segment.seq);
    if ((segment.optionKinds & OptionBit.timestamps) !== 0) this.#tsVal.set(key, segment.tsVal);
    this.#last.set(key, bytes);
  }

  run(steps: readonly Step[]): StepResult[] {
    const results: StepResult[] = [];
    let atUs = this.network.now;
    for (const step of steps) {
      this.network.run(atUs);
      this.timesUs.push(atUs);
      this.network.act(() => results.push(this.#step(step)));
      atUs += step.waitMs * 1000;
    }
    this.network.run(atUs);
    return results;
  }

  #socket(name: string): Socket {
    return this.#sockets.get(name)!;
  }

  #step(step: Step): StepResult {
    const host = this.hosts[step.end];
    switch (step.call) {
      case 'socket':
        this.#sockets.set(step.socket, host.socket(this.#addresses.client.includes(':') ? 6 : 4));
        return 'ok';
      case 'bind':
        return outcome(this.#socket(step.socket).bind(step.any ? '' : this.#addresses[step.end], step.port));
      case 'listen':
        return outcome(this.#socket(step.socket).listen(step.backlog));
      case 'connect':
        return outcome(
          this.#socket(step.socket).connect(step.address ?? this.#addresses[otherEnd(step.end)], step.port),
        );
      case 'accept': {
        const made = this.#socket(step.socket).accept();
        if (typeof made === 'number') return outcome(made);
        this.#sockets.set(step.as, made);
        return 'ok';
      }
      case 'send':
        return outcome(this.#socket(step.socket).send(new Uint8Array(step.bytes), messageFlags(step.flags)));
      case 'recv': {
        const got = this.#socket(step.socket).recv(new Uint8Array(step.bytes), messageFlags(step.flags));
        return got === 0 ? 'EOF' : outcome(got);
      }
      case 'shutdown':
        return outcome(this.#socket(step.socket).shutdown(SHUTS[step.how]));
      case 'close':
        return outcome(this.#socket(step.socket).close());
      case 'disconnect':
        return outcome(this.#socket(step.socket).abort());
      default:
        return this.#ask(step, host);
    }
  }

  #ask(step: Exclude<Call, { call: 'socket' }> & { end: End }, host: Host): StepResult {
    switch (step.call) {
      case 'set':
        return outcome(this.#socket(step.socket).setOption(Option[step.option], step.value ?? -1));
      case 'get':
        return this.#socket(step.socket).getOption(Option[step.option as OptionName]);
      case 'error': {
        const number = this.#socket(step.socket).getOption(Option.error);
        return number === 0 ? 0 : errnoName(number);
      }
      case 'poll':
        return pollText(this.#socket(step.socket).poll());
      case 'unread':
        return this.#socket(step.socket).unread;
      case 'unacked':
        return this.#socket(step.socket).info().unacked;
      case 'states':
        return statesText(host);
      case 'sysctl':
        host.setConfig(configOf(step.values));
        return 'ok';
      default:
        return this.#onTheWay(step);
    }
  }

  #onTheWay(step: Call & { end: End }): StepResult {
    switch (step.call) {
      case 'drop':
        this.#drops[step.end] = step.match;
        return 'ok';
      case 'hold':
        this.#holding[step.end] = true;
        return 'ok';
      case 'release':
        this.#release(step.end);
        return 'ok';
      case 'inject':
        this.#enter(step.end, this.#injected(step));
        return 'ok';
      case 'icmp': {
        const quoted = this.#last.get(`${otherEnd(step.end)} ${step.ports[1]}-${step.ports[0]}`)!;
        const { type, code, mtu = 0 } = step;
        this.#enter(step.end, encodeIcmpError({ ...this.#way(step.end), type, code, mtu, quoted }));
        return 'ok';
      }
      default:
        return 'ok';
    }
  }

  #release(end: End): void {
    this.#holding[end] = false;
    const direction = this.#direction(end);
    for (const held of [...direction.gate.held]) {
      const { bytes, length } = held.packet;
      const copy = bytes.slice(0, length);
      this.#record(end, copy);
      const view = new DataView(copy.buffer);
      this.#decoder.decode(LinkType.raw, copy, view, 0, length, length, this.network.now);
      this.#hear(end, this.#decoder.segment, copy);
      this.link.release(held);
    }
  }

  #direction(from: End): GatedDirection {
    return from === 'client' ? this.link.forward : this.link.backward;
  }

  #way(from: End): { source: string; destination: string } {
    return { source: this.#addresses[from], destination: this.#addresses[otherEnd(from)] };
  }

  #enter(from: End, bytes: Uint8Array): void {
    this.#record(from, bytes);
    const view = new DataView(bytes.buffer);
    this.#decoder.decode(LinkType.raw, bytes, view, 0, bytes.length, bytes.length, this.network.now);
    if (MATCHES[this.#drops[otherEnd(from)]](this.#decoder.segment)) return;
    this.link.inject(bytes, this.#direction(from));
  }

  #injected(step: Extract<Call, { call: 'inject' }> & { end: End }): Uint8Array {
    const [ownPort, otherPort] = step.ports;
    const own = `${step.end} ${ownPort}-${otherPort}`;
    const peer = `${otherEnd(step.end)} ${otherPort}-${ownPort}`;
    const options: TcpOption[] = [];
    if (step.mss !== undefined) options.push({ kind: 'mss', mss: step.mss });
    if (step.tsAge !== undefined) {
      const value = ((this.#tsVal.get(own) ?? 1000) - step.tsAge) | 0;
      options.push({ kind: 'nop' }, { kind: 'nop' });
      options.push({ kind: 'timestamps', value, echo: this.#tsVal.get(peer) ?? 0 });
    }
    return encodeSegment({
      ...this.#way(step.end),
      dontFragment: true,
      sourcePort: ownPort,
      destinationPort: otherPort,
      seq: ((this.#iss.get(own) ?? INJECTED_ISS) + step.seq) | 0,
      ack: step.ack === undefined ? 0 : ((this.#iss.get(peer) ?? 0) + step.ack) | 0,
      flags: [...step.flags].reduce((all, letter) => all | FLAGS[letter]!, 0),
      window: step.window ?? 65535,
      options,
      payload: new Uint8Array(step.bytes ?? 0),
    });
  }
}

function pollText(bits: number): string {
  const names = [
    ['in', Poll.in],
    ['out', Poll.out],
    ['pri', Poll.pri],
    ['err', Poll.err],
    ['hup', Poll.hup],
    ['rdhup', Poll.rdhup],
  ] as const;
  const set = names.filter(([, bit]) => (bits & bit) !== 0);
  return set.map(([name]) => name).join('+') || 'none';
}

function statesText(host: Host): string {
  const rows = host.sockets().filter(({ state }) => state !== 'CLOSED');
  rows.sort(
    (a, b) => a.localPort - b.localPort || a.remotePort - b.remotePort || (a.state < b.state ? -1 : 1),
  );
  return (
    rows.map(({ localPort, remotePort, state }) => `${localPort}-${remotePort}:${state}`).join(' ') || 'none'
  );
}

/** Runs one scenario on our own TCP. */
export function runOnHosts(scenario: Scenario): Run {
  const stage = new Stage(scenario);
  const results = stage.run(scenario.steps);
  return { results, timesUs: stage.timesUs, lines: transcribe(stage.frames, LinkType.raw) };
}
