import { State } from '../states/index.ts';
import type { TcpConfig } from './config.ts';
import type { AccEcnState } from './environment.ts';
import type { FastOpenState } from './fast-open.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import { Scoreboard } from './scoreboard.ts';
import { SendBuffer } from './send-buffer.ts';

/** Indices of `Tcb.timers`: every clock that one connection can have. */
export const Timer = {
  retransmit: 0,
  delayedAck: 1,
  persist: 2,
  keepAlive: 3,
  userTimeout: 4,
  finWait2: 5,
  /** RFC 8985 6.3: the reordering window. */
  reorder: 6,
  /** RFC 8985 7: tail loss probe. */
  tailLoss: 7,
  /** SO_LINGER: how long CLOSE may block. */
  linger: 8,
} as const;
export type Timer = (typeof Timer)[keyof typeof Timer];
export const TIMER_COUNT = 9;

/** A timer that does not run. */
export const OFF: number = Infinity;

/**
 * One connection's control block (RFC 9293 3.3.1) as plain fields. It holds no clock, no socket and no packet; functions of this
 * folder change it. Sequence numbers are int32, times microseconds, sizes bytes.
 */
export class Tcb {
  state: State = State.closed;

  // Four-tuple; words as in `Segment`.
  family: 4 | 6 = 4;
  readonly local: Int32Array = new Int32Array(4);
  readonly remote: Int32Array = new Int32Array(4);
  localPort: number = 0;
  remotePort: number = 0;

  // Send sequence variables. SND.NXT is the highest ever sent + 1: retransmission does not move it back.
  iss: number = 0;
  sndUna: number = 0;
  sndNxt: number = 0;
  /** Already scaled. */
  sndWnd: number = 0;
  sndWl1: number = 0;
  sndWl2: number = 0;
  /** The largest SND.WND seen (RFC 9293 3.8.6.2.1, RFC 5961 5.2). */
  maxSndWnd: number = 0;
  /** Octets of sequence space that SND.UNA went over, but for the SYN of a passive OPEN (Linux bytes_acked). */
  bytesAcked: number = 0;
  /** SND.UP, meaningful where `urgentQueued`. */
  sndUp: number = 0;
  urgentQueued: boolean = false;
  /** PSH belongs on the segment that ends here (end of the last SEND). */
  pushSeq: number = 0;
  /** End of the last short segment that was sent (Minshall's variant of the Nagle algorithm). */
  shortSeq: number = 0;

  // Receive sequence variables.
  irs: number = 0;
  rcvNxt: number = 0;
  /** The right edge that was offered: never moved to the left by us (RFC 9293 SHLD-14). */
  rcvAdv: number = 0;
  rcvUp: number = 0;
  /** RCV.UP means something. The mark itself is in `receive`. */
  urgentArrived: boolean = false;
  /** The window offered is at most this large yet; grows with what arrives (Linux rcv_ssthresh). 0: no such limit. */
  rcvWindowLimit: number = 0;
  /** Share of the receive buffer that text is, over 256, as measured; 0: not yet, `windowShare`. */
  rcvShare: number = 0;
  /** Growth of the receive buffer: octets read in a round trip at most, where the present round began, and when. */
  rcvSpace: number = 0;
  rcvSpaceSeq: number = 0;
  rcvSpaceAt: number = 0;
  /** The round trip as the receiver of text sees it, 0: not yet; and the echo that it was measured by last. */
  rcvRttUs: number = 0;
  rcvRttEcho: number = 0;
  /** RCV.NXT when the last ACK left; "Last.ACK.sent" of RFC 7323. */
  lastAckSent: number = 0;

  /** Our SYN is acknowledged: octet 0 of `send` is at SND.UNA; before, it is at SND.UNA + 1. */
  synAcked: boolean = false;

