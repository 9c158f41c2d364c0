import { Msg, queueText } from './calls.ts';
import type { Environment, SendQueue } from './environment.ts';
import { segmentBytes } from './options-out.ts';
import { output } from './output.ts';
import type { Tcb } from './tcb.ts';

/** A super-segment of the largest size, where the driver cuts up none: SEND fills so much at a time all the same. */
const LARGEST_SEGMENT = 65_160;

/** What the last segment may go beyond the buffer. */
const MOST_SLACK = 65_536;

/** What is kept beside a segment's text: the least truesize of an skb of Linux 6.18. */
const OVERHEAD_BYTES = 832;

/** Octets taken that were never sent. */
export function unsentBytes(tcb: Tcb): number {
  const sent = (tcb.sndNxt - tcb.sndUna) | 0;
  const unsent = tcb.send.length - (tcb.finSent ? sent - 1 : sent);
  return unsent > 0 ? unsent : 0;
}

/** What SEND fills before it begins with the next one: not more than half of the peer's window (Linux tcp_xmit_size_goal). */
function goalBytes(env: Environment, tcb: Tcb): number {
  const mss = segmentBytes(tcb);
  const half = tcb.maxSndWnd > 536 ? tcb.maxSndWnd >> 1 : tcb.maxSndWnd;
  const most = Math.min(Math.max(env.superSegmentBytes, LARGEST_SEGMENT), half);
  return Math.max(most - (most % mss), mss);
}

/** What the send buffer holds, each segment with what is kept beside its text (Linux sk_wmem_queued). */
function queuedMemory(env: Environment, tcb: Tcb): number {
  const waiting = Math.ceil(unsentBytes(tcb) / goalBytes(env, tcb)) + (tcb.segmentEnds?.length ?? 0);
  return tcb.send.length + OVERHEAD_BYTES * (tcb.sent.count + waiting);
}

/** Whether a new segment may be begun; poll asks for `factor` 2: what waits is to be half as much (Linux tcp_stream_memory_free). */
function belowLowWater(tcb: Tcb, factor: number): boolean {
  return unsentBytes(tcb) * factor < (tcb.notSentLowWater || tcb.config.notSentLowWater);
}

/** The last segment that waits is filled up whatever the buffer holds; only a new one needs room in it (Linux tcp_sendmsg_locked). */
function roomFor(env: Environment, tcb: Tcb): number {
  const goal = goalBytes(env, tcb);
  const unsent = unsentBytes(tcb);
  // What was sent of it is another segment now.
  if (tcb.tailBytes > unsent) tcb.tailBytes = unsent;
  if (tcb.tailBytes > 0 && tcb.tailBytes < goal) return goal - tcb.tailBytes;
  if (queuedMemory(env, tcb) >= tcb.send.limit || !belowLowWater(tcb, 1)) return 0;
  tcb.tailBytes = 0;
  return goal;
}

/** The sequence number after everything that waits to be sent. */
function endOfQueue(tcb: Tcb): number {
  return (tcb.sndUna + (tcb.synAcked ? 0 : 1) + tcb.send.length) | 0;
}

/** No segment goes beyond what is queued now, and the one that ends there has PSH. */
function endSegment(tcb: Tcb): void {
  if (tcb.segmentEnds === null) tcb.segmentEnds = [];
  tcb.segmentEnds.push(endOfQueue(tcb));
}

/** Takes as much as there is room for, segment by segment; what is complete may leave before the next one is begun. */
function fill(
  env: Environment,
  tcb: Tcb,
  bytes: Uint8Array,
  offset: number,
  length: number,
  flags: number,
): number {
  tcb.send.slack = MOST_SLACK;
  let taken = 0;
  let refused = 0;
  while (taken < length) {
    const room = roomFor(env, tcb);
    const rest = length - taken;
    refused = queueText(env, tcb, bytes, offset + taken, room < rest ? room : rest);
    if (refused <= 0) break;
    taken += refused;
    tcb.tailBytes = Math.max(tcb.tailBytes, 0) + refused;
    if (taken === length) break;
    const end = endOfQueue(tcb);
    // Linux forced_push.
    if (((end - tcb.pushSeq) | 0) > tcb.maxSndWnd >> 1) {
      tcb.pushSeq = end;
      endSegment(tcb);
    }
    output(env, tcb);
  }
  if (taken === length && (flags & Msg.endOfRecord) !== 0) {
    tcb.tailBytes = -1;
    endSegment(tcb);
  }
  return taken > 0 ? taken : refused;
}

/** A third of the buffer is free: nobody is woken for every octet (Linux __sk_stream_is_writeable). */
function isWritable(env: Environment, tcb: Tcb): boolean {
  return queuedMemory(env, tcb) * 3 <= tcb.send.limit * 2 && belowLowWater(tcb, 2);
}

/** Memory of a full segment: with its headers, in a block of a power of two, and what describes it (Linux tcp_sndbuf_expand). */
function memoryOfSegment({ sndMss }: Tcb): number {
  return (1 << (32 - Math.clz32(sndMss + 639))) + 256;
}

/** The send buffer as Linux keeps it, segment by segment: records have ends (MSG_EOR), and memory counts, not text alone. */
export const segmentedQueue: SendQueue = { fill, isWritable, memoryOfSegment };
