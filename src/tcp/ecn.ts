import { Flag, type Segment } from '../wire/index.ts';
import type { Environment } from './environment.ts';
import type { Outgoing } from './outgoing.ts';
import type { Tcb } from './tcb.ts';

/** ECN field of the IP header (RFC 3168 5). */
const ECT0 = 2;
const CE = 3;

/** RFC 3168 6.1.1: the first SYN asks; one that is sent again does not (6.1.1.1), lest a broken path drops it for its flags. */
export function synEcnFlags(tcb: Tcb): number {
  return tcb.config.ecn === 1 && tcb.backoff <= tcb.config.ecnSynRetries ? Flag.ece | Flag.cwr : 0;
}

export function synAckEcnFlags(tcb: Tcb): number {
  return tcb.ecnOk ? Flag.ece : 0;
}

/** RFC 3168 6.1.3: every ACK tells of CE until the peer says that it slowed down. */
export function markAck(tcb: Tcb, out: Outgoing): void {
  if (tcb.eceQueued) out.flags |= Flag.ece;
}

/** RFC 3168 6.1.2, 6.1.5: new data is ECN-capable, the first of it after a reduction says so; retransmissions are neither. */
export function markNewText(tcb: Tcb, out: Outgoing): void {
  out.ecn = ECT0;
  if (!tcb.cwrQueued) return;
  out.flags |= Flag.cwr;
  tcb.cwrQueued = false;
}

/** RFC 3168 6.1.3: what the IP header and CWR of an acceptable segment mean for the ACKs to come. */
export function ecnArrives(env: Environment, tcb: Tcb, segment: Segment): void {
  if ((segment.flags & Flag.cwr) !== 0) tcb.eceQueued = false;
  if (segment.ecn !== CE) return;
  env.counters.InCEPkts++;
  if (!tcb.eceQueued) {
    tcb.eceQueued = true;
    tcb.ackNow = true;
  }
}
