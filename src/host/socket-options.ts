import { State } from '../states/index.ts';
import { takeError } from '../tcp/calls.ts';
import type { TcpConfig } from '../tcp/config.ts';
import { Errno } from '../tcp/errno.ts';
import { keepAliveChanged, keepAliveSet } from '../tcp/keep-alive.ts';
import { output } from '../tcp/output.ts';
import type { Connection } from './connection.ts';
import { Option } from './options.ts';
import type { Socket } from './socket.ts';

const SECOND_US = 1_000_000;
const MIN_BUFFER = 2048;

type Flag =
  | 'reuseAddress'
  | 'reusePort'
  | 'noDelay'
  | 'cork'
  | 'keepAlive'
  | 'urgentInline'
  | 'announceUserTimeout';

/** Options that are a field of the control block, on or off. */
const FLAGS: Readonly<Partial<Record<Option, Flag>>> = {
  [Option.reuseAddress]: 'reuseAddress',
  [Option.reusePort]: 'reusePort',
  [Option.noDelay]: 'noDelay',
  [Option.cork]: 'cork',
  [Option.keepAlive]: 'keepAlive',
  [Option.oobInline]: 'urgentInline',
  [Option.announceUserTimeout]: 'announceUserTimeout',
};

/** Options that are a number there: its field, what one of the option's units is in it, and the least and the most allowed. */
interface Quantity {
  readonly field:
    | 'keepAliveIdleUs'
    | 'keepAliveIntervalUs'
    | 'keepAliveProbes'
    | 'userTimeoutUs'
    | 'openTimeoutUs'
    | 'hopLimit'
    | 'synRetries'
    | 'windowClamp'
    | 'notSentLowWater'
    | 'user';
  readonly unit: number;
  readonly least: number;
  readonly most: number;
}

const QUANTITIES: Readonly<Partial<Record<Option, Quantity>>> = {
  [Option.keepAliveIdle]: { field: 'keepAliveIdleUs', unit: SECOND_US, least: 1, most: 32_767 },
  [Option.keepAliveInterval]: { field: 'keepAliveIntervalUs', unit: SECOND_US, least: 1, most: 32_767 },
  [Option.keepAliveCount]: { field: 'keepAliveProbes', unit: 1, least: 1, most: 127 },
  [Option.userTimeout]: { field: 'userTimeoutUs', unit: 1000, least: 0, most: Infinity },
  [Option.openTimeout]: { field: 'openTimeoutUs', unit: SECOND_US, least: 0, most: Infinity },
  [Option.hopLimit]: { field: 'hopLimit', unit: 1, least: 1, most: 255 },
  [Option.synRetries]: { field: 'synRetries', unit: 1, least: 1, most: 127 },
  [Option.windowClamp]: { field: 'windowClamp', unit: 1, least: -Infinity, most: Infinity },
  [Option.notSentLowWater]: { field: 'notSentLowWater', unit: 1, least: 0, most: Infinity },
  [Option.user]: { field: 'user', unit: 1, least: -Infinity, most: Infinity },
};

/** setsockopt(2): 0 or -errno. */
export function setOption(socket: Socket, tcb: Connection, option: Option, value: number): number {
  const flag = FLAGS[option];
  const quantity = QUANTITIES[option];
  if (flag !== undefined) tcb[flag] = value !== 0;
  else if (quantity === undefined) return setOther(socket, tcb, option, value);
  else if (value < quantity.least || value > quantity.most) return -Errno.EINVAL;
  else tcb[quantity.field] = value * quantity.unit;
  changed(socket, tcb, option);
  return 0;
}

/** What a changed option means at once. */
function changed(socket: Socket, tcb: Connection, option: Option): void {
  if (tcb.gone) return;
  switch (option) {
    case Option.noDelay:
      if (tcb.noDelay) pushOnce(socket, tcb);
      break;
    case Option.cork:
      if (!tcb.cork) push(socket, tcb);
      break;
    case Option.keepAlive:
      keepAliveSet(socket.host, tcb);
      break;
    case Option.keepAliveIdle:
    case Option.keepAliveInterval:
    case Option.keepAliveCount:
      keepAliveChanged(socket.host, tcb);
  }
}

