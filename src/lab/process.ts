import { disconnect, type Host, Option, requireSignature, type Socket } from '../host/index.ts';
import type { Network } from '../link/index.ts';
import { Errno, errnoName } from '../tcp/errno.ts';

/** What a suspended application waits for: a socket's readiness, a time, or both, whichever comes first. */
export interface Wait {
  readonly socket: Socket | null;
  readonly untilUs: number;
}

/** An application: a generator that is suspended while a call blocks. */
export type Process<Result = void> = Generator<Wait, Result, undefined>;

/** One system call as `strace` would show it; `endUs` is -1 while it blocks. */
export interface CallRecord {
  readonly host: string;
  readonly process: string;
  /** Counted per process from 3 on, as descriptors are. */
  readonly descriptor: number;
  readonly call: string;
  readonly startUs: number;
  endUs: number;
  /** What the call returned: >= 0, or a negative error number. */
  result: number;
  /** `ECONNRESET`, or null where it succeeded. */
  error: string | null;
  /** The result in words: `11 B "HTTP/1.1 20"`, `EOF`, `0`. */
  shows: string;
}

const FOREVER = Number.POSITIVE_INFINITY;
const CHUNK = 16_384;
const SHOWN_BYTES = 24;

const encoder = new TextEncoder();

/** Runs applications on the hosts of one network, and keeps what each of their calls returned. */
export class Applications {
  readonly network: Network;
  readonly calls: CallRecord[] = [];
  /** Later calls are counted only, so that a long run stays bounded. */
  private readonly limit: number;
  omitted = 0;
  private readonly programs: Program[] = [];

  constructor(network: Network, limit: number = 2_000) {
    this.network = network;
    this.limit = limit;
  }

  /** Starts a program with one thread at a time of the virtual clock. */
  start(host: Host, name: string, main: (os: Os) => Process, atUs: number): Program {
    const program = new Program(this, host, name);
    this.programs.push(program);
    this.network.at(Math.max(atUs, this.network.now), () => program.spawn(main));
    return program;
  }

  /** The host lost power: its programs are gone without a last call. */
  crash(host: Host): void {
    for (const program of this.programs) if (program.host === host) program.die();
  }

  record(call: CallRecord): CallRecord {
    if (this.calls.length < this.limit) this.calls.push(call);
    else this.omitted++;
    return call;
  }

  /** Calls that still wait. */
  blocked(): readonly CallRecord[] {
    return this.calls.filter((call) => call.endUs < 0);
  }
}

/** One program: threads that share descriptors. When the last thread ends, what is still open is closed, as at exit. */
export class Program {
  readonly applications: Applications;
  readonly host: Host;
  readonly name: string;
  readonly os: Os;
  alive = true;
  private started = false;
  private threads = 0;
  private nextDescriptor = 3;
  private readonly open = new Set<LabSocket>();

  constructor(applications: Applications, host: Host, name: string) {
    this.applications = applications;
    this.host = host;
    this.name = name;
    this.os = new Os(this);
  }

  spawn(main: (os: Os) => Process): void {
    if (!this.alive) return;
    this.started = true;
    this.threads++;
    new Thread(this, main(this.os)).resume();
  }

  threadEnded(): void {
    if (--this.threads === 0 && this.alive) this.exit();
  }

  /** The program ends (or is killed): the kernel closes its sockets. */
  exit(): void {
    this.alive = false;
    for (const socket of [...this.open]) socket.close();
  }

  /** SIGKILL: the program makes no more calls, and the kernel closes its sockets. */
  kill(): void {
    this.alive = false;
    for (const socket of [...this.open]) socket.reap();
  }

  /** The host is gone; a program that has yet to start will find the host booted again. */
  die(): void {
    if (!this.started) return;
    this.alive = false;
    this.open.clear();
  }

  adopt(raw: Socket): LabSocket {
    raw.owner = this.name;
    const socket = new LabSocket(this, raw, this.nextDescriptor++);
    this.open.add(socket);
    return socket;
  }

  forget(socket: LabSocket): void {
    this.open.delete(socket);
  }
}

class Thread {
  private readonly program: Program;
  private readonly steps: Process;
  /** Waits that ended early leave their alarm behind: it counts only if the number is still the same. */
  private turn = 0;

  constructor(program: Program, steps: Process) {
    this.program = program;
    this.steps = steps;
  }

  readonly resume = (): void => {
    const { program } = this;
    if (!program.alive) return;
    this.turn++;
    const { network } = program.applications;
    program.host.at(network.now);
    const step = this.steps.next();
    if (step.done) program.threadEnded();
    else this.wait(step.value);
  };

  private wait({ socket, untilUs }: Wait): void {
    const { network } = this.program.applications;
    const turn = this.turn;
    const wake = (): void => {
      if (this.turn !== turn) return;
      if (socket !== null) socket.onEvent = null;
      this.resume();
    };
    // Readiness comes out of the host's own call; the application runs after it.
    if (socket !== null) socket.onEvent = () => network.at(network.now, wake);
    if (untilUs < FOREVER) network.at(untilUs, wake);
  }
}