  // FIN: queued by CLOSE, sent, acknowledged are separate facts.
  finQueued: boolean = false;
  finSent: boolean = false;
  /** Sequence number of our FIN, where `finSent`. */
  finSeq: number = 0;
  finAcked: boolean = false;
  /** A FIN that came before the data it follows, and its sequence number. */
  finArrivedEarly: boolean = false;
  finArrivedSeq: number = 0;
  /** The peer's FIN was taken in order: after what is in the buffer there is end of file. */
  finTaken: boolean = false;

  // What the connection is.
  /** A listener made it. */
  passive: boolean = false;
  /** Made from a SYN cookie. */
  fromCookie: boolean = false;
  /** Nobody can read any more (close): new data is data after close. */
  orphan: boolean = false;
  /** shutdown(RD) was called. */
  readShut: boolean = false;
  /** The packets never leave the machine or are known good: checksums are not computed. */
  trusted: boolean = false;

  // Negotiated (RFC 7323, 2018, 3168).
  sndScale: number = 0;
  rcvScale: number = 0;
  scalingOk: boolean = false;
  sackOk: boolean = false;
  timestampsOk: boolean = false;
  ecnOk: boolean = false;
  /** RFC 9768: asked for or agreed to; `ecnOk` is that of RFC 3168 then. */
  accEcn: AccEcnState | null = null;
  /** SMSS without options: what the peer takes and the path carries. `segmentBytes` of window.ts takes options off. */
  sndMss: number = 536;
  /** The MSS option of the peer as it came, before the path had its say. */
  peerMss: number = 536;
  /** Estimate of the peer's segment size, for delayed ACK and SWS. */
  rcvMss: number = 536;
  /** MSS that we announced. */
  advMss: number = 1460;
  pathMtu: number = 1500;

  // Timestamps.
  tsRecent: number = 0;
  tsRecentAt: number = 0;
  tsOffset: number = 0;

  // Acknowledging.
  ackNow: boolean = false;
  /** Full segments and bytes that came since the last ACK. */
  ackPendingSegments: number = 0;
  ackPendingBytes: number = 0;
  quickAcksLeft: number = 0;
  pingpong: boolean = false;
  /** Estimate for the delay of an ACK, from the gaps between data segments; 0: no data came yet (Linux icsk_ack.ato). */
  ackTimeoutUs: number = 0;
  /** The next ACK reports this duplicate (RFC 2883). */
  dsackLeft: number = 0;
  dsackRight: number = 0;
  hasDsack: boolean = false;
  lastDataAt: number = 0;

  // Round trip (RFC 6298). 0 in srttUs: no sample yet.
  srttUs: number = 0;
  rttvarUs: number = 0;
  rtoUs: number = 1_000_000;
  minRttUs: number = OFF;
  /** Times that the RTO doubled; also the count of retransmissions in a row. */
  backoff: number = 0;
  /** When our SYN or SYN-ACK left, where it went once only (Karn); -1: it is not timed. */
  timedAt: number = -1;
  /** How often our SYN or SYN-ACK was sent again because of a timeout. */
  synLosses: number = 0;
  /** When the oldest outstanding octet was sent first (R2, user timeout). */
  firstSentAt: number = 0;
  lastSentAt: number = 0;
  /** When the last segment of the peer arrived (keepalive). */
  lastArrivedAt: number = 0;

