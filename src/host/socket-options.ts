import { State } from '../states/index.ts';
import { takeError } from '../tcp/calls.ts';
import { Errno } from '../tcp/errno.ts';
import { keepAliveChanged } from '../tcp/keep-alive.ts';
import { output } from '../tcp/output.ts';
import { parseAddress } from '../wire/index.ts';
import type { Connection } from './connection.ts';
import { Option } from './options.ts';
import type { Socket } from './socket.ts';
import { MAX_HOPS } from './source-route.ts';

const SECOND_US = 1_000_000;
const MIN_BUFFER = 2048;

/** setsockopt(2): 0 or -errno. */
export function setOption(socket: Socket, tcb: Connection, option: Option, value: number): number {
  const host = socket.host;
  switch (option) {
    case Option.reuseAddress:
      tcb.reuseAddress = value !== 0;
      return 0;
    case Option.reusePort:
      tcb.reusePort = value !== 0;
      return 0;
    case Option.noDelay:
      tcb.noDelay = value !== 0;
      if (tcb.noDelay) push(socket, tcb);
      return 0;
    case Option.cork:
      tcb.cork = value !== 0;
      if (!tcb.cork) push(socket, tcb);
      return 0;
    case Option.linger:
      tcb.lingerUs = value < 0 ? -1 : value * SECOND_US;
      return 0;
    case Option.linger2:
      tcb.linger2Us = value < 0 ? -2 : value === 0 ? -1 : value * SECOND_US;
      return 0;
    case Option.userTimeout:
      if (value < 0) return -Errno.EINVAL;
      tcb.userTimeoutUs = value * 1000;
      return 0;
    case Option.sendBuffer:
      // Linux doubles what is asked for, to have room for its own bookkeeping; ours has none in the buffer.
      tcb.send.limit = Math.max(MIN_BUFFER, value);
      return 0;
    case Option.receiveBuffer:
      tcb.receive.limit = Math.max(MIN_BUFFER, value);
      return 0;
    case Option.maxSegment:
      if (value !== 0 && (value < 88 || value > 32_767)) return -Errno.EINVAL;
      tcb.maxSegOption = value;
      return 0;
    case Option.congestion:
      if (value !== 0 && value !== 1) return -Errno.ENOPROTOOPT;
      tcb.config = { ...tcb.config, congestion: value === 0 ? 'reno' : 'cubic' };
      return 0;
    case Option.v6Only:
      if (socket.family !== 6) return -Errno.ENOPROTOOPT;
      if (tcb.group !== null) return -Errno.EINVAL;
      socket.v6Only = value !== 0;
      return 0;
    case Option.bindAddressNoPort:
      socket.bindAddressNoPort = value !== 0;
      return 0;
    case Option.quickAck:
      tcb.pingpong = value === 0;
      tcb.quickAcksLeft = value === 0 ? 0 : host.config.quickAcks;
      return 0;
    case Option.keepAlive:
    case Option.keepAliveIdle:
    case Option.keepAliveInterval:
    case Option.keepAliveCount: {
      const result = setKeepAlive(tcb, option, value);
      if (result === 0 && !tcb.gone) keepAliveChanged(host, tcb);
      return result;
    }
    default:
      return setPlainOption(tcb, option, value);
  }
}

function setKeepAlive(tcb: Connection, option: Option, value: number): number {
  if (option === Option.keepAlive) tcb.keepAlive = value !== 0;
  else if (value < 1 || value > (option === Option.keepAliveCount ? 127 : 32_767)) return -Errno.EINVAL;
  else if (option === Option.keepAliveIdle) tcb.keepAliveIdleUs = value * SECOND_US;
  else if (option === Option.keepAliveInterval) tcb.keepAliveIntervalUs = value * SECOND_US;
  else tcb.keepAliveProbes = value;
  return 0;
}

/** IP_OPTIONS with a source route: what the application asks for goes before what arrives (RFC 9293 MUST-52). */
export function setSourceRoute(tcb: Connection, hops: readonly string[]): number {
  const words = hops.map((hop) => parseAddress(hop));
  if (hops.length > MAX_HOPS || words.some((word) => word?.family !== 4)) return -Errno.EINVAL;
  tcb.route = hops.length === 0 ? null : Int32Array.from(words, (word) => word!.words[3]!);
  tcb.routeChosen = hops.length > 0;
  return 0;
}

