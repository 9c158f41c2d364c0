import { LogPages } from './log.ts';
import {
  clearHistory,
  type IcmpRecord,
  type PreviousIncarnation,
  type ResetRecord,
  type StateEntry,
} from './records.ts';
import type { ServerRecord } from './servers.ts';
import { settleTimes } from './shapes.ts';
import { NO_TRACES, type Traces, tracesOf } from './traces.ts';

/** Everything the tracker keeps of one end: what it sent, what it acknowledged, what it was answered. */
export class End {
  // What every segment touches stands together, so that it shares cache lines (measured).
  segments: number = 0;
  seqKnown: boolean = false;
  /** One past the highest sequence number sent (SND.MAX; SND.NXT unless it retransmits). */
  sndMax: number = 0;
  /** Highest acknowledgement the other end was seen to give (SND.UNA), valid where `acked`. */
  sndUna: number = 0;
  acked: boolean = false;
  ackKnown: boolean = false;
  /** Highest acknowledgement it sent: its RCV.NXT. */
  rcvNxt: number = 0;
  lastAtUs: number = 0;
  lastPacket: number = 0;
  /** Last segment sent, whatever it was: what a RST from the other end would answer. */
  lastFlags: number = 0;
  lastSeq: number = 0;
  lastAckField: number = 0;
  lastLength: number = 0;
  lastIdentification: number = -1;
  hopLimit: number = -1;
  lastHopLimit: number = -1;
  /** Non-zero IP IDs seen, and how many grew by less than 64 over the one before. */
  identifications: number = 0;
  identificationsRunning: number = 0;
  /** IP ID of the last packet minus the one before. */
  idStep: number = 0;
  lastNonZeroIdentification: number = -1;
  timestamps: boolean = false;
  lastTsVal: number = 0;
  syns: number = 0;
  /** True where `firstSeq` is the ISN. */
  isnKnown: boolean = false;
  optionKinds: number = 0;
  windowScale: number = -1;
  bytes: number = 0;
  /** Scaled window it last offered, in bytes. */
  window: number = 0;
  /** The raw field of its last segment without SYN and RST, or -1. */
  rawWindow: number = -1;
  windowMax: number = 0;
  zeroSinceUs: number = -1;
  /** Retransmissions in a row without progress of the acknowledgement. */
  retryRun: number = 0;
  /** Probes in a row that nothing answered. */
  keepaliveRun: number = 0;
  /** The run that the other end's next segment ended. */
  keepaliveRunBefore: number = 0;
  windowProbeRun: number = 0;
  fins: number = 0;
  resets: number = 0;
  finSeq: number = 0;
  finAckedAtUs: number = -1;
  timedAtUs: number = -1;
  timedSeq: number = 0;
  rttMinUs: number = -1;
  /** Last new data. */
  lastDataAtUs: number = -1;
  lastDataPacket: number = 0;
  lastDataLength: number = 0;
  lastDataPayload: number = 0;
  lastDataFlags: number = 0;
  lastDataSeq: number = 0;
  /** Acknowledgement number on the last new data: an RST that answers it has this sequence number. */
  lastDataAck: number = 0;
  turnBytes: number = 0;
  /** Bytes received since this end last sent data: what its application may not have read. */
  unansweredBytes: number = 0;
  /** Silence of the whole connection before the oldest byte that may still be unacknowledged was sent. */
  idleBeforeFlightUs: number = 0;
  holeAtUs: number = -1;

  readonly address: Int32Array = new Int32Array(4);
  port: number = 0;

  // What it sent
  /** After an RST in its name: the last segment of its own that was no RST. */
  lastLiveAtUs: number = 0;

  // Opening
  synAtUs: number = 0;
  synPacket: number = 0;
  lastSynAtUs: number = 0;
  lastSynPacket: number = 0;
  mss: number = -1;
  synTsVal: number = 0;
  /** Raw window of the SYN. */
  synWindow: number = 0;
  /** IP ID of the SYN, -1 where there is none. */
  synIdentification: number = -1;

