import type { Tcb } from './tcb.ts';

/**
 * Whether a segment of `length` octets that is not full, from SND.NXT on, may go (RFC 9293 3.7.4, 3.8.6.2.1). `queued`: all that
 * waits; `outstanding`: something would be unacknowledged when it goes.
 */
export function shortMayGo(tcb: Tcb, length: number, queued: number, outstanding: boolean): boolean {
  if (tcb.urgentQueued) return true;
  // The window cuts it: worth while if it is half of the largest that the peer ever offered (SWS avoidance, rule 3).
  if (length < queued) return (tcb.noDelay || !outstanding) && 2 * length >= tcb.maxSndWnd;
  if (tcb.finQueued) return true;
  if (tcb.cork || tcb.moreFollows) return false;
  if (tcb.noDelay || !outstanding) return true;
  return tcb.config.sendsAsLinux && !shortOutstanding(tcb);
}

/** A segment that was short when it left is not acknowledged (Linux tcp_minshall_check). */
function shortOutstanding(tcb: Tcb): boolean {
  return ((tcb.shortSeq - tcb.sndUna) | 0) > 0 && ((tcb.shortSeq - tcb.sndNxt) | 0) <= 0;
}