function setPlainOption(tcb: Connection, option: Option, value: number): number {
  switch (option) {
    case Option.hopLimit:
      if (value < 1 || value > 255) return -Errno.EINVAL;
      tcb.hopLimit = value;
      return 0;
    case Option.trafficClass:
      // The two bits of ECN are TCP's.
      tcb.trafficClass = value & 0xfc;
      return 0;
    case Option.oobInline:
      tcb.urgentInline = value !== 0;
      return 0;
    case Option.deferAccept:
      tcb.deferAcceptUs = Math.max(0, value) * SECOND_US;
      return 0;
    case Option.synRetries:
      if (value < 1 || value > 127) return -Errno.EINVAL;
      tcb.synRetries = value;
      return 0;
    case Option.windowClamp:
      tcb.windowClamp = value;
      return 0;
    case Option.user:
      tcb.user = value;
      return 0;
    case Option.announceUserTimeout:
      tcb.announceUserTimeout = value !== 0;
      return 0;
    default:
      return -Errno.ENOPROTOOPT;
  }
}

/** What Nagle or the cork held back goes. */
function push(socket: Socket, tcb: Connection): void {
  if (!tcb.gone && tcb.state > State.synReceived) output(socket.host, tcb);
}

/** getsockopt(2): the value, or -errno. -1 stands for "off" where 0 means something else. */
export function getOption(socket: Socket, tcb: Connection, option: Option): number {
  switch (option) {
    case Option.reuseAddress:
      return Number(tcb.reuseAddress);
    case Option.reusePort:
      return Number(tcb.reusePort);
    case Option.noDelay:
      return Number(tcb.noDelay);
    case Option.cork:
      return Number(tcb.cork);
    case Option.keepAlive:
      return Number(tcb.keepAlive);
    case Option.keepAliveIdle:
      return tcb.keepAliveIdleUs / SECOND_US;
    case Option.keepAliveInterval:
      return tcb.keepAliveIntervalUs / SECOND_US;
    case Option.keepAliveCount:
      return tcb.keepAliveProbes;
    case Option.linger:
      return tcb.lingerUs < 0 ? -1 : tcb.lingerUs / SECOND_US;
    case Option.linger2:
      return linger2(tcb);
    case Option.userTimeout:
      return tcb.userTimeoutUs / 1000;
    case Option.sendBuffer:
      return tcb.send.limit;
    case Option.receiveBuffer:
      return tcb.receive.limit;
    case Option.error:
      return takeError(tcb);
    case Option.quickAck:
      return Number(!tcb.pingpong);
    default:
      return getPlainOption(socket, tcb, option);
  }
}

function linger2(tcb: Connection): number {
  if (tcb.linger2Us === -2) return -1;
  return (tcb.linger2Us === -1 ? tcb.config.finWait2Us : tcb.linger2Us) / SECOND_US;
}

function getPlainOption(socket: Socket, tcb: Connection, option: Option): number {
  switch (option) {
    case Option.maxSegment:
      return tcb.state === State.closed ? tcb.maxSegOption : tcb.sndMss;
    case Option.bindAddressNoPort:
      return Number(socket.bindAddressNoPort);
    case Option.hopLimit:
      return tcb.hopLimit;
    case Option.trafficClass:
      return tcb.trafficClass;
    case Option.oobInline:
      return Number(tcb.urgentInline);
    case Option.deferAccept:
      return tcb.deferAcceptUs / SECOND_US;
    case Option.congestion:
      return tcb.config.congestion === 'cubic' ? 1 : 0;
    case Option.v6Only:
      return Number(socket.v6Only);
    case Option.synRetries:
      return tcb.synRetries;
    case Option.windowClamp:
      return tcb.windowClamp;
    case Option.user:
      return tcb.user;
    case Option.announceUserTimeout:
      return Number(tcb.announceUserTimeout);
    default:
      return -Errno.ENOPROTOOPT;
  }
}
