import { LogPages } from './log.ts';
import type { ServerRecord } from './servers.ts';

/** One state an end was in; `at` is the time of the packet that brought it there. */
export interface StateEntry {
  readonly state: number;
  readonly atUs: number;
  readonly packet: number;
}

/** What is known of a RST when it passes; only RSTs allocate. */
export interface ResetRecord {
  readonly packet: number;
  readonly atUs: number;
  /** 0: it claims to come from the client, 1: from the server. */
  readonly from: 0 | 1;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  readonly hopLimit: number;
  readonly identification: number;
  readonly hasTimestamps: boolean;
  readonly length: number;
  /** SEG.SEQ minus the highest sequence number the claimed sender was seen to have sent. */
  readonly seqAfterSent: number;
  /** SEG.SEQ minus the highest acknowledgement the receiver was seen to have sent (its RCV.NXT), or null if none. */
  readonly seqAfterAcked: number | null;
  /** The receiver's last segment before it, which it may answer. */
  readonly trigger: TriggerRecord | null;
  /** The claimed sender's state just before. */
  readonly senderState: number;
  readonly receiverState: number;
  /** Silence on the connection just before it. */
  readonly idleUs: number;
  /** Bytes the sender had received since it last sent any: perhaps unread. */
  readonly senderUnread: number;
  /** Raw window of the sender's last segment before it. */
  readonly senderWindow: number;
  /** Bytes of the sender that were not acknowledged. */
  readonly senderUnacked: number;
  /** Time since the sender's and the receiver's last segment; -1 where there was none. */
  readonly sinceSenderUs: number;
  readonly sinceReceiverUs: number;
}

export interface TriggerRecord {
  readonly packet: number;
  readonly atUs: number;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
}

export interface IcmpRecord {
  readonly packet: number;
  readonly atUs: number;
  readonly family: number;
  readonly type: number;
  readonly code: number;
  readonly mtu: number;
  readonly hopLimit: number;
  /** 0: it quotes a segment of the client, 1: of the server. */
  readonly quotes: 0 | 1;
  /** True where the ICMP error came from the address that the quoted segment was sent to. */
  readonly fromTarget: boolean;
  readonly source: Int32Array;
}

/** Everything the tracker keeps of one end: what it sent, what it acknowledged, what it was answered. */
export class End {
  readonly address: Int32Array = new Int32Array(4);
  port = 0;

  // What it sent
  segments = 0;
  firstAtUs = 0;
  lastAtUs = 0;
  lastPacket = 0;
  /** Last segment of its own that was no RST. */
  lastLiveAtUs = 0;
  /** Last segment sent, whatever it was: what a RST from the other end would answer. */
  lastFlags = 0;
  lastSeq = 0;
  lastAckField = 0;
  lastLength = 0;

  // Opening
  syns = 0;
  synAtUs = 0;
  synPacket = 0;
  lastSynAtUs = 0;
  lastSynPacket = 0;
  synAcks = 0;
  firstSynAckAtUs = -1;
  optionKinds = 0;
  mss = -1;
  windowScale = -1;
  synTsVal = 0;
  /** Raw window of the SYN. */
  synWindow = 0;

  // Sequence space it sends in
  seqKnown = false;
  /** First sequence number seen (the ISN where a SYN was seen). */
  firstSeq = 0;
  /** True where `firstSeq` is the ISN. */
  isnKnown = false;
  /** One past the highest sequence number sent (SND.MAX; SND.NXT unless it retransmits). */
  sndMax = 0;
  /** Highest acknowledgement the other end was seen to give (SND.UNA), valid where `acked`. */
  sndUna = 0;
  acked = false;
  bytes = 0;
  payloadSegments = 0;
  maxPayload = 0;
  firstDataAtUs = -1;
  firstDataPacket = 0;
  firstPayload = 0;
  /** Last new data. */
  lastDataAtUs = -1;
  lastDataPacket = 0;
  lastDataLength = 0;
  lastDataPayload = 0;
  lastDataFlags = 0;
  lastDataSeq = 0;
  /** Acknowledgement number on the last new data: an RST that answers it has this sequence number. */
  lastDataAck = 0;
  /** Times this end began to send data after the other end had sent some (requests or answers). */
  turns = 0;
  /** When the current turn began, its bytes so far, and how long nobody had sent data before it. */
  turnAtUs = -1;
  turnPacket = 0;
  turnBytes = 0;
  idleBeforeTurnUs = 0;
  /** Silence of the whole connection before the oldest byte that may still be unacknowledged was sent. */
  idleBeforeFlightUs = 0;
  retransmissions = 0;
  retransmittedBytes = 0;
  outOfOrder = 0;
  /** The last gap in what was seen, which a late segment may fill. */
  holeStart = 0;
  holeAtUs = -1;
  /** Retransmissions of bytes that were already acknowledged. */
  spuriousRetransmissions = 0;
  lastSpuriousPacket = 0;
  lastSpuriousAtUs = -1;
  /** Retransmissions in a row without progress of the acknowledgement. */
  retryRun = 0;
  retryFirstAtUs = 0;
  retryFirstPacket = 0;
  retryLastAtUs = 0;
  retryLastPacket = 0;
  retryLength = 0;
  retrySeq = 0;
  /** Time between the last two retransmissions of the run. */
  retryGapUs = 0;

