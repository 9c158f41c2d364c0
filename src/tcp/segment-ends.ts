import type { Tcb } from './tcb.ts';

/** Octets from SND.NXT on to the next of `segmentEnds`. */
export function bytesToEnd(tcb: Tcb, queued: number): number {
  const ends = tcb.segmentEnds!;
  while (ends.length > 0 && ((ends[0]! - tcb.sndNxt) | 0) <= 0) ends.shift();
  return ends.length === 0 ? queued : Math.min(queued, (ends[0]! - tcb.sndNxt) | 0);
}
