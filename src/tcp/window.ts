import { State } from '../states/index.ts';
import type { Environment } from './environment.ts';
import { TIMESTAMPS_BYTES } from './options-out.ts';
import type { Tcb } from './tcb.ts';

const MAX_UNSCALED = 65_535;

/** Octets of the receive buffer that count as window: all, or a share as with Linux's scaling_ratio. */
export function receiveShare(tcb: Tcb, bytes: number): number {
  return Math.floor((bytes * (tcb.rcvShare || tcb.config.windowShare)) / 256);
}

/** Octets that the peer may be told to send, before any smoothing. */
function space(tcb: Tcb): number {
  let whole = receiveShare(tcb, tcb.receive.limit);
  if (tcb.rcvWindowLimit > 0 && whole > tcb.rcvWindowLimit + tcb.receive.readable) {
    whole = tcb.rcvWindowLimit + tcb.receive.readable;
  }
  if (tcb.windowClamp > 0 && whole > tcb.windowClamp) whole = tcb.windowClamp;
  const free = whole - tcb.receive.readable;
  return free > 0 ? free : 0;
}

/** RFC 9293 3.8.6.2.2: the right edge moves by so much at least, or not at all. */
function leastStep(tcb: Tcb): number {
  return Math.min(receiveShare(tcb, tcb.receive.limit) >> 1, tcb.rcvMss);
}

/** RCV.WND: what a segment is measured against. */
export function receiveWindow(tcb: Tcb): number {
  const edge = (tcb.rcvAdv - tcb.rcvNxt) | 0;
  // Before the handshake is over, a listener knows only what its SYN-ACK offered.
  const knowsBuffer = tcb.config.acceptsWholeBuffer && (tcb.synAcked || !tcb.passive);
  return knowsBuffer ? Math.max(edge, space(tcb)) : edge;
}

/** FreeBSD tcp_output: less than a segment, of a buffer that is nearly full. */
function isSilly(tcb: Tcb, free: number): boolean {
  return free < tcb.receive.limit >> 2 && free < tcb.sndMss;
}

/** What is left of the window that was offered last. */
function offered(tcb: Tcb): number {
  const left = (tcb.rcvAdv - tcb.rcvNxt) | 0;
  return left > 0 ? left : 0;
}

/**
 * The window field of a SYN, which is never scaled. Where the first window is counted in segments, whole ones, as Linux has it
 * (tcp_select_initial_window): what is left of them beside timestamps, once these are known to be agreed on.
 */
export function synWindow(tcb: Tcb): number {
  let window = Math.floor((tcb.receive.limit * tcb.config.windowShare) / 256);
  // An active OPEN knows before the answer where it takes over a TIME-WAIT.
  const timestamps = tcb.passive ? tcb.timestampsOk : tcb.state === State.synSent && tcb.tsRecentAt > 0;
  const mss = timestamps ? tcb.advMss - TIMESTAMPS_BYTES : tcb.advMss;
  const first = tcb.config.initialReceiveSegments * mss;
  if (first > 0) {
    if (window > mss) window -= window % mss;
    if (window > first) window = first;
  }
  if (tcb.windowClamp > 0 && window > tcb.windowClamp) window = tcb.windowClamp;
  return Math.min(window, MAX_UNSCALED);
}

/** A SYN or SYN-ACK leaves: its window is offered. RCV.NXT may still be unknown, the distance to the edge is not. */
export function offerSynWindow(env: Environment, tcb: Tcb): number {
  const window = synWindow(tcb);
  tcb.rcvAdv = (tcb.rcvNxt + window) | 0;
  env.receiveMemory?.begin(tcb, window);
  return window;
}

/** What the buffer has left, or 0 where that is too little to be worth offering (Linux __tcp_select_window). */
export function worthwhile(tcb: Tcb): number {
  const { receive } = tcb;
  const whole = receiveShare(tcb, receive.limit);
  const room = whole - receive.readable - receive.outOfOrderBytes;
  return room < whole >> 1 && (room < whole >> 4 || room < tcb.rcvMss) ? 0 : room;
}