  // Sequence space it sends in
  /** First sequence number seen (the ISN where a SYN was seen). */
  firstSeq: number = 0;
  firstDataAtUs: number = -1;
  /** First four bytes of its first text, and what that acknowledged. */
  firstDataPayload: number = 0;
  firstDataAck: number = 0;
  /** Times this end began to send data after the other end had sent some (requests or answers). */
  turns: number = 0;
  /** When the current turn began, and its bytes so far. */
  turnAtUs: number = -1;
  /** Times it said more in this turn, after all before had been acknowledged and nothing had passed for a while. */
  afterthoughts: number = 0;
  retransmissions: number = 0;
  retransmittedBytes: number = 0;
  outOfOrder: number = 0;
  /** The last gap in what was seen, which a late segment may fill. */
  holeStart: number = 0;
  holeEnd: number = 0;
  retryFirstAtUs: number = 0;
  retryFirstPacket: number = 0;
  retryLastAtUs: number = 0;
  retryLastPacket: number = 0;
  retryLength: number = 0;
  /** Time between the last two retransmissions of the run. */
  retryGapUs: number = 0;

  // What it acknowledges and offers
  duplicateAcks: number = 0;
  lastDuplicateAckAtUs: number = -1;
  lastDuplicateAckPacket: number = 0;
  lastSackAtUs: number = -1;
  zeroWindows: number = 0;
  zeroFirstPacket: number = 0;
  zeroFirstAtUs: number = -1;
  zeroWindowUs: number = 0;

  // Probes
  keepaliveProbes: number = 0;
  keepaliveFirstAtUs: number = 0;
  keepaliveFirstPacket: number = 0;
  keepaliveLastAtUs: number = 0;
  keepaliveLastPacket: number = 0;
  windowProbes: number = 0;
  windowProbeLastPacket: number = 0;
  windowProbeLastAtUs: number = -1;

  // Closing
  finAtUs: number = -1;
  finPacket: number = 0;
  /** The last transmission of the FIN. */
  finLastAtUs: number = -1;
  finLastPacket: number = 0;
  finAckedPacket: number = 0;
  /** Acknowledgement number on the first FIN: tells a simultaneous close. */
  finAck: number = 0;
  /** Bytes sent after this end had acknowledged the other's FIN. */
  bytesAfterPeerFin: number = 0;
  /** Bytes sent while the other's FIN was on its way or not yet acknowledged by this end. */
  bytesCrossingPeerFin: number = 0;
  firstDataAfterPeerFinAtUs: number = -1;
  firstDataAfterPeerFinPacket: number = 0;
  firstDataAfterPeerFinLength: number = 0;
  firstDataAfterPeerFinPayload: number = 0;
  /** Silence of the whole connection before the first FIN. */
  idleBeforeFinUs: number = 0;
  /** Time since this end's own segment before its FIN. */
  ownIdleBeforeFinUs: number = 0;
  /** An IP ID left out just before the FIN: an earlier packet of this host was lost on its way here. */
  idSkippedBeforeFin: boolean = false;
  /** Bytes received and not answered when it sent its FIN. */
  unreadAtFin: number = 0;
  /** A pure ACK repeated in answer to a retransmitted FIN. */
  lastAckRepeats: number = 0;
  lastAckRepeatPacket: number = 0;
  lastAckRepeatAtUs: number = -1;

  // Its host's habits
  /** Another TTL / hop limit that its ordinary packets had, the last such one; -1 for none. */
  otherHopLimit: number = -1;
  /** How often its TTL changed from one segment to the next. */
  hopChanges: number = 0;
  /** The segment, counted from 1, that was the first with another TTL, where that came before its first data; else 0. */
  hopChangedAt: number = 0;
  /** What its address had in other connections, where that is habit; told before the verdict. */
  habitualHopLimit: number = -1;
  /** IP IDs left out in one step, so packets that never came here, and the silence before that step. */
  idsLeftOut: number = 0;
  idsLeftOutWaitUs: number = 0;
  /** Large segments that went in smaller packets than the ends had agreed on, by their IP IDs. */
  smallPackets: number = 0;

  /** State before the first step: CLOSED for an active opener, LISTEN for a passive one. */
  initialState: number = 0;
  /** State history; the last entry is the state it is in. */
  readonly history: StateEntry[] = [];

