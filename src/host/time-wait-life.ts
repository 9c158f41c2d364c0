import type { Connection } from './connection.ts';
import type { Host } from './host.ts';
import { Hold } from './ports.ts';
import { TimeWaitFlag } from './time-wait.ts';

/** RFC 9293 3.4.2. */
export function timeWaitUs(host: Host): number {
  return 2 * host.config.mslUs;
}

/** A record takes the connection's place, unless there are too many (Linux tcp_max_tw_buckets). */
export function startTimeWait(host: Host, tcb: Connection): void {
  if (host.timeWaitBuckets >= host.config.maxTimeWait) {
    host.counters.TCPTimeWaitOverflow++;
    return;
  }
  const fields = host.timeWaitFields;
  fields.localIndex = tcb.localIndex;
  fields.localPort = tcb.localPort;
  fields.remotePort = tcb.remotePort;
  fields.flags = flagsOf(tcb);
  fields.rcvScale = tcb.rcvScale;
  fields.rcvWindow = Math.max(0, (tcb.rcvAdv - tcb.rcvNxt) | 0);
  fields.sndNxt = tcb.sndNxt;
  fields.rcvNxt = tcb.rcvNxt;
  fields.tsRecent = tcb.tsRecent;
  fields.tsOffset = tcb.tsOffset;
  host.timeWait.insert(tcb.remote, fields, host.now + timeWaitUs(host), host.now);
  passPort(host, tcb);
}

function flagsOf(tcb: Connection): number {
  let flags = 0;
  if (tcb.timestampsOk) flags |= TimeWaitFlag.timestamps;
  if (tcb.reuseAddress) flags |= TimeWaitFlag.reuseAddress;
  if (tcb.reusePort) flags |= TimeWaitFlag.reusePort;
  if (tcb.autoPort) flags |= TimeWaitFlag.autoPort;
  if (tcb.destination !== null) flags |= TimeWaitFlag.counted;
  return flags;
}

/** The record holds the port from now on; a socket that `bind` gave its port keeps holding it too. */
function passPort(host: Host, tcb: Connection): void {
  tcb.autoPort = false;
  tcb.destination = null;
  const group = tcb.group;
  if (group === null) return;
  const claim = {
    address: tcb.localIndex,
    reuseAddress: tcb.reuseAddress,
    reusePort: tcb.reusePort,
    user: tcb.user,
  };
  host.ports.join(group.port, claim, Hold.timeWait);
  if (tcb.portLocked && tcb.socket !== null) return;
  host.ports.leave(group);
  tcb.group = null;
}

const remote = new Int32Array(4);

/** The record is forgotten already; its fields are still there: what it held is given back. */
export function endTimeWait(host: Host, id: number): void {
  const fields = host.timeWaitFields;
  host.timeWait.read(id, fields);
  if ((fields.flags & TimeWaitFlag.counted) !== 0) {
    host.timeWait.readRemote(id, remote);
    const destination = host.destinations.find(fields.localIndex, remote, fields.remotePort);
    if (destination !== null) host.destinations.release(destination, fields.localPort);
  }
  if ((fields.flags & TimeWaitFlag.autoPort) !== 0) host.ports.autoCount[fields.localPort]!--;
  else {
    const reuseAddress = (fields.flags & TimeWaitFlag.reuseAddress) !== 0;
    const reusePort = (fields.flags & TimeWaitFlag.reusePort) !== 0;
    host.ports.leaveTimeWait(fields.localPort, fields.localIndex, reuseAddress, reusePort);
  }
}

/** Ends a record before its time. */
export function killTimeWait(host: Host, id: number): void {
  host.timeWait.remove(id);
  endTimeWait(host, id);
}