  // Congestion control (RFC 5681, 6675, 6937, 8985, 9438); bytes.
  cwnd: number = 0;
  ssthresh: number = 0x7fffffff;
  /** Bytes of growth not yet turned into a segment. */
  cwndCredit: number = 0;
  /** `Recovery` of recovery.ts. */
  recovery: number = 0;
  recoverSeq: number = 0;
  dupAcks: number = 0;
  /** Segments that may be sent beyond cwnd: a retransmission that is due at once, or a probe. */
  extraSegments: number = 0;
  /** `Probe` of loss-probe.ts: what the tail loss probe that is due shall carry; with new data, Nagle does not hold it. */
  probe: number = 0;
  priorCwnd: number = 0;
  priorSsthresh: number = 0;
  /** SND.UNA when the episode began that may be undone, where `undoPossible`; retransmissions of it that no DSACK reported yet. */
  undoSeq: number = 0;
  undoPossible: boolean = false;
  undoRetransmits: number = 0;
  /** When the first retransmission of the episode left; OFF: none did. */
  retransmitAt: number = OFF;
  /** RFC 6675 RescueRxt: the rescue retransmission of this recovery was sent. */
  rescued: boolean = false;
  prrDelivered: number = 0;
  prrOut: number = 0;
  prrTarget: number = 0;
  frtoStep: number = 0;
  /** RFC 3168: congestion window was reduced, tell the peer; CE was seen, tell the peer. */
  cwrQueued: boolean = false;
  eceQueued: boolean = false;
  // Use of the window (RFC 7661, 2861): whether cwnd was the limit in the round that ends at usageSeq, most octets out in it.
  cwndLimited: boolean = false;
  cwndUsed: number = 0;
  cwndUsageSeq: number = 0;
  /** When the window was last used wholly, and the most that was used since. */
  cwndUsedAt: number = 0;
  cwndUsedSince: number = 0;
  // RACK (RFC 8985 5.3).
  rackSentAt: number = 0;
  /** `Scoreboard.orderOf` of the most recently sent segment that was delivered. */
  rackOrder: number = 0;
  rackRttUs: number = 0;
  /** ACKs that showed reordering (RFC 8985 RACK.reordering_seen). */
  rackReorderings: number = 0;
  /** Segments that may overtake one without it being lost; grows with what is seen (Linux tp->reordering). */
  reordering: number = 3;
  rackReoWndMult: number = 1;
  rackReoWndPersist: number = 16;
  rackDsackRound: number = 0;
  rackDsackRoundSet: boolean = false;
  rackFack: number = 0;
  /** Segments of ours that arrived at the peer, by what it told (Linux tp->delivered). */
  delivered: number = 0;
  tlpEndSeq: number = 0;
  tlpOutstanding: boolean = false;
  tlpIsRetransmission: boolean = false;
  // CUBIC (RFC 9438).
  cubicWMax: number = 0;
  cubicWEst: number = 0;
  cubicOrigin: number = 0;
  cubicKUs: number = 0;
  cubicEpochAt: number = 0;
  /** cwnd when it was last reduced (RFC 9438 cwnd_prior); whether that was by a timeout. */
  cubicPriorCwnd: number = 0;
  cubicAfterTimeout: boolean = false;
  /** Octets acknowledged since the curve was last looked at; whole segments of cwnd then, and when that was. */
  cubicPending: number = 0;
  cubicSeenSegments: number = 0;
  cubicSeenAt: number = 0;
  // What a spurious reduction is undone to (RFC 9438 4.9).
  cubicUndoWMax: number = 0;
  cubicUndoWEst: number = 0;
  cubicUndoOrigin: number = 0;
  cubicUndoKUs: number = 0;
  cubicUndoEpochAt: number = 0;
  cubicUndoPriorCwnd: number = 0;
  /** SACK blocks of the last ACK, so that what is known is not looked at again: pairs of edges, and how many. */
  readonly lastSack: Int32Array = new Int32Array(8);
  lastSackCount: number = 0;

  // Zero window, keepalive, user timeout.
  probesOut: number = 0;
  /** When the window was first probed since it closed; -1: it was not. */
  probesSince: number = -1;
  lastProbeAt: number = 0;
  /** The only octet outstanding went into a closed window as a probe: the persist timer repeats it. */
  octetOut: boolean = false;
  /** Doublings of the interval between window probes. */
  persistBackoff: number = 0;
  /** When the first retransmission of what is outstanding was due (Linux retrans_stamp). */
  retransmitSince: number = 0;
  /** SND.UNA when `firstSentAt` was last brought up to date. */
  progressSeq: number = 0;

  // Path MTU.
  blackHoleSuspected: boolean = false;
  mtuSearchLow: number = 0;
  mtuSearchHigh: number = 0;
  mtuProbeSeq: number = 0;
  mtuProbeSize: number = 0;

