import type { Environment, ReceiveMemory } from '../tcp/environment.ts';
import { TIMESTAMPS_BYTES } from '../tcp/options-out.ts';
import { headerBytes } from '../tcp/pmtu.ts';
import type { Tcb } from '../tcp/tcb.ts';
import { advertisedWindow, receiveShare, worthwhile } from '../tcp/window.ts';
import { type Connection, Queue } from './connection.ts';
import { firstSpace, growingMemory } from './receive-growth.ts';

/** Linux 6.18: what an skb takes up beside its buffer, the small buffer, and what lies before and behind the packet in one. */
const SKB_BYTES = 256;
const SMALL_BUFFER_BYTES = 576;
const HEAD_ROOM_BYTES = 64;
const SHARED_INFO_BYTES = 320;
const PAGE_BYTES = 4096;

/** What goes beyond this lies in pages of its own. */
const MOST_IN_BUFFER = PAGE_BYTES - HEAD_ROOM_BYTES - SHARED_INFO_BYTES;

/** Text shorter than this does not let the window grow. */
const SMALL_TEXT = 128;

/** Memory that Linux counts for a packet of so many octets, headers and all, that a TUN device brought (truesize). */
export function truesize(packetBytes: number): number {
  if (packetBytes > MOST_IN_BUFFER) {
    return SKB_BYTES + PAGE_BYTES * (1 + Math.ceil((packetBytes - MOST_IN_BUFFER) / PAGE_BYTES));
  }
  const needed = HEAD_ROOM_BYTES + packetBytes + SHARED_INFO_BYTES;
  return SKB_BYTES + (needed <= SMALL_BUFFER_BYTES ? SMALL_BUFFER_BYTES : 1 << (32 - Math.clz32(needed - 1)));
}

/** `truesize` of a segment that brings so many octets of text. */
function memoryOf(tcb: Tcb, length: number): number {
  return truesize(length + headerBytes(tcb) + (tcb.timestampsOk ? TIMESTAMPS_BYTES : 0));
}

/** How far the window may ever reach with this buffer; room for one segment stays until the share is measured (Linux tcp_init_buffer_space). */
function clampOf(tcb: Tcb): number {
  const whole = receiveShare(tcb, tcb.receive.limit);
  return tcb.rcvShare === 0 && whole > 2 * tcb.advMss ? whole - tcb.advMss : whole;
}

/** Linux tcp_measure_rcv_mss: what share of its memory a segment of a size not seen before is. */
function measure(tcb: Tcb, length: number): void {
  const share = Math.max(1, Math.floor((length * 256) / memoryOf(tcb, length)));
  if (share === (tcb.rcvShare || tcb.config.windowShare)) return;
  tcb.rcvShare = share;
  // Linux tcp_set_window_clamp.
  const clamp = clampOf(tcb);
  const offered = Math.min((tcb.rcvAdv - tcb.lastAckSent) | 0, clamp);
  tcb.rcvWindowLimit = Math.min(Math.max(tcb.rcvWindowLimit, offered), clamp);
}

/** Linux __tcp_grow_window: segments that are little of their memory raise the window only while it is small. */
function paysForMemory(tcb: Tcb, length: number): boolean {
  let memory = receiveShare(tcb, memoryOf(tcb, length));
  let window = receiveShare(tcb, tcb.config.maxReceiveBufferBytes);
  while (memory > length) {
    memory >>= 1;
    window >>= 1;
    if (tcb.rcvWindowLimit > window) return false;
  }
  return true;
}

/** What the buffer has left, as window (Linux tcp_space). */
function freeWindow(tcb: Tcb): number {
  const { receive } = tcb;
  return receiveShare(tcb, receive.limit) - receive.readable - receive.outOfOrderBytes;
}

/** Linux tcp_grow_window: with what arrives twice as much may be under way, where there is room for it. */
function raiseLimit(tcb: Tcb, length: number): void {
  const room = Math.min(clampOf(tcb), freeWindow(tcb)) - tcb.rcvWindowLimit;
  if (room <= 0 || !paysForMemory(tcb, length)) return;
  tcb.rcvWindowLimit += Math.min(2 * Math.max(tcb.advMss, length), room);
  tcb.quickAcksLeft |= 1;
}

/** Linux tcp_data_queue_ofo: what waits behind a gap is not to keep the sender from going on. */
function makeRoom(tcb: Tcb): void {
  const { receive, config } = tcb;
  const window = 2 * (tcb.rcvSpace || firstSpace(tcb)) + receive.highest;
  const wanted = Math.floor((window * 256) / (tcb.rcvShare || config.windowShare));
  receive.limit = Math.max(receive.limit, Math.min(wanted, config.maxReceiveBufferBytes));
}

/** The window field for what memory holds, even where the right edge goes back with it (Linux tcp_shrink_window); -1: it may not. */
function shrinkingWindow(tcb: Tcb): number {
  if (!tcb.config.shrinkWindow || tcb.rcvScale === 0) return -1;
  const unit = (1 << tcb.rcvScale) - 1;
  return Math.min(worthwhile(tcb) >> tcb.rcvScale, (tcb.rcvWindowLimit + unit) >> tcb.rcvScale);
}

/** Linux: the receive buffer is memory, of which text is a share; how far the window reaches follows what has come (rcv_ssthresh). */
export const measuredMemory: ReceiveMemory = {
  ...growingMemory,

  choose(env: Environment, tcb: Tcb): number {
    growingMemory.choose(env, tcb);
    return shrinkingWindow(tcb);
  },

  begin(tcb: Tcb, window: number): void {
    tcb.rcvWindowLimit = Math.min(window, clampOf(tcb));
  },

  arrived(tcb: Tcb, length: number, size: number): void {
    if (size > tcb.rcvMss) measure(tcb, length);
    if (length >= SMALL_TEXT) raiseLimit(tcb, length);
    const mayGrow = tcb.receive.rangeCount > 0 && !tcb.receiveBufferFixed;
    if (mayGrow && (tcb as Connection).queue === Queue.none) makeRoom(tcb);
  },

  /**
   * Linux __tcp_ack_snd_check, __tcp_select_window: of a buffer half full, an ACK that would take the window back waits for the reader.
   * Linux does so earlier where segments take up more memory than ours; only here both surely do.
   */
  holdsAck(tcb: Tcb): boolean {
    if (freeWindow(tcb) >= clampOf(tcb) >> 1) return false;
    tcb.quickAcksLeft = 0;
    const shrunk = shrinkingWindow(tcb);
    return (
      (shrunk < 0 ? advertisedWindow(tcb) : shrunk) << tcb.rcvScale < ((tcb.rcvAdv - tcb.lastAckSent) | 0)
    );
  },
};
