import { smss } from './congestion/window.ts';
import type { Tcb } from './tcb.ts';

/**
 * RFC 6937 3.1 with Linux's choice of bound: each ACK lets go what keeps the window on its way from `priorCwnd` to `prrTarget`. Below the
 * target it follows the conservative bound (CRB), and slow start (SSRB) while SND.UNA advances and nothing new is lost.
 */
export function prrAcknowledged(tcb: Tcb, delivered: number, advanced: boolean, newlyLost: boolean): void {
  if (!tcb.config.proportionalRateReduction || delivered <= 0 || tcb.priorCwnd === 0) return;
  const pipe = tcb.sent.pipe;
  const size = smss(tcb);
  tcb.prrDelivered += delivered;
  const below = tcb.prrTarget - pipe;
  let count: number;
  if (below < 0) {
    // Rounded up to whole segments, in which Linux counts.
    count = Math.ceil((tcb.prrTarget * tcb.prrDelivered) / tcb.priorCwnd / size) * size - tcb.prrOut;
  } else {
    count = Math.max(tcb.prrDelivered - tcb.prrOut, delivered);
    if (advanced && !newlyLost) count += size;
    count = Math.min(below, count);
  }
  // The fast retransmit goes with the ACK that shows the loss.
  const least = tcb.prrOut === 0 ? size : 0;
  tcb.cwnd = pipe + (count > least ? count : least);
}