  /** As at the first segment, but for the port: the address stays in any case. */
  forgetAll(): void {
    const { port } = this;
    this.reset();
    this.port = port;
  }

  /** Makes it as good as new: objects are used again, as making them dear and collecting them dearer (measured). */
  reset(): void {
    this.port = 0;
    this.segments = 0;
    this.lastAtUs = 0;
    this.lastPacket = 0;
    this.lastLiveAtUs = 0;
    this.lastFlags = 0;
    this.lastSeq = 0;
    this.lastAckField = 0;
    this.lastLength = 0;
    this.syns = 0;
    this.synAtUs = 0;
    this.synPacket = 0;
    this.lastSynAtUs = 0;
    this.lastSynPacket = 0;
    this.optionKinds = 0;
    this.mss = -1;
    this.windowScale = -1;
    this.synTsVal = 0;
    this.synWindow = 0;
    this.synIdentification = -1;
    this.seqKnown = false;
    this.firstSeq = 0;
    this.isnKnown = false;
    this.sndMax = 0;
    this.sndUna = 0;
    this.acked = false;
    this.bytes = 0;
    this.firstDataAtUs = -1;
    this.firstDataPayload = 0;
    this.firstDataAck = 0;
    this.lastDataAtUs = -1;
    this.lastDataPacket = 0;
    this.lastDataLength = 0;
    this.lastDataPayload = 0;
    this.lastDataFlags = 0;
    this.lastDataSeq = 0;
    this.lastDataAck = 0;
    this.turns = 0;
    this.turnAtUs = -1;
    this.turnBytes = 0;
    this.afterthoughts = 0;
    this.idleBeforeFlightUs = 0;
    this.retransmissions = 0;
    this.retransmittedBytes = 0;
    this.outOfOrder = 0;
    this.holeStart = 0;
    this.holeEnd = 0;
    this.holeAtUs = -1;
    this.retryRun = 0;
    this.retryFirstAtUs = 0;
    this.retryFirstPacket = 0;
    this.retryLastAtUs = 0;
    this.retryLastPacket = 0;
    this.retryLength = 0;
    this.retryGapUs = 0;
    this.ackKnown = false;
    this.rcvNxt = 0;
    this.duplicateAcks = 0;
    this.lastDuplicateAckAtUs = -1;
    this.lastDuplicateAckPacket = 0;
    this.lastSackAtUs = -1;
    this.window = 0;
    this.rawWindow = -1;
    this.windowMax = 0;
    this.zeroWindows = 0;
    this.zeroSinceUs = -1;
    this.zeroFirstPacket = 0;
    this.zeroFirstAtUs = -1;
    this.zeroWindowUs = 0;
    this.unansweredBytes = 0;
    this.keepaliveProbes = 0;
    this.keepaliveRun = 0;
    this.keepaliveRunBefore = 0;
    this.keepaliveFirstAtUs = 0;
    this.keepaliveFirstPacket = 0;
    this.keepaliveLastAtUs = 0;
    this.keepaliveLastPacket = 0;
    this.windowProbes = 0;
    this.windowProbeRun = 0;
    this.windowProbeLastPacket = 0;
    this.windowProbeLastAtUs = -1;
    this.fins = 0;
    this.finSeq = 0;
    this.finAtUs = -1;
    this.finPacket = 0;
    this.finLastAtUs = -1;
    this.finLastPacket = 0;
    this.finAckedAtUs = -1;
    this.finAckedPacket = 0;
    this.finAck = 0;
    this.bytesAfterPeerFin = 0;
    this.bytesCrossingPeerFin = 0;
    this.firstDataAfterPeerFinAtUs = -1;
    this.firstDataAfterPeerFinPacket = 0;
    this.firstDataAfterPeerFinLength = 0;
    this.firstDataAfterPeerFinPayload = 0;
    this.idleBeforeFinUs = 0;
    this.ownIdleBeforeFinUs = 0;
    this.idSkippedBeforeFin = false;
    this.unreadAtFin = 0;
    this.lastAckRepeats = 0;
    this.lastAckRepeatPacket = 0;
    this.lastAckRepeatAtUs = -1;
    this.resets = 0;
    this.hopLimit = -1;
    this.otherHopLimit = -1;
    this.hopChanges = 0;
    this.hopChangedAt = 0;
    this.lastHopLimit = -1;
    this.habitualHopLimit = -1;
    this.lastIdentification = -1;
    this.lastNonZeroIdentification = -1;
    this.idsLeftOut = 0;
    this.idsLeftOutWaitUs = 0;
    this.smallPackets = 0;
    this.identifications = 0;
    this.identificationsRunning = 0;
    this.idStep = 0;
    this.timestamps = false;
    this.lastTsVal = 0;
    this.timedSeq = 0;
    this.timedAtUs = -1;
    this.rttMinUs = -1;
    this.initialState = 0;
    clearHistory(this.history);
  }
}

