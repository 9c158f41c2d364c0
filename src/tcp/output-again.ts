import { Flag } from '../wire/index.ts';
import type { Environment } from './environment.ts';
import { segmentBytes } from './options-out.ts';
import { begin, finish } from './output-segment.ts';
import { nextRetransmission, segmentSent, sendAllowance } from './recovery.ts';
import { Sent } from './scoreboard.ts';
import type { Tcb } from './tcb.ts';

/** Sends what recovery wants again, as far as cwnd goes. */
export function retransmitLost(env: Environment, tcb: Tcb): void {
  let index = nextRetransmission(tcb);
  if (index < 0) return;
  const mss = segmentBytes(tcb);
  while (index >= 0) {
    const length = againLength(env, tcb, index, mss);
    if (length === 0) return;
    sendAgain(env, tcb, tcb.sent.startOf(index), length, mss);
    index = nextRetransmission(tcb);
  }
}

/** Octets of sequence space of an entry that may go now, FIN included; 0: none. */
function againLength(env: Environment, tcb: Tcb, index: number, mss: number): number {
  const start = tcb.sent.startOf(index);
  let length = collapsed(tcb, index, tcb.config.collapses ? mss : 0);
  const allowance = sendAllowance(tcb);
  // Linux counts segments, whatever their size.
  if (allowance < (tcb.config.sendsAsLinux || length > mss ? mss : length)) return 0;
  if (tcb.finSent && start === tcb.finSeq) return 1;
  const limit = tcb.urgentQueued ? mss : Math.max(mss, Math.min(env.superSegmentBytes, allowance));
  if (length > limit) length = limit - (limit % mss);
  return inWindow(tcb, start, length, mss);
}

/** An entry, and short ones behind it that fit into `most` with it, lost or not (Linux tcp_retrans_try_collapse). */
function collapsed({ sent }: Tcb, index: number, most: number): number {
  let length = sent.lengthOf(index);
  for (let i = index + 1; i < sent.count && (sent.flagsOf(i) & Sent.sacked) === 0; i++) {
    if (length + sent.lengthOf(i) > most) break;
    length += sent.lengthOf(i);
  }
  return length;
}

/**
 * RFC 9293 3.8.6.1: where the peer has shrunk its window, what lies beyond is not repeated, but for the first segment, which
 * probes.
 */
function inWindow(tcb: Tcb, start: number, length: number, mss: number): number {
  const room = (tcb.sndUna + tcb.sndWnd - start) | 0;
  if (length <= room) return length;
  if (start === tcb.sndUna) return Math.min(length, Math.max(room - (room % mss), mss));
  return room > 0 ? room : 0;
}

/** `length` octets of sequence space from `seq` on, a second time. */
export function sendAgain(env: Environment, tcb: Tcb, seq: number, length: number, mss: number): void {
  const end = (seq + length) | 0;
  const fin = tcb.finSent && ((end - tcb.finSeq) | 0) > 0 ? 1 : 0;
  const text = length - fin;
  const out = begin(env, tcb, seq, Flag.ack);
  if (fin === 1) out.flags |= Flag.fin;
  // Linux __tcp_transmit_skb: all that is cut up on the way. Otherwise the last of what waits (RFC 9293 MUST-61).
  const pushes = tcb.config.sendsAsLinux ? text > mss : text > 0 && end === tcb.sndNxt;
  if (pushes || (text > 0 && tcb.sent.isPushed((end - fin) | 0)) || tcb.sent.isPushed(end))
    out.flags |= Flag.psh;
  if (text > 0) {
    out.payloadOffset = (seq - tcb.sndUna) | 0;
    out.payloadLength = text;
    if (text > mss) out.segmentSize = mss;
  }
  env.counters.RetransSegs += text > mss ? Math.ceil(text / mss) : 1;
  if (tcb.mtuProbeSize > 0 && seq === tcb.mtuProbeSeq) env.mtuSearch?.probeLost(env, tcb);
  finish(env, tcb, out);
  segmentSent(env, tcb, seq, length, true);
}
