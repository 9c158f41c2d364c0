/** What one ACK says; one record is used again for each. */
export class AckWork {
  ack: number = 0;
  /** SND.UNA moved by so much. */
  ackedBytes: number = 0;
  /** Octets that are known to have arrived since this ACK: acknowledged or SACKed for the first time. */
  delivered: number = 0;
  newlySacked: number = 0;
  /** RFC 5681 2: a duplicate ACK; with SACK, an ACK that SACKs something new (RFC 6675 2). */
  isDuplicate: boolean = false;
  /** Congestion was experienced (RFC 3168 ECE). */
  ece: boolean = false;
  /** The ACK reports something that arrived twice (RFC 2883); it was what the tail loss probe carried. */
  dsack: boolean = false;
  dsackOfProbe: boolean = false;
  /** Something sent once only, before the timeout, was acknowledged (RFC 5682). */
  originalAcked: boolean = false;
  retransmissionAcked: boolean = false;
  /** When the first of the segments acknowledged or SACKed now that were sent once only left; -1: none. */
  ackedSentAt: number = -1;
  sackedSentAt: number = -1;
  /** Where nothing unusual was acknowledged: when the last of it left, and its `Scoreboard.orderOf`. */
  lastSentAt: number = -1;
  lastOrder: number = 0;
  hasEcho: boolean = false;
  tsEcr: number = 0;
  /** `lostBytes` before. */
  lostBefore: number = 0;
  /** Of retransmissions, some were found lost. */
  lostAgain: boolean = false;
  /** Behind the highest octet that was known to have arrived before this ACK. */
  fackBefore: number = 0;
  /** Something arrived out of order, and the lowest sequence number of what did. */
  overtaken: boolean = false;
  overtakenFrom: number = 0;
}