  // Socket options that TCP reads.
  noDelay: boolean = false;
  cork: boolean = false;
  /** The last SEND said that more follows (MSG_MORE): as `cork` until one says otherwise. */
  moreFollows: boolean = false;
  keepAlive: boolean = false;
  keepAliveIdleUs: number = 0;
  keepAliveIntervalUs: number = 0;
  keepAliveProbes: number = 0;
  /** An active OPEN that takes longer is given up; 0: no such limit. When it began. */
  openTimeoutUs: number = 0;
  openedSince: number = 0;
  /** RFC 5482; 0: none. */
  userTimeoutUs: number = 0;
  /** RFC 5482: what the peer announced; 0: nothing. */
  peerUserTimeoutUs: number = 0;
  announceUserTimeout: boolean = false;
  /** -1: off; 0: ABORT on close; otherwise how long close may block. */
  lingerUs: number = -1;
  /** TCP_LINGER2; -1: config's; -2: FIN-WAIT-2 is skipped (negative values of Linux). */
  linger2Us: number = -1;
  urgentInline: boolean = false;
  /** RFC 7413; null: this connection has nothing to do with it. */
  fastOpen: FastOpenState | null = null;
  /** `shutdownWaits`: the FIN is to follow the handshake. */
  shutdownPending: boolean = false;
  hopLimit: number = 64;
  trafficClass: number = 0;
  synRetries: number = 6;
  maxSegOption: number = 0;
  windowClamp: number = 0;
  /** SO_SNDBUF was set: the send buffer does not grow by itself. */
  sendBufferFixed: boolean = false;
  /** SO_RCVBUF was set: neither does the other, and the window scale is for it. */
  receiveBufferFixed: boolean = false;
  /** TCP_NOTSENT_LOWAT; 0: as the configuration says. */
  notSentLowWater: number = 0;
  /** Octets in the segment that SEND is filling, what was sent of it not yet taken off; -1: it is complete (MSG_EOR). */
  tailBytes: number = 0;
  /** Where segments not yet sent end, and have PSH: ends of records (MSG_EOR), and every half a window of the peer's (Linux forced_push). */
  segmentEnds: number[] | null = null;

  /** errno to give to the next call once (ECONNRESET ...), 0: none; and the soft one that waits behind a timeout. */
  error: number = 0;
  softError: number = 0;
  /** Rate limit of RFC 5961 7 for this connection: no challenge ACK before. */
  challengeAfter: number = 0;

  readonly send: SendBuffer = new SendBuffer();
  readonly receive: ReceiveBuffer = new ReceiveBuffer();
  readonly sent: Scoreboard = new Scoreboard();

  /** The host looks at the timers by then: none runs out earlier. */
  wheelAt: number = OFF;
  /** Deadlines by `Timer`; `OFF` where it does not run. */
  readonly timers: Float64Array = new Float64Array(TIMER_COUNT).fill(OFF);

  config: TcpConfig;

  constructor(config: TcpConfig) {
    this.config = config;
    configure(this, config);
  }
}

/** What a control block takes from the configuration at the beginning of its life. */
export function configure(tcb: Tcb, config: TcpConfig): void {
  tcb.config = config;
  tcb.rtoUs = config.initialRtoUs;
  tcb.keepAliveIdleUs = config.keepAliveIdleUs;
  tcb.keepAliveIntervalUs = config.keepAliveIntervalUs;
  tcb.keepAliveProbes = config.keepAliveProbes;
  tcb.hopLimit = config.hopLimit;
  tcb.synRetries = config.synRetries;
  tcb.reordering = config.dupThresh;
  tcb.openTimeoutUs = config.openTimeoutUs;
  tcb.send.limit = config.sendBufferBytes;
  tcb.send.slack = 0;
  tcb.receive.limit = config.receiveBufferBytes;
  tcb.receive.maxRanges = config.maxReassemblyRanges;
}

