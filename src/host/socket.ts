import { State } from '../states/index.ts';
import { abort, close, shutdown, userReceive, userSend } from '../tcp/calls.ts';
import { Errno } from '../tcp/errno.ts';
import { OFF, Timer } from '../tcp/tcb.ts';
import { formatAddress } from '../wire/index.ts';
import { bindSocket, listenSocket } from './bind.ts';
import { connectSocket } from './connect.ts';
import type { Connection } from './connection.ts';
import type { Host } from './host.ts';
import { tcpInfo } from './info.ts';
import type { Listener } from './listener.ts';
import type { Option, Shut, TcpInfo } from './options.ts';
import { readiness } from './readiness.ts';
import { getOption, setOption } from './socket-options.ts';

/**
 * A stream socket. Calls never wait: they return a number >= 0, or `-errno`, -EAGAIN and -EINPROGRESS among them. They happen at
 * `host.now`.
 */
export class Socket {
  readonly host: Host;
  readonly family: 4 | 6;
  /** Who owns it, for `host.sockets()`. */
  owner: string = '';
  /** Called after readiness may have changed, when the host is done with what it processes. */
  onEvent: ((socket: Socket) => void) | null = null;

  /** For src/host only, as are all fields below. Null: closed. */
  tcb: Connection | null;
  listener: Listener | null = null;
  eventPending: boolean = false;
  /** connect was called and has not told its outcome. */
  connecting: boolean = false;
  bindAddressNoPort: boolean = false;
  v6Only: boolean = false;
  lingersOn: Connection | null = null;

  constructor(host: Host, family: 4 | 6, tcb: Connection) {
    this.host = host;
    this.family = family;
    this.tcb = tcb;
    tcb.socket = this;
  }

  /**
   * After close with SO_LINGER and time: our FIN is not acknowledged yet and the time is not over, so a close that waits would
   * wait still. `onEvent` is called when that changes.
   */
  get lingering(): boolean {
    const tcb = this.lingersOn;
    if (tcb === null || tcb.lingerer !== this || tcb.gone) return false;
    return !tcb.finAcked && tcb.timers[Timer.linger] !== OFF;
  }

  get closed(): boolean {
    return this.tcb === null;
  }

  /** The connection's state; `State.closed` once the connection is over for this socket, even while a TIME-WAIT remains. */
  get state(): State {
    const tcb = this.tcb;
    return tcb === null || tcb.gone ? State.closed : tcb.state;
  }

  get localAddress(): string {
    return this.tcb === null ? '' : this.#format(this.tcb, this.tcb.local);
  }

  get localPort(): number {
    return this.tcb?.localPort ?? 0;
  }

  get remoteAddress(): string {
    return this.tcb === null || this.tcb.remotePort === 0 ? '' : this.#format(this.tcb, this.tcb.remote);
  }

  get remotePort(): number {
    return this.tcb?.remotePort ?? 0;
  }

  /** Address `0.0.0.0`, `::` or '' for any; port 0: the host chooses. */
  bind(address: string, port: number): number {
    return this.tcb === null ? -Errno.EBADF : bindSocket(this, this.tcb, address, port);
  }

  listen(backlog: number = 128): number {
    return this.tcb === null ? -Errno.EBADF : listenSocket(this, this.tcb, backlog);
  }

  /** -EINPROGRESS where the SYN is on its way; readiness or a second call tell the outcome. */
  connect(address: string, port: number): number {
    if (this.tcb === null) return -Errno.EBADF;
    const result = connectSocket(this, this.tcb, address, port);
    this.host.settle();
    return result;
  }

  /** The next connection of the accept queue, or -EAGAIN. */
  accept(): Socket | number {
    if (this.tcb === null) return -Errno.EBADF;
    return this.listener === null ? -Errno.EINVAL : this.listener.accept();
  }

  send(bytes: Uint8Array, flags: number = 0): number {
    return this.sendFrom(bytes, 0, bytes.length, flags);
  }