export const CLIENT = 0;
export const SERVER = 1;

/** One connection (one incarnation of a four-tuple) as it was seen. */
export class Connection {
  // What every segment touches stands together, so that it shares cache lines (measured).
  flow: number = 0;
  slot: number = -1;
  /** True where the client is the lower endpoint of the flow table's key. */
  clientIsLow: boolean = true;
  readonly client: End = new End();
  readonly server: End = new End();
  readonly log: LogPages = new LogPages();
  /** To read; `tracesOf` gives those to write to. */
  traces: Readonly<Traces> = NO_TRACES;
  packets: number = 0;
  lastPacket: number = 0;
  lastUs: number = 0;
  longestIdleUs: number = 0;
  /** The silence just before the last packet. */
  lastIdleUs: number = 0;
  duplicates: number = 0;
  /** True until the handshake is known to be done: acknowledgements still matter to the states. */
  opening: boolean = true;
  /** The first packet seen was not a SYN: the capture began later, or a packet strayed. */
  midstream: boolean = false;
  /** A SYN seen on the live connection that was neither its opening nor a new incarnation. */
  strangeSyns: number = 0;
  firstFinFrom: number = -1;
  resetCount: number = 0;
  /** When both ends were first seen closed (or a RST ended it), or -1. */
  closedAtUs: number = -1;

  family: number = 4;
  /** What is known of the server's address and port from all its connections. */
  serverRecord: ServerRecord | null = null;

  firstPacket: number = 0;
  startUs: number = 0;
  gaps: number = 0;
  /** The capture holds its packets in another order than they had on the wire. */
  disordered: boolean = false;
  /** Segments that cannot come from the end they claim. */
  foreign: number = 0;
  foreignPacket: number = 0;
  foreignAtUs: number = -1;

  simultaneousOpen: boolean = false;
  /** Both ends are one socket: source and destination are the same. */
  selfConnected: boolean = false;
  /** Round trips of the handshake as seen here: SYN to SYN-ACK, SYN-ACK to ACK; -1 unknown. */
  synRttUs: number = -1;
  ackRttUs: number = -1;
  handshakeAckPacket: number = 0;
  handshakeAckAtUs: number = -1;
  /** True while `serverRecord.halfClosed` counts this connection. */
  countedHalfClosed: boolean = false;
  /** SYN-ACKs sent again, and those sent again after the handshake's ACK had passed. */
  synAckRepeats: number = 0;
  synAckRepeatedAtUs: number = -1;
  synAckRepeatedPacket: number = 0;
  synAckAfterAck: number = 0;
  /** When an RST first ended the other end, or -1. */
  resetAcceptedAtUs: number = -1;
  readonly resets: ResetRecord[] = [];
  readonly icmp: IcmpRecord[] = [];
  strangeSynPacket: number = 0;
  strangeSynAtUs: number = -1;
  strangeSynSeq: number = 0;
  strangeSynFrom: number = -1;
  /** The end that a strange SYN met answered it with an ACK (RFC 5961 4.2). */
  strangeSynAnswered: boolean = false;
  strangeSynAnswerPacket: number = 0;
  strangeSynAnswerAtUs: number = -1;
  /** RSTs inside the window but not at RCV.NXT (RFC 5961 3.2). */
  challengedResets: number = 0;
  /** Answers to the SYN that were neither SYN nor RST. */
  badAnswers: number = 0;
  badAnswerPacket: number = 0;
  badAnswerAtUs: number = -1;
  /** ACKs in SYN-RECEIVED of something that was never sent. */
  badHandshakeAcks: number = 0;
  badHandshakeAckPacket: number = 0;
  badHandshakeAckAtUs: number = -1;
  /** Segments of somebody else that acknowledge what was never sent. */
  foreignAckOfUnsent: number = 0;
  /** Text with a timestamp older than what its sender had used already (RFC 7323 5.3). */
  pawsDrops: number = 0;
  pawsPacket: number = 0;
  pawsAtUs: number = -1;
  /** The incarnation of the same four-tuple before this one, in brief. */
  previous: PreviousIncarnation | null = null;
  /** The flow that this one goes on, where that had to be given out early; 0 otherwise. */
  continuesFlow: number = 0;
  /** Set when a new SYN on the same four-tuple ended it. */
  replacedAtUs: number = -1;
  /** True where the input ended (or its table overflowed) while the connection was tracked. */
  evicted: boolean = false;

