import { State } from '../states/index.ts';
import { Errno } from '../tcp/errno.ts';
import { type IpAddress, parseAddress } from '../wire/index.ts';
import { Any, isUnicast, isUnspecified } from './addresses.ts';
import type { Connection } from './connection.ts';
import { firstFreePort, lastEphemeral } from './ephemeral.ts';
import type { Host } from './host.ts';
import { Listener } from './listener.ts';
import { type Claim, canShare, Hold } from './ports.ts';
import type { Socket } from './socket.ts';
import { TimeWaitFlag } from './time-wait.ts';

/** The last address asked for: a client that connects again and again says the same. */
let lastText = '';
let lastFamily = 0;
let lastAddress: IpAddress | null = null;

/** An address as a socket of a family takes it; null where it cannot. IPv4 comes to IPv6 sockets as ::ffff:a.b.c.d. */
export function addressFor(family: number, text: string): IpAddress | null {
  if (text !== lastText || family !== lastFamily) {
    lastAddress = readAddress(family, text);
    lastText = text;
    lastFamily = family;
  }
  return lastAddress;
}

function readAddress(family: number, text: string): IpAddress | null {
  const address = parseAddress(text === '' ? (family === 4 ? '0.0.0.0' : '::') : text);
  if (address === null) return null;
  const words = address.words;
  const isMapped = address.family === 6 && words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  if (family === 6 && isMapped) return { family: 4, words: Int32Array.of(0, 0, 0, words[3]!) };
  return address.family === family ? address : null;
}

/** bind(2). */
export function bindSocket(socket: Socket, tcb: Connection, text: string, port: number): number {
  const host = socket.host;
  if (tcb.state !== State.closed || tcb.group !== null || tcb.remotePort !== 0) return -Errno.EINVAL;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return -Errno.EINVAL;
  const address = addressFor(socket.family, text);
  if (address === null) return -Errno.EAFNOSUPPORT;
  if (address.family === 4 && socket.family === 6 && socket.v6Only) return -Errno.EINVAL;
  const index = bindingOf(host, socket, address);
  if (index === NOT_OURS) return -Errno.EADDRNOTAVAIL;
  const before = tcb.localIndex;
  tcb.localIndex = index;
  if (index >= 0) {
    tcb.family = address.family;
    tcb.local.set(host.book.list[index]!.words);
  }
  // IP_BIND_ADDRESS_NO_PORT: the address is fixed, connect chooses the port.
  if (port === 0 && socket.bindAddressNoPort) return 0;
  const result = port === 0 ? bindAnyPort(host, tcb) : bindPort(host, tcb, port);
  if (result < 0) tcb.localIndex = before;
  else tcb.portLocked = port !== 0;
  return result;
}

const NOT_OURS = -9;

function bindingOf(host: Host, socket: Socket, address: IpAddress): number {
  if (isUnspecified(address)) return wildcardOf(socket);
  if (!isUnicast(address.family, address.words)) return NOT_OURS;
  const index = host.book.find(address.family, address.words);
  return index < 0 ? NOT_OURS : index;
}

export function wildcardOf(socket: Socket): number {
  if (socket.family === 4) return Any.ip4;
  return socket.v6Only ? Any.ip6 : Any.dual;
}

function bindPort(host: Host, tcb: Connection, port: number): number {
  const claim = claimOf(tcb);
  if (host.ports.conflicts(port, claim, true, null) || meetsAutoPort(host, port, claim)) {
    return -Errno.EADDRINUSE;
  }
  take(host, tcb, claim, port);
  return 0;
}

function take(host: Host, tcb: Connection, claim: Claim, port: number): void {
  tcb.group = host.ports.join(port, claim, Hold.bound);
  tcb.localPort = port;
}

export function claimOf(tcb: Connection): Claim {
  return {
    address: tcb.localIndex,
    reuseAddress: tcb.reuseAddress,
    reusePort: tcb.reusePort,
    user: tcb.user,
  };
}

