import { discardReceived } from '../tcp/effects.ts';
import { recycleTcb } from '../tcp/tcb.ts';
import { type Connection, Queue } from './connection.ts';
import type { Host } from './host.ts';
import type { Socket } from './socket.ts';

/** Makes a connection like a new one, its control block with `recycleTcb`. A test compares it with a new one. */
export function recycle(tcb: Connection): void {
  recycleTcb(tcb);
  tcb.lingerer = null;
  tcb.socket = null;
  tcb.listener = null;
  tcb.queue = Queue.none;
  tcb.hash = 0;
  tcb.hashNext = null;
  tcb.hashed = false;
  tcb.localIndex = -1;
  tcb.group = null;
  tcb.autoPort = false;
  tcb.portLocked = false;
  tcb.destination = null;
  tcb.reuseAddress = false;
  tcb.reusePort = false;
  tcb.user = 0;
  tcb.wasOpen = false;
  tcb.gone = false;
  tcb.goesToTimeWait = false;
  tcb.ending = false;
  tcb.isCountedOrphan = false;
  tcb.isTimeWaitBucket = false;
  tcb.place = -1;
  tcb.ipId = 0;
  tcb.route = null;
  tcb.routeChosen = false;
  tcb.deferAcceptUs = 0;
  tcb.openedAt = 0;
  tcb.issChosen = false;
}

/** What a connection takes over from its listener, or from the one before it on the same socket. */
export function inheritOptions(tcb: Connection, from: Connection): void {
  tcb.config = from.config;
  tcb.noDelay = from.noDelay;
  tcb.cork = from.cork;
  tcb.keepAlive = from.keepAlive;
  tcb.keepAliveIdleUs = from.keepAliveIdleUs;
  tcb.keepAliveIntervalUs = from.keepAliveIntervalUs;
  tcb.keepAliveProbes = from.keepAliveProbes;
  tcb.openTimeoutUs = from.openTimeoutUs;
  tcb.userTimeoutUs = from.userTimeoutUs;
  tcb.announceUserTimeout = from.announceUserTimeout;
  tcb.lingerUs = from.lingerUs;
  tcb.linger2Us = from.linger2Us;
  tcb.urgentInline = from.urgentInline;
  tcb.hopLimit = from.hopLimit;
  tcb.trafficClass = from.trafficClass;
  tcb.synRetries = from.synRetries;
  tcb.maxSegOption = from.maxSegOption;
  tcb.windowClamp = from.windowClamp;
  tcb.send.limit = from.send.limit;
  tcb.receive.limit = from.receive.limit;
  tcb.sendBufferFixed = from.sendBufferFixed;
  tcb.receiveBufferFixed = from.receiveBufferFixed;
  tcb.notSentLowWater = from.notSentLowWater;
  tcb.reuseAddress = from.reuseAddress;
  tcb.reusePort = from.reusePort;
  tcb.user = from.user;
  tcb.deferAcceptUs = from.deferAcceptUs;
  tcb.route = from.routeChosen ? from.route : null;
  tcb.routeChosen = from.routeChosen;
}

/** A connection that is over gives its socket, options and port to a new one. */
export function renew(host: Host, socket: Socket, old: Connection): Connection {
  const tcb = host.newConnection();
  inheritOptions(tcb, old);
  if (old.portLocked) {
    tcb.group = old.group;
    tcb.portLocked = true;
    tcb.localPort = old.localPort;
    tcb.localIndex = old.localIndex;
    tcb.family = old.family;
    tcb.local.set(old.local);
    old.group = null;
  }
  discardReceived(host, old);
  old.socket = null;
  host.free(old);
  tcb.socket = socket;
  socket.tcb = tcb;
  return tcb;
}