/** What Nagle or the cork held back goes. */
function push(socket: Socket, tcb: Connection): void {
  if (tcb.state > State.synReceived) output(socket.host, tcb);
}

/** TCP_NODELAY lets go what the cork holds, this once (Linux TCP_NAGLE_PUSH). */
function pushOnce(socket: Socket, tcb: Connection): void {
  const { cork } = tcb;
  tcb.cork = false;
  push(socket, tcb);
  tcb.cork = cork;
}

function setOther(socket: Socket, tcb: Connection, option: Option, value: number): number {
  switch (option) {
    case Option.linger:
      tcb.lingerUs = value < 0 ? -1 : value * SECOND_US;
      return 0;
    case Option.linger2:
      tcb.linger2Us = value < 0 ? -2 : value === 0 ? -1 : value * SECOND_US;
      return 0;
    case Option.sendBuffer:
      tcb.send.limit = Math.max(MIN_BUFFER, value * tcb.config.bufferFactor);
      tcb.sendBufferFixed = true;
      return 0;
    case Option.receiveBuffer:
      tcb.receive.limit = Math.max(MIN_BUFFER, value * tcb.config.bufferFactor);
      tcb.receiveBufferFixed = true;
      return 0;
    case Option.maxSegment:
      if (value !== 0 && (value < 88 || value > 32_767)) return -Errno.EINVAL;
      tcb.maxSegOption = value;
      return 0;
    case Option.congestion:
      if (value !== 0 && value !== 1) return -Errno.ENOPROTOOPT;
      tcb.config = { ...tcb.config, congestion: value === 0 ? 'reno' : 'cubic' };
      return 0;
    case Option.noOptions:
      tcb.config = withoutOptions(tcb.config, value !== 0);
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
      return 0;
    case Option.trafficClass:
      // The two bits of ECN are TCP's.
      tcb.trafficClass = value & 0xfc;
      return 0;
    case Option.deferAccept:
      tcb.deferAcceptUs = Math.max(0, value) * SECOND_US;
      return 0;
    default:
      return -Errno.ENOPROTOOPT;
  }
}

function withoutOptions(config: TcpConfig, on: boolean): TcpConfig {
  const offers = !on;
  const { timestamps, sack, windowScaling } = config;
  return {
    ...config,
    offersOptions: offers,
    timestamps: offers && timestamps,
    sack: offers && sack,
    windowScaling: offers && windowScaling,
  };
}

/** getsockopt(2): the value, or -errno. -1 stands for "off" where 0 means something else. */
export function getOption(socket: Socket, tcb: Connection, option: Option): number {
  const flag = FLAGS[option];
  if (flag !== undefined) return Number(tcb[flag]);
  const quantity = QUANTITIES[option];
  if (quantity !== undefined) return tcb[quantity.field] / quantity.unit;
  switch (option) {
    case Option.linger:
      return tcb.lingerUs < 0 ? -1 : tcb.lingerUs / SECOND_US;
    case Option.linger2:
      return linger2(tcb);
    case Option.sendBuffer:
      return tcb.send.limit;
    case Option.receiveBuffer:
      return tcb.receive.limit;
    case Option.error:
      return takeError(tcb);
    case Option.quickAck:
      return Number(!tcb.pingpong);
    case Option.maxSegment:
      return tcb.state <= State.listen && tcb.maxSegOption > 0 ? tcb.maxSegOption : tcb.sndMss;
    case Option.bindAddressNoPort:
      return Number(socket.bindAddressNoPort);
    case Option.trafficClass:
      return tcb.trafficClass;
    case Option.deferAccept:
      return tcb.deferAcceptUs / SECOND_US;
    case Option.congestion:
      return tcb.config.congestion === 'cubic' ? 1 : 0;
    case Option.v6Only:
      return Number(socket.v6Only);
    default:
      return -Errno.ENOPROTOOPT;
  }
}

function linger2(tcb: Connection): number {
  if (tcb.linger2Us === -2) return -1;
  return (tcb.linger2Us === -1 ? tcb.config.finWait2Us : tcb.linger2Us) / SECOND_US;
}
