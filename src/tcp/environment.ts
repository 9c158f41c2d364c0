import type { EffectSet, Table } from '../states/index.ts';
import type { Segment } from '../wire/index.ts';
import type { Counters } from './counters.ts';
import type { FastOpen } from './fast-open.ts';
import type { Outgoing } from './outgoing.ts';
import type { AckWork } from './recovery-work.ts';
import type { Tcb } from './tcb.ts';

/** A send buffer that is more than octets: what it counts, and what it keeps apart. */
export interface SendQueue {
  /** SEND: octets taken, or -errno. */
  fill(env: Environment, tcb: Tcb, bytes: Uint8Array, offset: number, length: number, flags: number): number;
  /** What poll says. */
  isWritable(env: Environment, tcb: Tcb): boolean;
  /** What a full segment takes of the buffer. */
  memoryOfSegment(tcb: Tcb): number;
}

/** A receive buffer that is more than octets: how far the window may reach (`tcb.rcvWindowLimit`, `tcb.rcvShare`). */
export interface ReceiveMemory {
  /** A SYN or SYN-ACK offers this window. */
  begin(tcb: Tcb, window: number): void;
  /** `length` octets of text came, as a segment or as several of `size` each, put together. */
  arrived(tcb: Tcb, length: number, size: number): void;
  /** Whether an ACK that is due by count is to wait, as its window would be a smaller one. */
  holdsAck(tcb: Tcb): boolean;
  /** A window is about to be offered: the buffer may grow. Returns the window field where it may be a smaller one, else -1. */
  choose(env: Environment, tcb: Tcb): number;
  /** Text with a timestamp came in order, before it counts. */
  measure(env: Environment, tcb: Tcb, segment: Segment): void;
}

/** Path MTU discovery without ICMP (RFC 4821), where `mtuProbing` says so. */
export interface MtuSearch {
  /** Before new text leaves. */
  prepare(env: Environment, tcb: Tcb): void;
  /** Payload of the probe that may leave now; 0: none. */
  probe(tcb: Tcb, queued: number, usable: number, allowance: number): number;
  /** Retransmissions go unanswered (R1). */
  suspect(env: Environment, tcb: Tcb): void;
  /** The probe has to be sent again, in smaller segments. */
  probeLost(env: Environment, tcb: Tcb): void;
}

/** Accurate ECN (RFC 9768), where `ecn` says so; who has none need not carry it. */
export interface AccEcn {
  /** A SYN or SYN-ACK leaves: its flags, and its options where there is one more. */
  markSyn(tcb: Tcb, out: Outgoing): void;
  /** A SYN or SYN-ACK has come: sets `ecnOk` or `accEcn`. */
  negotiate(env: Environment, tcb: Tcb, segment: Segment): void;
  /** The ACK of a SYN cookie that agreed to ECN has come: it tells of which kind. */
  resume(tcb: Tcb, segment: Segment): void;
}

/** What a connection has to do with Accurate ECN; `isOn`: both ends agreed to it. */
export interface AccEcnState {
  readonly isOn: boolean;
  /** Segments with CE that came, and that the peer says came there. */
  readonly receivedCe: number;
  readonly deliveredCe: number;
  /** Octets of text by the ECN field that they came with here, or came with there. */
  readonly received: Int32Array;
  readonly delivered: Int32Array;
  /** What was seen of the peer's option, and what is not to be trusted, in Linux's numbers. */
  readonly seen: number;
  readonly fail: number;
  /** A segment came, acceptable or not, before it is looked at. */
  arrives(env: Environment, tcb: Tcb, segment: Segment): void;
  /** What an ACK acknowledges is known: whether it tells of congestion to react to. */
  acknowledged(env: Environment, tcb: Tcb, segment: Segment, work: AckWork): boolean;
  /** A segment leaves after the handshake, its options but one are filled in. */
  mark(env: Environment, tcb: Tcb, out: Outgoing): void;
  /** Octets of options more, where `used` are taken, with so many SACK blocks. */
  bytes(tcb: Tcb, used: number, blocks: number): number;
}

