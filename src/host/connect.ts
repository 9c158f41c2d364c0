import { Effect, EVENT_COUNT, Event, State } from '../states/index.ts';
import { takeError } from '../tcp/calls.ts';
import { step } from '../tcp/effects.ts';
import { Errno } from '../tcp/errno.ts';
import { openActive } from '../tcp/open.ts';
import type { IpAddress } from '../wire/index.ts';
import { isLoopback, isUnicast, isUnspecified, LOOPBACK4, LOOPBACK6 } from './addresses.ts';
import { addressFor } from './bind.ts';
import type { Connection } from './connection.ts';
import { type Destination, firstFreePort, lastEphemeral } from './ephemeral.ts';
import type { Host } from './host.ts';
import { initialSequence, timestampOffset } from './isn.ts';
import { renew } from './recycle.ts';
import type { Socket } from './socket.ts';
import { TimeWaitFlag } from './time-wait.ts';
import { killTimeWait, timeWaitUs } from './time-wait-life.ts';

/** Linux tcp_twsk_unique: above whatever the old incarnation may still have on its way. */
const ISN_DISTANCE = 65_535 + 2;

/** connect(2) without waiting. */
export function connectSocket(socket: Socket, tcb: Connection, text: string, port: number): number {
  if (socket.listener !== null) return -Errno.EISCONN;
  if (socket.connecting) return outcome(socket, tcb);
  // What was connected once stays so until it is closed, even where the connection is over (Linux SS_CONNECTED).
  if (tcb.state !== State.closed || tcb.wasOpen) return -Errno.EISCONN;
  const host = socket.host;
  const address = peerFor(host, socket, tcb, text);
  if (address === null) return -Errno.EAFNOSUPPORT;
  if (address.family === 4 && socket.family === 6 && socket.v6Only) return -Errno.ENETUNREACH;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return -Errno.EADDRNOTAVAIL;
  if (!isUnicast(address.family, address.words)) return -Errno.ENETUNREACH;
  // A connection that is over leaves the socket usable for another.
  const fresh = tcb.gone ? renew(host, socket, tcb) : tcb;
  const index = sourceOf(host, fresh, address.family, address.words);
  if (index < 0) return -Errno.ENETUNREACH;
  fresh.family = address.family;
  const bound = fresh.localIndex;
  fresh.localIndex = index;
  fresh.local.set(host.book.list[index]!.words);
  fresh.remote.set(address.words);
  fresh.remotePort = port;
  const result = fresh.group !== null ? keepPort(host, fresh) : choosePort(host, fresh);
  if (result < 0) {
    fresh.localIndex = bound;
    fresh.remotePort = 0;
    return result;
  }
  begin(host, fresh);
  socket.connecting = true;
  return -Errno.EINPROGRESS;
}

/** The address meant: the unspecified one is the host itself, at the address the socket is bound to or at that of loopback (Linux). */
function peerFor(host: Host, socket: Socket, tcb: Connection, text: string): IpAddress | null {
  const address = addressFor(socket.family, text);
  if (address === null || !isUnspecified(address)) return address;
  const bound = tcb.localIndex < 0 ? null : host.book.list[tcb.localIndex]!;
  return bound?.family === address.family ? bound : address.family === 4 ? LOOPBACK4 : LOOPBACK6;
}

/** A later call tells what became of the first (Linux inet_stream_connect). */
function outcome(socket: Socket, tcb: Connection): number {
  if (!tcb.gone && (tcb.state === State.synSent || tcb.state === State.synReceived)) return -Errno.EALREADY;
  socket.connecting = false;
  if (!tcb.gone) return 0;
  const error = takeError(tcb);
  tcb.wasOpen = false;
  // The failure is told: the socket is as if it had never been connected (Linux tcp_disconnect).
  renew(socket.host, socket, tcb);
  return error === 0 ? -Errno.ECONNABORTED : -error;
}

function sourceOf(host: Host, tcb: Connection, family: number, destination: Int32Array): number {
  if (tcb.localIndex < 0) return host.book.sourceFor(family, destination);
  return host.book.list[tcb.localIndex]!.family === family ? tcb.localIndex : -1;
}

/** ISS and timestamps are chosen already where the four-tuple was one in TIME-WAIT. */
function begin(host: Host, tcb: Connection): void {
  const { local, remote, localPort, remotePort } = tcb;
  if (host.config.timestampOffset) tcb.tsOffset = timestampOffset(host.hash, local, remote);
  if (!tcb.issChosen) {
    tcb.iss = initialSequence(host.hash, host.now, local, remote, localPort, remotePort);
  }
  host.preparePath(tcb);
  host.connections.insert(tcb);
  host.fastOpen?.prepare(tcb);
  openActive(host, tcb);
}

/** The socket has a port of its own: the four-tuple decides (Linux __inet_check_established). */
function keepPort(host: Host, tcb: Connection): number {
  const port = tcb.localPort;
  if (!isTaken(host, tcb, port)) return 0;
  const free = host.config.timeWaitReuseBound ? reopen(host, tcb, port, 0) : reuse(host, tcb, port);
  return free ? 0 : -Errno.EADDRNOTAVAIL;
}

/**
 * RFC 6056 3.3.4, as Linux has it: an offset that depends on the destination under a secret, goes on from where the last search for
 * it ended, and comes to ports of one parity first, so that bind finds the others free.
 */
