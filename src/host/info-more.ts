import { State } from '../states/index.ts';
import type { AccEcnState } from '../tcp/environment.ts';
import type { Socket } from './socket.ts';

/** What Linux's TCP_INFO tells beyond `TcpInfo`. */
export interface MoreInfo {
  /** Bytes that came in order. */
  readonly bytesReceived: number;
  /** The peer's FIN was taken: after what is unread there is end of file. */
  readonly peerClosed: boolean;
  /** Text on a SYN, of either side, was taken (TCPI_OPT_SYN_DATA); it was opened by one with a cookie (TCPI_OPT_TFO_CHILD). */
  readonly synTextTaken: boolean;
  readonly isFastChild: boolean;
  /** ACKs that showed reordering. */
  readonly reorderSeen: number;
  /** Segments that are known to have arrived at the peer, our SYN among them. */
  readonly delivered: number;
  readonly bytesAcked: number;
  /** Since the last segment of the peer. */
  readonly lastAckRecv: number;
  /** Bytes that were read in a round trip, and the window that may be offered yet and is offered. */
  readonly rcvSpace: number;
  readonly rcvSsthresh: number;
  readonly rcvWnd: number;
  /** Accurate ECN, where both ends agreed to it. */
  readonly accEcn: AccEcnState | null;
}

const NOTHING: MoreInfo = {
  bytesReceived: 0,
  peerClosed: false,
  synTextTaken: false,
  isFastChild: false,
  reorderSeen: 0,
  delivered: 0,
  bytesAcked: 0,
  lastAckRecv: 0,
  rcvSpace: 0,
  rcvSsthresh: 0,
  rcvWnd: 0,
  accEcn: null,
};

export function moreInfo({ tcb, host }: Socket): MoreInfo {
  if (tcb === null) return NOTHING;
  return {
    bytesReceived: Math.max(0, (tcb.rcvNxt - tcb.irs - 1 - Number(tcb.finTaken)) | 0),
    peerClosed: tcb.finTaken,
    synTextTaken: tcb.fastOpen?.textTaken ?? false,
    isFastChild: tcb.fastOpen?.isChild ?? false,
    reorderSeen: tcb.rackReorderings,
    delivered: tcb.delivered + Number(tcb.synAcked && tcb.state !== State.synReceived),
    // Linux counts the SYN of an active OPEN.
    bytesAcked: tcb.bytesAcked - Number(tcb.finAcked),
    lastAckRecv: host.now - tcb.lastArrivedAt,
    rcvSpace: tcb.rcvSpace,
    rcvSsthresh: tcb.rcvWindowLimit,
    rcvWnd: Math.max(0, (tcb.rcvAdv - tcb.rcvNxt) | 0),
    accEcn: tcb.accEcn?.isOn === true ? tcb.accEcn : null,
  };
}

/** IP_MTU_DISCOVER, IPV6_MTU_DISCOVER: whether ICMP may tell a smaller path MTU, and packets must not be fragmented. */
export function setPathMtuDiscovery({ tcb }: Socket, on: boolean): void {
  if (tcb !== null) tcb.config = { ...tcb.config, pathMtuDiscovery: on };
}
