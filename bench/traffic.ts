import * as endings from '../scripts/traffic/endings.ts';
import { Host } from '../scripts/traffic/host.ts';
import { ACK, PSH, Talk, type TalkOptions, type TalkSink } from '../scripts/traffic/talk.ts';
import { seededRandom } from '../test/support/captures.ts';
import { Bodies } from './bodies.ts';

const MSS = 1_448;
const IP6_PERCENT = 15;
const CLIENTS = 4_000;
const SERVERS = 240;
const PORTS = [80, 443, 443, 443, 8080, 5432, 3306, 6379, 9092, 50051];

type Random = (bound: number) => number;
type Play = (talk: Talk, traffic: Traffic) => void;

interface Kind {
  /** Share of all connections, in thousandths. */
  readonly share: number;
  readonly play: Play;
}

/** Exchanges first, then the ending. */
function after(ending: Play): Play {
  return (talk, traffic) => {
    traffic.converse(talk);
    ending(talk, traffic);
  };
}

const KINDS: readonly Kind[] = [
  { share: 150, play: after((t, r) => endings.fourSegments(t, 'client', r.between(300, 4_000))) },
  { share: 130, play: after((t, r) => endings.fourSegments(t, 'server', r.between(300, 4_000))) },
  { share: 120, play: after((t) => endings.threeSegments(t, 'client')) },
  { share: 90, play: after((t) => endings.threeSegments(t, 'server')) },
  { share: 20, play: after((t) => endings.simultaneous(t)) },
  { share: 30, play: after((t, r) => endings.halfClose(t, r.request())) },
  { share: 50, play: after((t) => endings.abort(t, 'client')) },
  { share: 30, play: after((t) => endings.abort(t, 'server')) },
  { share: 30, play: after((t, r) => endings.unreadUpload(t, r.upload(), MSS)) },
  { share: 30, play: after((t, r) => endings.keepaliveRace(t.wait(5_000_000), r.request())) },
  { share: 30, play: after((t, r) => endings.stalePool(t.wait(2_000_000), r.request(), 3_000_000)) },
  { share: 40, play: endings.portClosed },
  { share: 30, play: (t) => endings.filtered(t, 3) },
  { share: 15, play: (t, r) => endings.prohibited(t, r.router) },
  { share: 20, play: after((t) => endings.lastAckLost(t)) },
  { share: 15, play: after((t) => endings.finLost(t)) },
  { share: 15, play: after((t) => endings.closeWait(t)) },
  { share: 20, play: after((t, r) => endings.silence(t, r.request(), 5)) },
  { share: 15, play: after((t, r) => endings.silence(t.wait(20_000_000), r.request(), 4)) },
  { share: 20, play: after((t) => endings.keepaliveProbes(t, 3, 5_000_000)) },
  { share: 40, play: (t) => endings.probeOpenPort(t) },
  { share: 20, play: endings.healthCheck },
  { share: 40, play: (t, r) => r.again(t) },
];

/** A mixed population of connections that begin at a constant mean rate; the same seed gives the same packets. */
export class Traffic {
  readonly router: Host;
  private readonly random: Random;
  private readonly clients: Host[];
  private readonly servers: Host[];
  private readonly sink: TalkSink;
  private readonly bodies: Bodies = new Bodies();
  private options: TalkOptions | null = null;
  private count: number = 0;

  constructor(seed: number, sink: TalkSink) {
    this.random = seededRandom(seed);
    this.sink = sink;
    this.clients = this.hosts(CLIENTS, 0x0a000000);
    this.servers = this.hosts(SERVERS, 0xc6330000 | 0);
    this.router = this.host(0xcb007100 | 0, 1, 4);
  }

  /** Connections begun so far, those on a four-tuple used before included. */
  get connections(): number {
    return this.count;
  }

  private get port(): number {
    return this.options!.serverPort;
  }

  /** A whole connection that begins at `atUs`. */
  connection(atUs: number): void {
    const options = this.pick(atUs);
    this.options = options;
    this.count++;
    let share = this.random(1_000);
    const kind = KINDS.find((k) => {
      share -= k.share;
      return share < 0;
    })!;
    kind.play(new Talk(this.sink, options), this);
  }

  between(low: number, high: number): number {
    return low + this.random(high - low);
  }

  request(): Uint8Array {
    return this.bodies.request(this.port, this.between(70, 900));
  }

  /** Most are small, some are pages, few are files. */
  response(): Uint8Array {
    const size = this.random(1_000);
    if (size < 740) return this.bodies.response(this.port, this.between(90, 1_200));
    if (size < 992) return this.bodies.response(this.port, this.between(1_200, 7_000));
    return this.bodies.response(this.port, this.between(40_000, 120_000));
  }

  upload(): Uint8Array {
    return this.bodies.response(this.port, this.between(3_000, 16_000));
  }