/** Linux __tcp_select_window: whole segments where it is not scaled, and nothing of a buffer that is nearly full. */
function selectWindow(tcb: Tcb, free: number): number {
  // By the buffer alone: how far the window may reach by now says nothing of how full that is.
  if (worthwhile(tcb) === 0) return 0;
  const unit = (1 << tcb.rcvScale) - 1;
  if (unit > 0) return (free + unit) & ~unit;
  const last = (tcb.rcvAdv - tcb.lastAckSent) | 0;
  return last > free || last <= free - tcb.rcvMss ? free - (free % tcb.rcvMss) : last;
}

/**
 * The window field that a segment carries now. The right edge never moves to the left (RFC 9293 SHLD-14), and to the right
 * only by steps that pay (3.8.6.2.2).
 */
export function advertisedWindow(tcb: Tcb): number {
  const kept = offered(tcb);
  const free = space(tcb);
  const scale = tcb.rcvScale;
  if (!tcb.config.windowSteps) {
    // FreeBSD rounds up, and so never takes the edge back.
    const window = isSilly(tcb, free) ? kept : Math.max(kept, free);
    return Math.min((window + (1 << scale) - 1) >> scale, MAX_UNSCALED);
  }
  const window = tcb.config.wholeWindows ? selectWindow(tcb, free) : free < kept + leastStep(tcb) ? 0 : free;
  if (window > kept) return Math.min(window >> scale, MAX_UNSCALED);
  // A step of the scale beyond the edge, so that rounding does not take the edge back, while memory allows (RFC 7323 2.4).
  const rounded = (kept + (1 << scale) - 1) >> scale;
  const held = tcb.receive.readable + (rounded << scale);
  return Math.min(held <= tcb.receive.limit ? rounded : kept >> scale, MAX_UNSCALED);
}

/** `advertisedWindow`, or what memory says it must be, and it is offered from now on. */
export function offerWindow(env: Environment, tcb: Tcb): number {
  const chosen = env.receiveMemory?.choose(env, tcb) ?? -1;
  const before = offered(tcb);
  const window = chosen < 0 ? advertisedWindow(tcb) : chosen;
  const bytes = window << tcb.rcvScale;
  if (bytes > before || chosen >= 0) tcb.rcvAdv = (tcb.rcvNxt + bytes) | 0;
  if (window === 0 && before > 0) env.counters.TCPToZeroWindowAdv++;
  else if (window > 0 && before === 0) env.counters.TCPFromZeroWindowAdv++;
  return window;
}

/**
 * The reader took octets: whether an ACK should tell the peer now. Only where the window doubles or leaves zero, and
 * never for less than a step that pays.
 */
export function windowUpdateDue(tcb: Tcb): boolean {
  const kept = offered(tcb);
  let free = space(tcb);
  if (!tcb.config.windowSteps) return pays(tcb, kept, Math.min(free, MAX_UNSCALED << tcb.rcvScale));
  // What a scaled window could offer beyond that of the SYN has time until text is acknowledged.
  if (((tcb.lastAckSent - tcb.irs) | 0) === 1) free = Math.min(free, synWindow(tcb));
  if (free < kept + leastStep(tcb)) return false;
  return free >= 2 * kept || kept < tcb.rcvMss;
}

/** FreeBSD tcp_output: two segments that are a quarter of the buffer, or half of it. */
function pays(tcb: Tcb, kept: number, free: number): boolean {
  const { limit } = tcb.receive;
  const step = free - kept;
  if (tcb.ackPendingSegments > 0 || free >> tcb.rcvScale <= kept >> tcb.rcvScale) return false;
  if (2 * step >= limit) return true;
  return step >= 2 * tcb.sndMss && (step >= limit >> 2 || free <= limit >> 3 || limit <= 8 * tcb.sndMss);
}
