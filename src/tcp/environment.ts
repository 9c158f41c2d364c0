import type { EffectSet, Table } from '../states/index.ts';
import type { Segment } from '../wire/index.ts';
import type { Counters } from './counters.ts';
import type { Outgoing } from './outgoing.ts';
import type { Tcb } from './tcb.ts';

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
