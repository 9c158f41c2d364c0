import { Flag, type Segment } from '../wire/index.ts';
import type { Environment } from './environment.ts';
import type { Tcb } from './tcb.ts';

/** RFC 9293 3.10.7.4 (eighth): RCV.NXT goes over the FIN; end of file is behind what is in the buffer. */
export function takeFin(env: Environment, tcb: Tcb): void {
  tcb.finTaken = true;
  tcb.finArrivedEarly = false;
  tcb.rcvNxt = (tcb.rcvNxt + 1) | 0;
  if (((tcb.rcvAdv - tcb.rcvNxt) | 0) < 0) tcb.rcvAdv = tcb.rcvNxt;
  const before = tcb.receive.bytes;
  // Text after a FIN belongs to nobody, and there is nothing left to be sent again.
  tcb.hasDsack = false;
  tcb.receive.dropRanges();
  if (tcb.receive.bytes !== before) env.accountMemory(tcb.receive.bytes - before);
}

/** A FIN's place is RCV.NXT: all text before it has been taken, none was refused for lack of memory. */
export function finIsNext(tcb: Tcb, segment: Segment): boolean {
  if (tcb.finArrivedEarly && tcb.finArrivedSeq === tcb.rcvNxt) return true;
  return (segment.flags & Flag.fin) !== 0 && endOfText(segment) === tcb.rcvNxt;
}

function endOfText(segment: Segment): number {
  const syn = (segment.flags & Flag.syn) !== 0 ? 1 : 0;
  return (segment.seq + syn + segment.payloadLength) | 0;
}

/** The sequence number behind text, SYN and FIN. */
export function endOf(segment: Segment): number {
  return endOfText(segment) + (segment.flags & Flag.fin);
}

/** A FIN in the window that text is still missing before is kept: it need not come again. */
export function noteEarlyFin(tcb: Tcb, segment: Segment): void {
  tcb.ackNow = true;
  if (tcb.finArrivedEarly || tcb.finTaken) return;
  tcb.finArrivedEarly = true;
  tcb.finArrivedSeq = endOfText(segment);
  tcb.receive.renewRange((tcb.finArrivedSeq - tcb.rcvNxt) | 0);
}