  /** Bytes taken, or -errno. */
  sendFrom(bytes: Uint8Array, offset: number, length: number, flags: number = 0): number {
    const tcb = this.tcb;
    if (tcb === null) return -Errno.EBADF;
    if (!tcb.wasOpen && tcb.state === State.closed && tcb.error === 0) return -Errno.EPIPE;
    if (this.listener !== null) return -Errno.EPIPE;
    const taken = userSend(this.host, tcb, bytes, offset, length, flags);
    this.host.settle();
    return taken;
  }

  recv(target: Uint8Array, flags: number = 0): number {
    return this.recvInto(target, 0, target.length, flags);
  }

  /** Bytes read; 0 once the peer has closed and all is read; or -errno. */
  recvInto(target: Uint8Array, offset: number, length: number, flags: number = 0): number {
    const tcb = this.tcb;
    if (tcb === null) return -Errno.EBADF;
    if (this.listener !== null) return -Errno.ENOTCONN;
    if (tcb.state === State.closed && !tcb.gone && tcb.error === 0) return -Errno.ENOTCONN;
    const read = userReceive(this.host, tcb, target, offset, length, flags);
    this.host.settle();
    return read;
  }

  shutdown(how: Shut): number {
    const tcb = this.tcb;
    if (tcb === null) return -Errno.EBADF;
    if (this.listener !== null) return this.listener.shutdown(how);
    if (tcb.gone || tcb.state === State.closed) return -Errno.ENOTCONN;
    const result = shutdown(this.host, tcb, how);
    this.host.markEvent(this);
    this.host.settle();
    return result;
  }

  /** The socket is gone afterwards; the connection goes on closing by itself. */
  close(): number {
    const tcb = this.tcb;
    if (tcb === null) return -Errno.EBADF;
    if (this.listener !== null) this.listener.close();
    else close(this.host, tcb);
    this.host.detach(this, tcb);
    this.host.settle();
    return 0;
  }

  /** close with an RST, whatever SO_LINGER says. */
  abort(): number {
    const tcb = this.tcb;
    if (tcb === null) return -Errno.EBADF;
    if (this.listener !== null) this.listener.close();
    else abort(this.host, tcb);
    this.host.detach(this, tcb);
    this.host.settle();
    return 0;
  }

  /** sockatmark(3): the next octet to read is the one that the urgent mark is at. */
  atMark(): boolean {
    return this.tcb?.receive.atMark ?? false;
  }

  setOption(option: Option, value: number): number {
    if (this.tcb === null) return -Errno.EBADF;
    const result = setOption(this, this.tcb, option, value);
    this.host.settle();
    return result;
  }

  getOption(option: Option): number {
    return this.tcb === null ? -Errno.EBADF : getOption(this, this.tcb, option);
  }

  /** IPv4 only: packets go by way of these addresses (RFC 791 3.1, loose source route); none: directly. */
  setSourceRoute(hops: readonly string[]): number {
    if (this.tcb === null) return -Errno.EBADF;
    return this.host.sourceRoutes?.choose(this.tcb, hops) ?? -Errno.ENOPROTOOPT;
  }

  info(): TcpInfo {
    return tcpInfo(this.host, this.tcb, this.state);
  }

  /** FIONREAD: bytes received and not read; they stay when the connection is over. */
  get unread(): number {
    if (this.listener !== null || this.tcb === null) return 0;
    const { receive, urgentInline } = this.tcb;
    return urgentInline ? receive.readable : receive.beforeUrgent;
  }

  /** `Poll` bits that hold now. */
  poll(): number {
    return readiness(this);
  }

  #format(tcb: Connection, words: Int32Array): string {
    const text = formatAddress(tcb.family, words);
    if (this.family === tcb.family) return text;
    // A socket of IPv6 with an IPv4 peer, or none yet.
    return tcb.localIndex < 0 && tcb.remotePort === 0 ? '::' : `::ffff:${text}`;
  }
}