/** The system calls of one program. */
export class Os {
  private readonly program: Program;

  constructor(program: Program) {
    this.program = program;
  }

  get now(): number {
    return this.program.applications.network.now;
  }

  get host(): Host {
    return this.program.host;
  }

  socket(family?: 4 | 6): LabSocket {
    return this.program.adopt(this.program.host.socket(family));
  }

  /** Another thread of the same program. */
  spawn(main: (os: Os) => Process): void {
    this.program.spawn(main);
  }

  *sleep(us: number): Process {
    yield { socket: null, untilUs: this.now + us };
  }

  *sleepUntil(us: number): Process {
    if (us > this.now) yield { socket: null, untilUs: us };
  }

  /** Never returns: a program that holds its sockets and does nothing. */
  *pause(): Process {
    for (;;) yield { socket: null, untilUs: FOREVER };
  }
}

/** A socket as a blocking program has it. Every call is recorded with its result and the time it took. */
export class LabSocket {
  readonly raw: Socket;
  readonly descriptor: number;
  /** Calls are not recorded: for the stretches of a run that nobody wants to read. */
  quiet: boolean = false;
  /** Of all calls together. */
  bytesRead: number = 0;
  /** What the last `recv` got. */
  received: Uint8Array = new Uint8Array(0);
  private readonly program: Program;
  private readonly buffer = new Uint8Array(65_536);
  private closed = false;

  constructor(program: Program, raw: Socket, descriptor: number) {
    this.program = program;
    this.raw = raw;
    this.descriptor = descriptor;
  }

  bind(address: string, port: number): number {
    return this.returned(this.begin('bind', `${address}:${port}`), this.raw.bind(address, port));
  }

  listen(backlog: number): number {
    return this.returned(this.begin('listen', `${backlog}`), this.raw.listen(backlog));
  }

  setOption(option: Option, value: number): number {
    const call = this.begin('setsockopt', `${optionName(option)}, ${value}`);
    return this.returned(call, this.raw.setOption(option, value));
  }

  /** 0 or a negative error number. */
  *connect(address: string, port: number): Process<number> {
    const call = this.begin('connect', `${address}:${port}`);
    let result = this.raw.connect(address, port);
    // Within one host the answer is there before the call returns, and no event tells of it.
    if (result === -Errno.EINPROGRESS) result = this.raw.connect(address, port);
    while (result === -Errno.EINPROGRESS || result === -Errno.EALREADY) {
      yield { socket: this.raw, untilUs: FOREVER };
      result = this.raw.connect(address, port);
    }
    return this.returned(call, result === -Errno.EISCONN ? 0 : result);
  }

  *accept(): Process<LabSocket | number> {
    const call = this.begin('accept');
    for (;;) {
      const result = this.raw.accept();
      if (typeof result !== 'number') {
        const socket = this.program.adopt(result);
        this.returned(
          call,
          socket.descriptor,
          `${socket.descriptor} (${result.remoteAddress}:${result.remotePort})`,
        );
        return socket;
      }
      if (result !== -Errno.EAGAIN) return this.returned(call, result);
      yield { socket: this.raw, untilUs: FOREVER };
    }
  }

  /** Sends all of it, waiting for room; the bytes that the kernel took, or a negative error number if it took none. */
  *send(data: string | Uint8Array): Process<number> {
    const bytes = typeof data === 'string' ? encoder.encode(data) : data;
    const call = this.begin('send', `${describeBytes(bytes)}`);
    let sent = 0;
    while (sent < bytes.length) {
      const result = this.raw.sendFrom(bytes, sent, Math.min(CHUNK, bytes.length - sent));
      if (result >= 0) sent += result;
      else if (result !== -Errno.EAGAIN) return this.returned(call, sent > 0 ? sent : result);
      else yield { socket: this.raw, untilUs: FOREVER };
    }
    return this.returned(call, sent);
  }

  /** What fits into the send buffer now. */
  sendNow(data: Uint8Array): number {
    let sent = 0;
    let result = 0;
    const call = this.begin('send', `${data.length} B, MSG_DONTWAIT`);
    while (sent < data.length && result >= 0) {
      result = this.raw.sendFrom(data, sent, data.length - sent);
      if (result > 0) sent += result;
      if (result === 0) break;
    }
    return this.returned(call, sent > 0 ? sent : result);
  }

  /** Bytes read (they are in `received`), 0 at EOF, or a negative error number. `forUs`: SO_RCVTIMEO. */
  *recv(most: number = 65_536, forUs: number = FOREVER): Process<number> {
    const call = this.begin('recv', `${most}`);
    const untilUs = this.program.os.now + forUs;
    for (;;) {
      const result = this.raw.recvInto(this.buffer, 0, Math.min(most, this.buffer.length));
      if (result !== -Errno.EAGAIN || this.program.os.now >= untilUs) {
        this.received = this.buffer.slice(0, Math.max(0, result));
        this.bytesRead += this.received.length;
        const shows = result > 0 ? describeBytes(this.received) : result === 0 ? '0 (EOF)' : undefined;
        return this.returned(call, result, shows);
      }
      yield { socket: this.raw, untilUs };
    }
  }

