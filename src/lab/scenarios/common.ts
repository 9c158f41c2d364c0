import { HOST_PROFILES, type Host, Option } from '../../host/index.ts';
import type { Link, LinkOptions } from '../../link/index.ts';
import type { TcpConfig } from '../../tcp/config.ts';
import type { Lab } from '../lab.ts';
import type { LabSocket, Os, Process } from '../process.ts';
import { amount, type ChoiceParameter, choice, type NumberParameter } from '../values.ts';

export const PORT = 8080;
export const SECOND = 1_000_000;
/** The client's port where a scenario uses one four-tuple twice. */
export const FIXED_PORT = 40_000;

export const RTT: NumberParameter = amount(20, 0.1, 2_000, 'ms', 'round trip between the two hosts');
export const LOSS: NumberParameter = amount(0, 0, 0.05, '', 'share of packets that the path loses');
export const PROFILE: ChoiceParameter<'linux' | 'rfc' | 'freebsd'> = choice(
  ['linux', 'rfc', 'freebsd'],
  'whose TCP both hosts have',
);

export interface PairOptions {
  readonly rtt: number;
  readonly profile?: 'linux' | 'rfc' | 'freebsd';
  readonly client?: Partial<TcpConfig>;
  readonly server?: Partial<TcpConfig>;
  readonly link?: LinkOptions;
}

export interface Pair {
  readonly client: Host;
  readonly server: Host;
  readonly link: Link;
  /** Of the server, to connect to. */
  readonly address: string;
}

/** A client and a server with one link between them, both captured. */
export function pair(lab: Lab, options: PairOptions): Pair {
  const name = options.profile ?? 'linux';
  const profile = HOST_PROFILES[name];
  const client = lab.host('client', { profile, config: options.client ?? {} });
  const server = lab.host('server', { profile, config: options.server ?? {} });
  const link = lab.join(client, server, us(options.rtt), options.link);
  lab.watch(client, server);
  lab.mslUs = name === 'rfc' ? 120 * SECOND : 30 * SECOND;
  return { client, server, link, address: lab.addressOf(server) };
}

/** Milliseconds as whole microseconds. */
export function us(milliseconds: number): number {
  return Math.round(milliseconds * 1_000);
}

/** When a first exchange is over and all is quiet: the connection is closed then. */
export function settledUs(rttMs: number): number {
  return SECOND + 4 * us(rttMs);
}

/** A listening socket on the port of the lab's servers. */
export function listen(os: Os, backlog: number = 128, family: 4 | 6 = 4): LabSocket {
  const listener = os.socket(family);
  listener.setOption(Option.reuseAddress, 1);
  listener.bind(family === 4 ? '0.0.0.0' : '::', PORT);
  listener.listen(backlog);
  return listener;
}

/** The next connection; a server of the lab does not go on without one. */
export function* acceptOne(listener: LabSocket): Process<LabSocket> {
  const accepted = yield* listener.accept();
  if (typeof accepted === 'number') throw new Error(`accept failed: ${accepted}`);
  return accepted;
}

/** The next connection, whose first request has been answered. */
export function* answerOne(listener: LabSocket): Process<LabSocket> {
  const connection = yield* acceptOne(listener);
  yield* connection.recv();
  yield* connection.send('the answer');
  return connection;
}

/** Connects and has one request answered. */
export function* ask(socket: LabSocket, address: string): Process {
  yield* socket.connect(address, PORT);
  yield* socket.send('a request');
  yield* socket.recv();
}

/** A socket that is bound to the one client port on which a scenario makes several connections. */
export function bound(os: Os): LabSocket {
  const socket = os.socket();
  socket.setOption(Option.reuseAddress, 1);
  socket.bind('0.0.0.0', FIXED_PORT);
  return socket;
}

/** Reads until so many bytes have come; fewer where the connection ended before. */
export function* receive(socket: LabSocket, bytes: number): Process<number> {
  let got = 0;
  while (got < bytes) {
    const n = yield* socket.recv();
    if (n <= 0) break;
    got += n;
  }
  return got;
}

export function text(bytes: number, letter: string = '.'): Uint8Array {
  return new Uint8Array(bytes).fill(letter.charCodeAt(0));
}
