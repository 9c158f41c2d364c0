import type { Segment } from '../wire/index.ts';
import type { Outgoing } from './outgoing.ts';
import type { Tcb } from './tcb.ts';

/** What a connection has to do with TCP Fast Open (RFC 7413). */
export interface FastOpenState {
  /** Made by a SYN with a valid cookie: it sends and is read before its handshake is over. */
  readonly isChild: boolean;
  /** Kind, length and cookie, filled up with NOPs, for the SYN or SYN-ACK; null: none. */
  readonly option: Uint8Array | null;
  /** The option is the one that was tried before it had a number (RFC 6994: 254). */
  readonly isExperimental: boolean;
  /** Octets of text that the SYN carried; they are the first of the send buffer. */
  readonly synBytes: number;
  /** The SYN was sent again, without option and text: it may be that those were not let through. */
  repeated: boolean;
  /** A call waits to send more once the handshake is over: its text will carry the ACK (Linux sk_write_pending). */
  waits: boolean;
  /** Text on a SYN, of either side, was taken. */
  textTaken: boolean;
}

/** Fast Open of a host; who has none need not carry it. */
export interface FastOpen {
  /** A SYN leaves: adds option and text. */
  writeSyn(tcb: Tcb, out: Outgoing): void;
  /** ICMP says that the SYN was too large: it goes again at once. */
  synWasTooBig(tcb: Tcb): void;
  /** The SYN-ACK has come and is taken: what it says of cookie and text. */
  synAckArrived(tcb: Tcb, segment: Segment): void;
}

/** Before the handshake is over, but as good as open. */
export function isFastChild(tcb: Tcb): boolean {
  return tcb.fastOpen?.isChild === true;
}