  /** Makes it as good as new: objects are used again, as making them dear and collecting them dearer (measured). */
  reset(): void {
    this.flow = 0;
    this.slot = -1;
    this.family = 4;
    this.clientIsLow = true;
    this.serverRecord = null;
    this.firstPacket = 0;
    this.lastPacket = 0;
    this.startUs = 0;
    this.lastUs = 0;
    this.packets = 0;
    this.longestIdleUs = 0;
    this.lastIdleUs = 0;
    this.duplicates = 0;
    this.gaps = 0;
    this.disordered = false;
    this.foreign = 0;
    this.foreignPacket = 0;
    this.foreignAtUs = -1;
    this.midstream = false;
    this.simultaneousOpen = false;
    this.selfConnected = false;
    this.opening = true;
    this.synRttUs = -1;
    this.ackRttUs = -1;
    this.handshakeAckPacket = 0;
    this.handshakeAckAtUs = -1;
    this.firstFinFrom = -1;
    this.countedHalfClosed = false;
    this.synAckRepeats = 0;
    this.synAckRepeatedAtUs = -1;
    this.synAckRepeatedPacket = 0;
    this.synAckAfterAck = 0;
    this.resetAcceptedAtUs = -1;
    this.resetCount = 0;
    this.strangeSyns = 0;
    this.strangeSynPacket = 0;
    this.strangeSynAtUs = -1;
    this.strangeSynSeq = 0;
    this.strangeSynFrom = -1;
    this.strangeSynAnswered = false;
    this.strangeSynAnswerPacket = 0;
    this.strangeSynAnswerAtUs = -1;
    this.challengedResets = 0;
    this.badAnswers = 0;
    this.badAnswerPacket = 0;
    this.badAnswerAtUs = -1;
    this.badHandshakeAcks = 0;
    this.badHandshakeAckPacket = 0;
    this.badHandshakeAckAtUs = -1;
    this.foreignAckOfUnsent = 0;
    this.pawsDrops = 0;
    this.pawsPacket = 0;
    this.pawsAtUs = -1;
    this.previous = null;
    this.continuesFlow = 0;
    this.replacedAtUs = -1;
    this.closedAtUs = -1;
    this.evicted = false;
    this.client.reset();
    this.server.reset();
    this.traces = NO_TRACES;
    if (this.resets.length > 0) this.resets.length = 0;
    if (this.icmp.length > 0) this.icmp.length = 0;
  }

  /** The RSTs seen so far were the client's answer to something that never passed here: the connection only begins. */
  beginAfterStrayReset(): void {
    const { packet, atUs } = this.resets[0]!;
    const traces = tracesOf(this);
    traces.strayResetPacket = packet;
    traces.strayResetAtUs = atUs;
    this.resets.length = 0;
    this.resetCount = 0;
    this.midstream = false;
    this.closedAtUs = -1;
    this.client.forgetAll();
    this.server.forgetAll();
  }

  end(index: number): End {
    return index === CLIENT ? this.client : this.server;
  }
}

const sample = new Connection();
for (const record of [sample, sample.client, sample.server]) settleTimes(record);