  // What it acknowledges and offers
  ackKnown = false;
  /** Highest acknowledgement it sent: its RCV.NXT. */
  rcvNxt = 0;
  /** When `rcvNxt` last moved. */
  rcvNxtAtUs = 0;
  duplicateAcks = 0;
  lastDuplicateAckAtUs = -1;
  lastDuplicateAckPacket = 0;
  lastSackAtUs = -1;
  /** Scaled window it last offered, in bytes. */
  window = 0;
  /** The raw field of its last segment without RST. */
  rawWindow = 0;
  windowMax = 0;
  zeroWindows = 0;
  zeroSinceUs = -1;
  zeroFirstPacket = 0;
  zeroFirstAtUs = -1;
  zeroWindowUs = 0;
  ackedUnseen = 0;
  ackedUnseenPacket = 0;
  /** Bytes received since this end last sent data: what its application may not have read. */
  unansweredBytes = 0;
  unansweredSinceUs = -1;

  // Probes
  keepaliveProbes = 0;
  /** Probes in a row that nothing answered. */
  keepaliveRun = 0;
  keepaliveFirstAtUs = 0;
  keepaliveFirstPacket = 0;
  keepaliveLastAtUs = 0;
  keepaliveLastPacket = 0;
  windowProbes = 0;
  windowProbeRun = 0;
  windowProbeLastPacket = 0;
  windowProbeLastAtUs = -1;

  // Closing
  fins = 0;
  finSeq = 0;
  finAtUs = -1;
  finPacket = 0;
  /** The last transmission of the FIN. */
  finLastAtUs = -1;
  finLastPacket = 0;
  finAckedAtUs = -1;
  finAckedPacket = 0;
  /** Acknowledgement number on the first FIN: tells a simultaneous close. */
  finAck = 0;
  /** Bytes sent after this end had acknowledged the other's FIN. */
  bytesAfterPeerFin = 0;
  /** Bytes sent while the other's FIN was on its way or not yet acknowledged by this end. */
  bytesCrossingPeerFin = 0;
  firstDataAfterPeerFinAtUs = -1;
  firstDataAfterPeerFinPacket = 0;
  firstDataAfterPeerFinLength = 0;
  firstDataAfterPeerFinPayload = 0;
  /** Silence of the whole connection before the first FIN. */
  idleBeforeFinUs = 0;
  /** Time since this end's own segment before its FIN. */
  ownIdleBeforeFinUs = 0;
  /** An IP ID left out just before the FIN: an earlier packet of this host was lost on its way here. */
  idSkippedBeforeFin = false;
  /** Payload on the first FIN. */
  finLength = 0;
  /** Bytes received and not answered when it sent its FIN. */
  unreadAtFin = 0;
  /** A pure ACK repeated in answer to a retransmitted FIN. */
  lastAckRepeats = 0;
  lastAckRepeatPacket = 0;
  lastAckRepeatAtUs = -1;
  resets = 0;

  // Habits of its ordinary packets
  hopLimit = -1;
  hopLimitMin = 255;
  hopLimitMax = 0;
  lastIdentification = -1;
  lastNonZeroIdentification = -1;
  /** Non-zero IP IDs seen, and how many grew by less than 64 over the one before. */
  identifications = 0;
  identificationsRunning = 0;
  /** IP ID of the last packet minus the one before. */
  idStep = 0;
  timestamps = false;
  lastTsVal = 0;
  lastTsAtUs = 0;