/**
 * What a connection may ask of its host. TCP itself has no clock, randomness, packets or sockets: `now` is the time of what
 * is being processed, everything else is a request that the host carries out before it returns to its own caller.
 */
export interface Environment {
  /** Microseconds; constant while one input, call or timer is processed. */
  readonly now: number;
  /** The state diagram in force. */
  readonly table: Table;
  /** The cell of `table` that was looked up last, for telling the rule; -1: none yet. */
  lastCell: number;
  readonly counters: Counters;
  /** The one record that outgoing segments are described in. */
  readonly out: Outgoing;
  /** Payload that one `Outgoing` may carry as a super-segment; 0: none is made. */
  readonly superSegmentBytes: number;
  /** Payload of the segments that what is arriving was put together from (GRO); 0: it is one. */
  readonly arrivingSize: number;
  /** How the send buffer is kept, where it is more than octets. */
  readonly sendQueue: SendQueue | null;
  /** How far windows reach follows the memory that arriving text takes up; null: the receive buffer is octets. */
  readonly receiveMemory: ReceiveMemory | null;
  /** Told whenever a connection has sent what it could, `sentNew`: some of it for the first time; null: nobody wants to know. */
  readonly watch: ((env: Environment, tcb: Tcb, sentNew: boolean) => void) | null;
  /** Told of each ACK in slow start, before the window grows: it may set ssthresh; null: nobody wants to know. */
  readonly inSlowStart: ((env: Environment, tcb: Tcb) => void) | null;
  /** RFC 4821; null: path MTUs are learnt from ICMP alone. */
  readonly mtuSearch: MtuSearch | null;
  /** RFC 9768; null: the host has none. */
  readonly accEcn: AccEcn | null;
  /** RFC 7413; null: the host has none. */
  readonly fastOpen: FastOpen | null;
  /** A random uint32 as int32. */
  random(): number;
  /** Makes a packet of `out` (payload from `tcb.send`) and queues it. */
  transmit(tcb: Tcb, out: Outgoing): void;
  /** An RST in answer to a segment (RFC 9293 3.10.7.1), whatever connection it came on. */
  replyReset(segment: Segment): void;
  /** A timer of `tcb.timers` was set earlier: the host looks at `nextDeadline` again. One that stops or moves back tells nobody. */
  schedule(tcb: Tcb): void;
  /** Something a call or poll may wait for changed; `signals` are `signal*` bits of `Effect`, 0 for plain readiness. */
  wake(tcb: Tcb, signals: EffectSet): void;
  /** RFC 5961 7: whether the host's rate limit has room for one more challenge ACK now. Counts it. */
  takeChallenge(): boolean;
  /** Fact `room` of an arrival that would finish this connection's handshake: the accept queue has a place. */
  hasAcceptRoom(tcb: Tcb): boolean;
  /** A passive connection became ESTABLISHED: into the accept queue. */
  established(tcb: Tcb): void;
  /** The connection goes to TIME-WAIT: the host keeps a small record of it from now on. Timers stop. */
  enterTimeWait(tcb: Tcb): void;
  /** FIN-WAIT-2 nobody reads any more (close): the host may drop it where there are too many. */
  orphaned(tcb: Tcb): void;
  /** The control block is deleted. What was received and not read stays readable through the socket. */
  deleted(tcb: Tcb): void;
  /** Path MTU learnt from ICMP, to be remembered for the destination (RFC 1191, 8201). */
  learnPathMtu(tcb: Tcb, mtu: number): void;
  /** RFC 9293 MUST-20/SHLD: delivery looks bad (R1): negative advice to the network layer. */
  suspectPath(tcb: Tcb): void;
  /** Bytes of buffers that this connection took (positive) or gave back; false refuses a positive number. */
  accountMemory(bytes: number): boolean;
}