/** Connections that chose the port themselves, and their TIME-WAIT records, are looked for only where somebody names their port. */
function meetsAutoPort(host: Host, port: number, claim: Claim): boolean {
  if (host.ports.autoCount[port] === 0) return false;
  for (const tcb of host.inUse) {
    if (!tcb.autoPort || tcb.localPort !== port) continue;
    if (host.ports.overlaps(claim.address, tcb.localIndex) && !canShare(claim, claimOf(tcb), Hold.bound)) {
      return true;
    }
  }
  return meetsAutoTimeWait(host, port, claim);
}

function meetsAutoTimeWait(host: Host, port: number, claim: Claim): boolean {
  const fields = host.timeWaitFields;
  for (let id = host.timeWait.nextUsed(0); id !== -1; id = host.timeWait.nextUsed(id + 1)) {
    host.timeWait.read(id, fields);
    if (fields.localPort !== port || !host.ports.overlaps(claim.address, fields.localIndex)) continue;
    const old: Claim = {
      address: fields.localIndex,
      reuseAddress: (fields.flags & TimeWaitFlag.reuseAddress) !== 0,
      reusePort: (fields.flags & TimeWaitFlag.reusePort) !== 0,
      user: 0,
    };
    if (!canShare(claim, old, Hold.timeWait)) return true;
  }
  return false;
}

/**
 * A port for bind to choose: a free one, beginning at random and with those of the parity that connect comes to last (Linux
 * inet_csk_find_open_port).
 */
export function bindAnyPort(host: Host, tcb: Connection): number {
  const from = host.config.ephemeralFrom;
  const count = lastEphemeral(host.config) - from + 1;
  const start = host.rng.below(count) | 1;
  const claim = claimOf(tcb);
  let port = findUnheld(host, from, count, start);
  if (port < 0) port = findShareable(host, claim, from, count, start);
  if (port < 0) return -Errno.EADDRINUSE;
  take(host, tcb, claim, port);
  return 0;
}

/** A port that nobody has in any way. */
function findUnheld(host: Host, from: number, count: number, start: number): number {
  const { autoCount, named } = host.ports;
  const to = from + count - 1;
  const first = from + (start % count);
  for (let parity = first; parity < first + 2; parity++) {
    for (let half = 0; half < 2; half++) {
      const end = half === 0 ? to : first - 1;
      let port = half === 0 ? first : from;
      while (port >= 0 && port <= end) {
        port = firstFreePort(named, named, port, end, parity);
        if (port < 0 || autoCount[port] === 0) break;
        port++;
      }
      if (port >= 0 && port <= end) return port;
    }
  }
  return -1;
}

/** A port that others have, but none whose address meets ours. */
function findShareable(host: Host, claim: Claim, from: number, count: number, start: number): number {
  for (let parity = 0; parity < 2; parity++) {
    for (let i = 0; i < count; i += 2) {
      const port = from + ((start + parity + i) % count);
      if (host.ports.autoCount[port] === 0 && !host.ports.conflicts(port, claim, false, null)) return port;
    }
  }
  return -1;
}

/** listen(2). */
export function listenSocket(socket: Socket, tcb: Connection, backlog: number): number {
  const host = socket.host;
  const limit = Math.min(backlog < 0 ? host.config.maxBacklog : backlog, host.config.maxBacklog);
  if (socket.listener !== null) {
    socket.listener.backlog = limit;
    return 0;
  }
  if (tcb.state !== State.closed || tcb.gone || socket.connecting) return -Errno.EINVAL;
  if (tcb.group === null) {
    if (tcb.localIndex === -1) tcb.localIndex = wildcardOf(socket);
    const bound = bindAnyPort(host, tcb);
    if (bound < 0) return bound;
  } else if (host.ports.conflicts(tcb.localPort, claimOf(tcb), true, tcb.group)) {
    // Of two that are bound with SO_REUSEADDR, only one may listen.
    return -Errno.EADDRINUSE;
  }
  tcb.group = host.ports.change(tcb.group!, Hold.listening);
  tcb.state = State.listen;
  socket.listener = new Listener(host, socket, tcb, limit);
  host.ports.addListener(tcb.localPort, socket.listener);
  return 0;
}