/** Makes a control block like a new one but for `configure`. Field by field, for that is what makes it quick. */
export function recycleTcb(tcb: Tcb): void {
  tcb.state = State.closed;
  tcb.family = 4;
  tcb.localPort = 0;
  tcb.remotePort = 0;
  tcb.iss = 0;
  tcb.sndUna = 0;
  tcb.sndNxt = 0;
  tcb.sndWnd = 0;
  tcb.sndWl1 = 0;
  tcb.sndWl2 = 0;
  tcb.maxSndWnd = 0;
  tcb.bytesAcked = 0;
  tcb.sndUp = 0;
  tcb.urgentQueued = false;
  tcb.pushSeq = 0;
  tcb.shortSeq = 0;
  tcb.irs = 0;
  tcb.rcvNxt = 0;
  tcb.rcvAdv = 0;
  tcb.rcvUp = 0;
  tcb.urgentArrived = false;
  tcb.rcvWindowLimit = 0;
  tcb.rcvShare = 0;
  tcb.rcvSpace = 0;
  tcb.rcvSpaceSeq = 0;
  tcb.rcvSpaceAt = 0;
  tcb.rcvRttUs = 0;
  tcb.rcvRttEcho = 0;
  tcb.lastAckSent = 0;
  tcb.synAcked = false;
  tcb.finQueued = false;
  tcb.finSent = false;
  tcb.finSeq = 0;
  tcb.finAcked = false;
  tcb.finArrivedEarly = false;
  tcb.finArrivedSeq = 0;
  tcb.finTaken = false;
  tcb.passive = false;
  tcb.fromCookie = false;
  tcb.orphan = false;
  tcb.readShut = false;
  tcb.trusted = false;
  tcb.sndScale = 0;
  tcb.rcvScale = 0;
  tcb.scalingOk = false;
  tcb.sackOk = false;
  tcb.timestampsOk = false;
  tcb.ecnOk = false;
  tcb.accEcn = null;
  tcb.sndMss = 536;
  tcb.peerMss = 536;
  tcb.rcvMss = 536;
  tcb.advMss = 1460;
  tcb.pathMtu = 1500;
  tcb.tsRecent = 0;
  tcb.tsRecentAt = 0;
  tcb.tsOffset = 0;
  tcb.ackNow = false;
  tcb.ackPendingSegments = 0;
  tcb.ackPendingBytes = 0;
  tcb.quickAcksLeft = 0;
  tcb.pingpong = false;
  tcb.ackTimeoutUs = 0;
  tcb.dsackLeft = 0;
  tcb.dsackRight = 0;
  tcb.hasDsack = false;
  tcb.lastDataAt = 0;
  tcb.srttUs = 0;
  tcb.rttvarUs = 0;
  tcb.rtoUs = 1_000_000;
  tcb.minRttUs = OFF;
  tcb.backoff = 0;
  tcb.timedAt = -1;
  tcb.synLosses = 0;
  tcb.firstSentAt = 0;
  tcb.lastSentAt = 0;
  tcb.lastArrivedAt = 0;
  tcb.cwnd = 0;
  tcb.ssthresh = 0x7fffffff;
  tcb.cwndCredit = 0;
  tcb.recovery = 0;
  tcb.recoverSeq = 0;
  tcb.dupAcks = 0;
  tcb.extraSegments = 0;
  tcb.probe = 0;
  tcb.priorCwnd = 0;
  tcb.priorSsthresh = 0;
  tcb.undoSeq = 0;
  tcb.undoPossible = false;
  tcb.undoRetransmits = 0;
  tcb.retransmitAt = OFF;
  tcb.rescued = false;
  tcb.prrDelivered = 0;
  tcb.prrOut = 0;
  tcb.prrTarget = 0;
  tcb.frtoStep = 0;
  tcb.cwrQueued = false;
  tcb.eceQueued = false;
  tcb.cwndLimited = false;
  tcb.cwndUsed = 0;
  tcb.cwndUsageSeq = 0;
  tcb.cwndUsedAt = 0;
  tcb.cwndUsedSince = 0;
  tcb.rackSentAt = 0;
  tcb.rackOrder = 0;
  tcb.rackRttUs = 0;
  tcb.rackReorderings = 0;
  tcb.reordering = 3;
  tcb.rackReoWndMult = 1;
  tcb.rackReoWndPersist = 16;
  tcb.rackDsackRound = 0;
  tcb.rackDsackRoundSet = false;
  tcb.rackFack = 0;
  tcb.delivered = 0;
  tcb.tlpEndSeq = 0;
  tcb.tlpOutstanding = false;
  tcb.tlpIsRetransmission = false;
  tcb.cubicWMax = 0;
  tcb.cubicWEst = 0;
  tcb.cubicOrigin = 0;
  tcb.cubicKUs = 0;
  tcb.cubicEpochAt = 0;
  tcb.cubicPriorCwnd = 0;
  tcb.cubicAfterTimeout = false;
  tcb.cubicPending = 0;
  tcb.cubicSeenSegments = 0;
  tcb.cubicSeenAt = 0;
  tcb.cubicUndoWMax = 0;
  tcb.cubicUndoWEst = 0;
  tcb.cubicUndoOrigin = 0;
  tcb.cubicUndoKUs = 0;
  tcb.cubicUndoEpochAt = 0;
  tcb.cubicUndoPriorCwnd = 0;
  tcb.lastSackCount = 0;
  tcb.probesOut = 0;
  tcb.probesSince = -1;
  tcb.lastProbeAt = 0;
  tcb.octetOut = false;
  tcb.persistBackoff = 0;
  tcb.retransmitSince = 0;
  tcb.progressSeq = 0;
  tcb.blackHoleSuspected = false;
  tcb.mtuSearchLow = 0;
  tcb.mtuSearchHigh = 0;
  tcb.mtuProbeSeq = 0;
  tcb.mtuProbeSize = 0;
  tcb.noDelay = false;
  tcb.cork = false;
  tcb.moreFollows = false;
  tcb.keepAlive = false;
  tcb.keepAliveIdleUs = 0;
  tcb.keepAliveIntervalUs = 0;
  tcb.keepAliveProbes = 0;
  tcb.openTimeoutUs = 0;
  tcb.openedSince = 0;
  tcb.userTimeoutUs = 0;
  tcb.peerUserTimeoutUs = 0;
  tcb.announceUserTimeout = false;
  tcb.lingerUs = -1;
  tcb.linger2Us = -1;
  tcb.urgentInline = false;
  tcb.fastOpen = null;
  tcb.shutdownPending = false;
  tcb.hopLimit = 64;
  tcb.trafficClass = 0;
  tcb.synRetries = 6;
  tcb.maxSegOption = 0;
  tcb.windowClamp = 0;
  tcb.sendBufferFixed = false;
  tcb.receiveBufferFixed = false;
  tcb.notSentLowWater = 0;
  tcb.tailBytes = 0;
  tcb.segmentEnds = null;
  tcb.error = 0;
  tcb.softError = 0;
  tcb.challengeAfter = 0;
  tcb.wheelAt = OFF;
  // Loops: `fill` costs more than so few stores.
  for (let i = 0; i < 4; i++) {
    tcb.local[i] = 0;
    tcb.remote[i] = 0;
  }
  for (let i = 0; i < 8; i++) tcb.lastSack[i] = 0;
  for (let timer = 0; timer < TIMER_COUNT; timer++) tcb.timers[timer] = OFF;
  tcb.send.reset();
  tcb.receive.reset();
  tcb.sent.reset();
}

/** The earliest deadline of a connection, or `OFF`. */
export function nextDeadline(tcb: Tcb): number {
  const timers = tcb.timers;
  let first = OFF;
  for (let i = 0; i < TIMER_COUNT; i++) if (timers[i]! < first) first = timers[i]!;
  return first;
}
