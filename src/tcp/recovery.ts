/**
 * What the other files of this folder use of loss recovery. The order of calls:
 *
 * - a connection becomes ESTABLISHED: `transferBegins` (after the ACK of our SYN was taken by `acknowledge`);
 * - `segmentSent` after each segment that occupies sequence space left, the SYN included; never for keepalives and window probes
 *   without new data;
 * - an acceptable ACK: SND.UNA, SND.WND and the send buffer move first, then `acknowledge`, then (in `output`) sending;
 * - `output`: `windowAfterIdle`, then retransmissions while `nextRetransmission` names one and `sendAllowance` has room for it (a part
 *   of an entry may be sent), then new data within `sendAllowance`, `armTimers` last;
 * - a timer: `retransmissionTimeout`, `tailLossTimeout` or `reorderTimeout`, then `output`.
 */
export { openWindow, smss, windowAfterIdle } from './congestion/window.ts';
export { Probe, tailLossTimeout } from './loss-probe.ts';
export { acknowledge, acknowledgeLate, transferBegins } from './recovery-ack.ts';
export { armTimers, inFlight, nextRetransmission, segmentSent, sendAllowance } from './recovery-send.ts';
export { Recovery } from './recovery-state.ts';
export { reorderTimeout, retransmissionTimeout } from './recovery-timeout.ts';