function choosePort(host: Host, tcb: Connection): number {
  const from = host.config.ephemeralFrom;
  const to = lastEphemeral(host.config);
  const count = to - from + 1;
  const hash = host.hash.ofPair(tcb.local, tcb.remote, tcb.remotePort, PORTS);
  const table = host.destinations.table;
  const slot = hash & (table.length - 1);
  const offset = ((table[slot]! + (hash >>> 8)) % count) & ~1;
  const destination = host.destinations.find(tcb.localIndex, tcb.remote, tcb.remotePort);
  let port = findFree(host, tcb, destination, from, to, from + offset);
  if (port < 0) port = findReusable(host, tcb, from, to, offset);
  if (port < 0) return -Errno.EADDRNOTAVAIL;
  const distance = (port - from - offset + 2 * count) % count;
  table[slot] = table[slot]! + distance + 2;
  tcb.localPort = port;
  tcb.autoPort = true;
  host.ports.autoCount[port]!++;
  tcb.destination = host.destinations.use(tcb.localIndex, tcb.remote, tcb.remotePort, port);
  return 0;
}

const PORTS = 5;

/** A client that has run out of ports tries again and again: it searches once, until a port of that destination is free. */
function findFree(
  host: Host,
  tcb: Connection,
  destination: Destination | null,
  from: number,
  to: number,
  first: number,
): number {
  const bits = destination?.bits ?? null;
  const range = (from << 16) | to;
  if (destination !== null && destination.full === range) return -1;
  let port = findPort(host, tcb, bits, from, to, first, first);
  if (port < 0) port = findPort(host, tcb, bits, from, to, first, first + 1);
  if (port < 0 && bits !== null && isFull(bits, from, to)) destination!.full = range;
  return port;
}

function isFull(bits: Int32Array, from: number, to: number): boolean {
  return firstFreePort(bits, bits, from, to, 0) < 0 && firstFreePort(bits, bits, from, to, 1) < 0;
}

/** A port of one parity that nobody named and that has no connection to the destination: from `first` on, then from the start. */
function findPort(
  host: Host,
  tcb: Connection,
  bits: Int32Array | null,
  from: number,
  to: number,
  first: number,
  parity: number,
): number {
  const found = searchPorts(host, tcb, bits, first, to, parity);
  return found >= 0 ? found : searchPorts(host, tcb, bits, from, first - 1, parity);
}

function searchPorts(
  host: Host,
  tcb: Connection,
  bits: Int32Array | null,
  from: number,
  to: number,
  parity: number,
): number {
  if (from > to) return -1;
  const named = host.ports.named;
  const used = bits ?? named;
  let port = firstFreePort(used, named, from, to, parity);
  // A connection that a listener took, or a bound socket made, has no bit: the table of connections knows.
  while (port >= 0 && isTaken(host, tcb, port)) {
    port = port === to ? -1 : firstFreePort(used, named, port + 1, to, parity);
  }
  return port;
}

function isTaken(host: Host, tcb: Connection, port: number): boolean {
  const { local, remote, remotePort, family } = tcb;
  if (host.connections.find(local, port, remote, remotePort, family) !== null) return true;
  return host.timeWait.find(local, port, remote, remotePort, family) !== -1;
}

/** No port is free: one whose TIME-WAIT may be taken over, if that is allowed. */
function findReusable(host: Host, tcb: Connection, from: number, to: number, offset: number): number {
  if (!mayReuse(host, tcb)) return -1;
  const count = to - from + 1;
  for (let i = 0; i < count; i++) {
    const port = from + ((offset + i) % count);
    if (!host.ports.isNamed(port) && reuse(host, tcb, port)) return port;
  }
  return -1;
}

function mayReuse(host: Host, tcb: Connection): boolean {
  const allowed = host.config.timeWaitReuse;
  const effects = host.table.effects[State.timeWait * EVENT_COUNT + Event.openActive]!;
  if (allowed === 0 || (effects & Effect.reopen) === 0) return false;
  return allowed === 1 || isLoopback(tcb.family, tcb.local) || isLoopback(tcb.family, tcb.remote);
}

/**
 * RFC 6191 the other way round (Linux tcp_twsk_unique): with timestamps, and one tick of the peer's memory later, segments of the old
 * incarnation cannot be taken for the new one's.
 */
function reuse(host: Host, tcb: Connection, port: number): boolean {
  return mayReuse(host, tcb) && reopen(host, tcb, port, host.config.timeWaitReuseDelayUs);
}

/** Takes the place of a TIME-WAIT that is older than `leastUs`, and goes on above its sequence numbers. */
function reopen(host: Host, tcb: Connection, port: number, leastUs: number): boolean {
  const { local, remote, remotePort, family } = tcb;
  const old = host.connections.find(local, port, remote, remotePort, family);
  if (old !== null) return leastUs === 0 && replaceRecord(host, tcb, old);
  const id = host.timeWait.find(local, port, remote, remotePort, family);
  if (id === -1) return false;
  const fields = host.timeWaitFields;
  host.timeWait.read(id, fields);
  if ((fields.flags & TimeWaitFlag.timestamps) === 0) return false;
  const age = host.now - (host.timeWait.deadlineOf(id) - timeWaitUs(host));
  if (leastUs > 0 && age <= leastUs) return false;
  goOnAbove(host, tcb, fields);
  killTimeWait(host, id);
  return true;
}

/** For a port that the user chose, Linux tcp_twsk_unique takes an orphan in FIN-WAIT-2 as it takes a TIME-WAIT. */
function replaceRecord(host: Host, tcb: Connection, old: Connection): boolean {
  if (!old.isTimeWaitBucket || !old.timestampsOk) return false;
  goOnAbove(host, tcb, old);
  step(host, old, Event.finWait2End, null);
  return true;
}

function goOnAbove(host: Host, tcb: Connection, old: { sndNxt: number; tsRecent: number }): void {
  tcb.iss = (old.sndNxt + ISN_DISTANCE) | 0;
  tcb.issChosen = true;
  tcb.tsRecent = old.tsRecent;
  tcb.tsRecentAt = host.now;
  host.counters.TWRecycled++;
}