  /** The handshake and some exchanges. */
  converse(talk: Talk): void {
    talk.handshake();
    const size = this.random(100);
    const exchanges = size < 30 ? 1 : size < 65 ? this.between(2, 5) : this.between(5, 16);
    for (let i = 0; i < exchanges; i++) {
      if (i > 0) talk.wait(this.between(1_000, 400_000));
      this.exchange(talk);
    }
    talk.wait(this.between(200, 30_000));
  }

  /** The same four-tuple is used again, some time after it was closed. */
  again(talk: Talk): void {
    this.converse(talk);
    endings.fourSegments(talk, this.random(2) === 0 ? 'client' : 'server');
    this.count++;
    const atUs = talk.atUs + this.between(1_500_000, 20_000_000);
    const next = new Talk(this.sink, { ...this.options!, atUs, incarnation: 1 });
    this.converse(next);
    endings.threeSegments(next, 'client');
  }

  private exchange(talk: Talk): void {
    talk.wait(this.between(50, 500)).c(PSH | ACK, { payload: this.request() });
    talk.awaitServer();
    if (this.random(2) === 0) talk.s(ACK);
    talk.wait(this.between(200, 60_000));
    const response = this.response();
    const trouble = response.length > 4 * MSS ? this.random(100) : 100;
    if (trouble < 6) this.loses(talk, response);
    else this.streams(talk, response, trouble < 10);
  }

  /** Full segments in bursts, each second one acknowledged; `reorders`: two of them change places. */
  private streams(talk: Talk, data: Uint8Array, reorders: boolean): void {
    let unacked = 0;
    for (let at = 0; at < data.length; at += MSS) {
      const payload = data.subarray(at, at + MSS);
      const last = at + MSS >= data.length;
      if (reorders && at === MSS) {
        const next = data.subarray(at + MSS, at + 2 * MSS);
        skip(talk, payload.length).s(ACK, { payload: next, lost: true });
        talk.wait(9).s(ACK, { payload, back: payload.length + next.length, fills: true });
        at += MSS;
      } else talk.wait(12).s(last ? PSH | ACK : ACK, { payload });
      if (++unacked === 2 || last) {
        talk.awaitClient().c(ACK);
        unacked = 0;
      }
    }
  }

  /** The third segment is lost behind the capture point: duplicate ACKs, then it comes again. */
  private loses(talk: Talk, data: Uint8Array): void {
    this.streams(talk, data.subarray(0, 2 * MSS), false);
    const tail = data.subarray(2 * MSS, 8 * MSS);
    for (let at = 0; at < tail.length; at += MSS)
      talk.wait(12).s(ACK, { payload: tail.subarray(at, at + MSS), lost: true });
    talk.awaitClient();
    for (let i = 0; i < 3; i++) talk.wait(15).c(ACK);
    talk.awaitServer().s(ACK, { payload: tail.subarray(0, MSS), back: tail.length, fills: true });
    talk.awaitClient().c(ACK);
    if (data.length > 8 * MSS) this.streams(talk, data.subarray(8 * MSS), false);
  }

  private pick(atUs: number): TalkOptions {
    const ip6 = this.random(100) < IP6_PERCENT;
    const client = this.one(this.clients, ip6);
    const server = this.one(this.servers, ip6);
    const nearClient = this.random(2) === 0;
    const roundTripUs = this.between(400, 60_000);
    return {
      atUs,
      client,
      clientPort: this.between(32_768, 61_000),
      server,
      serverPort: PORTS[this.random(PORTS.length)]!,
      serverSideUs: nearClient ? roundTripUs : this.between(30, 90),
      clientSideUs: nearClient ? this.between(30, 90) : roundTripUs,
      style: this.random(100) < 90 ? 'modern' : 'plain',
    };
  }

  private one(hosts: readonly Host[], ip6: boolean): Host {
    const ip6Hosts = Math.floor(hosts.length / 4);
    return ip6 ? hosts[this.random(ip6Hosts)]! : hosts[ip6Hosts + this.random(hosts.length - ip6Hosts)]!;
  }

  /** The first quarter of them has IPv6. */
  private hosts(count: number, network: number): Host[] {
    return Array.from({ length: count }, (_, i) => this.host(network, i, i < Math.floor(count / 4) ? 6 : 4));
  }

  private host(network: number, index: number, family: 4 | 6): Host {
    const words =
      family === 4 ? Int32Array.of(0, 0, 0, network + index) : Int32Array.of(0x20010db8, network, 0, index);
    const mac = Uint8Array.of(2, network >> 24, 0, 0, index >> 8, index);
    return new Host({ family, words }, mac, 64 - this.random(20));
  }
}

/** The sender's next segment leaves out `bytes`, which come later. */
function skip(talk: Talk, bytes: number): Talk {
  talk.server.next = (talk.server.next + bytes) | 0;
  return talk;
}