  /** Reads until EOF (0) or an error (negative); `bytesRead` has the sum. The calls in between are one record. */
  *drain(): Process<number> {
    const call = this.begin('recv', 'until EOF');
    const before = this.bytesRead;
    for (;;) {
      const result = this.raw.recvInto(this.buffer, 0, this.buffer.length);
      if (result > 0) this.bytesRead += result;
      else if (result === -Errno.EAGAIN) yield { socket: this.raw, untilUs: FOREVER };
      else {
        const end = result === 0 ? 'EOF' : `-1 ${errnoName(result)}`;
        return this.returned(call, result, `${this.bytesRead - before} B, then ${end}`);
      }
    }
  }

  /** `how`: 0 reading, 1 writing, 2 both. */
  shutdown(how: 0 | 1 | 2): number {
    const name = ['SHUT_RD', 'SHUT_WR', 'SHUT_RDWR'][how]!;
    return this.returned(this.begin('shutdown', `${name}`), this.raw.shutdown(how));
  }

  close(): number {
    if (this.closed) return -Errno.EBADF;
    this.closed = true;
    this.program.forget(this);
    this.raw.onEvent = null;
    return this.returned(this.begin('close'), this.raw.close());
  }

  /** close() of a socket with SO_LINGER and time: it waits for the ACK of the FIN, at most that long. */
  *closeLingering(): Process<number> {
    if (this.closed) return -Errno.EBADF;
    const call = this.begin('close');
    this.closed = true;
    this.program.forget(this);
    const result = this.raw.close();
    while (this.raw.lingering) yield { socket: this.raw, untilUs: FOREVER };
    return this.returned(call, result);
  }

  /** TCP_MD5SIG with a key that no peer has. */
  requireSignature(): void {
    requireSignature(this.raw);
    this.returned(this.begin('setsockopt', 'TCP_MD5SIG'), 0);
  }

  /** connect() with AF_UNSPEC. */
  disconnect(): number {
    return this.returned(this.begin('connect', 'AF_UNSPEC'), disconnect(this.raw));
  }

  /** The kernel closes it for a program that is no more. */
  reap(): void {
    this.closed = true;
    this.program.forget(this);
    this.raw.onEvent = null;
    this.raw.close();
  }

  private begin(name: string, args: string = ''): CallRecord {
    const { applications, host, name: process, os } = this.program;
    const record: CallRecord = {
      host: host.name,
      process,
      descriptor: this.descriptor,
      call: `${name}(${this.descriptor}${args === '' ? '' : `, ${args}`})`,
      startUs: os.now,
      endUs: -1,
      result: 0,
      error: null,
      shows: '',
    };
    return this.quiet ? record : applications.record(record);
  }

  private returned(call: CallRecord, result: number, shows?: string): number {
    call.endUs = this.program.os.now;
    call.result = result;
    call.error = result < 0 ? errnoName(result) : null;
    call.shows = shows ?? (result < 0 ? `-1 ${call.error}` : String(result));
    return result;
  }
}

/** As Linux calls them where the scenarios use them. */
const OPTION_NAMES: ReadonlyMap<Option, string> = new Map<Option, string>([
  [Option.reuseAddress, 'SO_REUSEADDR'],
  [Option.reusePort, 'SO_REUSEPORT'],
  [Option.keepAlive, 'SO_KEEPALIVE'],
  [Option.keepAliveIdle, 'TCP_KEEPIDLE'],
  [Option.keepAliveInterval, 'TCP_KEEPINTVL'],
  [Option.keepAliveCount, 'TCP_KEEPCNT'],
  [Option.linger, 'SO_LINGER'],
  [Option.linger2, 'TCP_LINGER2'],
  [Option.noDelay, 'TCP_NODELAY'],
  [Option.userTimeout, 'TCP_USER_TIMEOUT'],
  [Option.bindAddressNoPort, 'IP_BIND_ADDRESS_NO_PORT'],
  [Option.deferAccept, 'TCP_DEFER_ACCEPT'],
]);

function optionName(option: Option): string {
  return OPTION_NAMES.get(option) ?? `option ${option}`;
}

/** `11 B "HTTP/1.1 20"`; bytes that are no text are counted only. */
export function describeBytes(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, SHOWN_BYTES);
  if (bytes.length === 0 || !shown.every((b) => b >= 0x20 && b < 0x7f)) return `${bytes.length} B`;
  const text = String.fromCharCode(...shown);
  return `${bytes.length} B "${text}${bytes.length > SHOWN_BYTES ? '...' : ''}"`;
}