  // One timed segment for the round trip (Karn: dropped on retransmission)
  timedSeq = 0;
  timedAtUs = -1;
  rttMinUs = -1;
  rttLastUs = -1;

  /** State before the first step: CLOSED for an active opener, LISTEN for a passive one. */
  initialState = 0;
  /** State history; the last entry is the state it is in. */
  readonly history: StateEntry[] = [];
}

export const CLIENT = 0;
export const SERVER = 1;

/** One connection (one incarnation of a four-tuple) as it was seen. */
export class Connection {
  flow = 0;
  slot = -1;
  family = 4;
  readonly client: End = new End();
  readonly server: End = new End();
  /** True where the client is the lower endpoint of the flow table's key. */
  clientIsLow = true;
  /** What is known of the server's address and port from all its connections. */
  serverRecord: ServerRecord | null = null;

  firstPacket = 0;
  lastPacket = 0;
  startUs = 0;
  lastUs = 0;
  packets = 0;
  longestIdleUs = 0;
  /** The silence just before the last packet. */
  lastIdleUs = 0;
  duplicates = 0;
  gaps = 0;
  /** Segments that cannot come from the end they claim. */
  foreign = 0;
  foreignPacket = 0;
  foreignAtUs = -1;

  /** The first packet seen was not a SYN: the capture began later, or a packet strayed. */
  midstream = false;
  simultaneousOpen = false;
  /** True until the handshake is known to be done: acknowledgements still matter to the states. */
  opening = true;
  /** Round trips of the handshake as seen here: SYN to SYN-ACK, SYN-ACK to ACK; -1 unknown. */
  synRttUs = -1;
  ackRttUs = -1;
  handshakeAckPacket = 0;
  handshakeAckAtUs = -1;
  firstFinFrom = -1;
  /** True while `serverRecord.halfClosed` counts this connection. */
  countedHalfClosed = false;
  /** SYN-ACKs sent again, and those sent again after the handshake's ACK had passed. */
  synAckRepeats = 0;
  synAckRepeatedAtUs = -1;
  synAckRepeatedPacket = 0;
  synAckAfterAck = 0;
  /** When an RST first ended the other end, or -1. */
  resetAcceptedAtUs = -1;
  resetCount = 0;
  readonly resets: ResetRecord[] = [];
  readonly icmp: IcmpRecord[] = [];
  /** A SYN seen on the live connection that was neither its opening nor a new incarnation. */
  strangeSyns = 0;
  strangeSynPacket = 0;
  strangeSynAtUs = -1;
  strangeSynSeq = 0;
  strangeSynFrom = -1;
  /** The end that a strange SYN met answered it with an ACK (RFC 5961 4.2). */
  strangeSynAnswered = false;
  strangeSynAnswerPacket = 0;
  strangeSynAnswerAtUs = -1;
  /** RSTs inside the window but not at RCV.NXT (RFC 5961 3.2). */
  challengedResets = 0;
  /** Answers to the SYN that were neither SYN nor RST. */
  badAnswers = 0;
  badAnswerPacket = 0;
  badAnswerAtUs = -1;
  /** ACKs in SYN-RECEIVED of something that was never sent. */
  badHandshakeAcks = 0;
  badHandshakeAckPacket = 0;
  badHandshakeAckAtUs = -1;
  /** Segments of somebody else that acknowledge what was never sent. */
  foreignAckOfUnsent = 0;
  /** Text with a timestamp older than what its sender had used already (RFC 7323 5.3). */
  pawsDrops = 0;
  pawsPacket = 0;
  pawsAtUs = -1;
  /** The incarnation of the same four-tuple before this one, in brief. */
  previous: PreviousIncarnation | null = null;
  /** The flow that this one goes on, where that had to be given out early; 0 otherwise. */
  continuesFlow = 0;
  /** Set when a new SYN on the same four-tuple ended it. */
  replacedAtUs = -1;
  /** When both ends were first seen closed (or a RST ended it), or -1. */
  closedAtUs = -1;
  /** True where the input ended (or its table overflowed) while the connection was tracked. */
  evicted = false;

  readonly log: LogPages = new LogPages();

  end(index: number): End {
    return index === CLIENT ? this.client : this.server;
  }
}

/** What is kept of an incarnation when its four-tuple is used again. */
export interface PreviousIncarnation {
  readonly flow: number;
  readonly endedUs: number;
  readonly clientState: number;
  readonly serverState: number;
  readonly clientSndMax: number;
  readonly closedAtUs: number;
}
