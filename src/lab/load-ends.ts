import { Option, type Socket } from '../host/index.ts';
import { Errno, errnoName } from '../tcp/errno.ts';
import type { Load } from './load.ts';

/** The byte that stands for an exchange, in both directions. */
function letterOf(id: number): number {
  return (Math.imul(id, 0x9e3779b1) >>> 24) & 0xff;
}

/** How many of these bytes are not those of the exchange. */
function countForeign(bytes: Uint8Array, length: number, letter: number): number {
  let foreign = 0;
  for (let i = 0; i < length; i++) if (bytes[i] !== letter) foreign++;
  return foreign;
}

function isReset(result: number): boolean {
  return result === -Errno.ECONNRESET || result === -Errno.EPIPE;
}

/** One connection of a load, at the end that asks. */
export class ClientEnd {
  private readonly load: Load;
  private number: number;
  private readonly socket: Socket;
  private exchanges = 0;
  private letter = 0;
  private connected = false;
  private got = 0;
  private waiting = false;
  private over = false;
  private source = '';
  private destination = '';

  constructor(load: Load, number: number) {
    this.load = load;
    this.number = number;
    this.socket = load.client.socket();
  }

  open(): void {
    const { load, socket } = this;
    const { work } = load;
    this.source = work.sources[this.number % work.sources.length]!;
    if (work.reuseAddress) socket.setOption(Option.reuseAddress, 1);
    if (work.sources.length > 1) {
      socket.setOption(Option.bindAddressNoPort, 1);
      socket.bind(this.source, 0);
    }
    if (work.lingerZero && work.closer === 'client') socket.setOption(Option.linger, 0);
    this.connect(this.number);
  }

  /** Once more after a failure that left the socket as it was. */
  connect(number: number): void {
    const { load, socket } = this;
    const { destinations, port, sources } = load.work;
    this.number = number;
    this.destination = destinations[number % destinations.length]!;
    const result = socket.connect(this.destination, port);
    if (result === -Errno.EADDRNOTAVAIL && sources.length === 1) {
      load.tally.fail('EADDRNOTAVAIL', load.second);
      load.spare = this;
    } else if (result < 0 && result !== -Errno.EINPROGRESS) this.fail(result);
    else {
      this.waiting = true;
      load.tally.connections++;
      socket.onEvent = this.onEvent;
      this.arm();
    }
  }

  /** The next exchange on the same connection. */
  ask(): void {
    const { load, socket } = this;
    this.exchanges++;
    this.got = 0;
    this.waiting = true;
    this.letter = letterOf(this.number * 31 + this.exchanges);
    load.serving.get(this.source)![socket.localPort] = this.letter;
    load.request.fill(this.letter);
    const sent = socket.send(load.request);
    if (sent < 0) {
      this.fail(sent);
      return;
    }
    load.tally.bytesLost += sent;
    if (this.exchanges > 1) this.arm();
  }

  private readonly onEvent = (): void => {
    if (this.over) return;
    if (!this.connected && !this.isOpen()) return;
    this.read();
  };

  private isOpen(): boolean {
    const { socket, load } = this;
    const result = socket.connect(this.destination, load.work.port);
    if (result === -Errno.EALREADY || result === -Errno.EINPROGRESS) return false;
    if (result < 0 && result !== -Errno.EISCONN) {
      this.fail(result);
      return false;
    }
    this.connected = true;
    this.ask();
    return !this.over;
  }

  private read(): void {
    const { load, socket } = this;
    for (;;) {
      const n = socket.recvInto(load.buffer, 0, load.buffer.length);
      if (n === -Errno.EAGAIN) return;
      if (n < 0) {
        if (isReset(n)) load.tally.resets++;
        if (this.waiting) this.fail(n);
        else this.end();
        return;
      }
      if (n === 0) {
        if (this.waiting) this.fail(0);
        else this.end();
        return;
      }
      this.take(n);
      if (this.over) return;
    }
  }

  private take(n: number): void {
    const { load } = this;
    const foreign = countForeign(load.buffer, n, this.letter);
    if (foreign > 0) {
      load.tally.oldBytes += foreign;
      load.tally.oldReads++;
    }
    load.tally.bytesLost -= n;
    this.got += n;
    if (this.waiting && this.got >= load.work.answerBytes) this.answered();
  }

  private answered(): void {
    const { load } = this;
    const { work } = load;
    this.waiting = false;
    load.tally.ok(load.second);
    const isLast = this.exchanges >= work.exchangesPerConnection;
    if (!isLast) load.idle.push(this);
    else if (work.closer === 'client') {
      if (work.lifetimeUs === 0) this.end();
      else load.network.after(work.lifetimeUs, () => this.end());
    }
  }

  /** A deadline for the exchange that was just begun. */
  private arm(): void {
    const { load, exchanges } = this;
    if (load.work.timeoutUs === Number.POSITIVE_INFINITY) return;
    load.network.after(load.work.timeoutUs, () => {
      const same = this.exchanges === exchanges || (exchanges === 0 && this.exchanges <= 1);
      if (this.waiting && !this.over && same) this.fail(-Errno.ETIMEDOUT);
    });
  }

  private fail(error: number): void {
    const { tally, second } = this.load;
    this.waiting = false;
    tally.fail(error === 0 ? 'EOF' : errnoName(error), second);
    this.end();
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    this.socket.onEvent = null;
    const at = this.load.idle.indexOf(this);
    if (at >= 0) this.load.idle.splice(at, 1);
    this.socket.close();
  }
}

/** The same connection at the end that answers. */
export class ServerEnd {
  private readonly load: Load;
  private readonly socket: Socket;
  private readonly letters: Int32Array;
  private readonly port: number;
  private got = 0;
  private answers = 0;
  private over = false;

  constructor(load: Load, socket: Socket) {
    this.load = load;
    this.socket = socket;
    const { sources } = load.work;
    const source = sources.length === 1 ? sources[0]! : socket.remoteAddress;
    this.letters = load.serving.get(source)!;
    this.port = socket.remotePort;
  }

  begin(): void {
    const { load, socket } = this;
    if (load.work.lingerZero && load.work.closer === 'server') socket.setOption(Option.linger, 0);
    socket.onEvent = this.onEvent;
    this.onEvent();
  }

  private readonly onEvent = (): void => {
    const { load, socket } = this;
    while (!this.over) {
      const n = socket.recvInto(load.buffer, 0, load.buffer.length);
      if (n === -Errno.EAGAIN) return;
      if (n <= 0) {
        if (isReset(n)) load.tally.resets++;
        this.end();
        return;
      }
      this.take(n);
    }
  };

  private take(n: number): void {
    const { load, letters, port } = this;
    const foreign = countForeign(load.buffer, n, letters[port]!);
    if (foreign > 0) {
      load.tally.oldBytes += foreign;
      load.tally.oldReads++;
    }
    load.tally.bytesLost -= n;
    this.got += n;
    while (!this.over && this.got >= load.work.requestBytes) {
      this.got -= load.work.requestBytes;
      this.reply();
    }
  }

  private reply(): void {
    const { load, socket, letters, port } = this;
    const { work } = load;
    load.answer.fill(letters[port]!);
    const sent = socket.send(load.answer);
    if (sent < 0) {
      this.end();
      return;
    }
    load.tally.bytesLost += sent;
    this.answers++;
    if (work.closer !== 'server' || this.answers < work.exchangesPerConnection) return;
    if (work.lifetimeUs === 0) this.end();
    else load.network.after(work.lifetimeUs, () => this.end());
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    this.socket.onEvent = null;
    this.socket.close();
  }
}
