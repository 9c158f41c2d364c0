import type { Environment, ReceiveMemory } from '../tcp/environment.ts';
import { echoedRttUs } from '../tcp/rtt.ts';
import type { Tcb } from '../tcp/tcb.ts';
import { synWindow } from '../tcp/window.ts';
import { OptionBit, type Segment } from '../wire/index.ts';

/** What a sender begins with (RFC 6928): the first round trip brings no more. */
const FIRST_SPACE_SEGMENTS = 10;

/** Where no round trip was measured. */
const ASSUMED_RTT_US = 100_000;

/** What the reader is believed to take in the first round trip. */
export function firstSpace(tcb: Tcb): number {
  return Math.min(synWindow(tcb), FIRST_SPACE_SEGMENTS * tcb.advMss);
}

/**
 * Linux tcp_rcv_space_adjust (dynamic right-sizing): the buffer holds twice what the reader took in a round trip, and room for the
 * sender's window to double meanwhile.
 */
function growReceiveBuffer(env: Environment, tcb: Tcb): void {
  if (env.now - tcb.rcvSpaceAt < tcb.srttUs && tcb.rcvSpaceAt !== 0) return;
  if (tcb.receive.limit >= tcb.config.maxReceiveBufferBytes || tcb.receiveBufferFixed) return;
  const taken = (tcb.rcvNxt - tcb.receive.readable) | 0;
  if (tcb.rcvSpaceAt === 0) {
    tcb.rcvSpaceAt = env.now;
    tcb.rcvSpaceSeq = taken;
    tcb.rcvSpace = firstSpace(tcb);
    return;
  }
  const rtt = Math.max(tcb.srttUs, tcb.rcvRttUs) || ASSUMED_RTT_US;
  if (env.now - tcb.rcvSpaceAt < rtt) return;
  const copied = (taken - tcb.rcvSpaceSeq) | 0;
  if (copied > tcb.rcvSpace) {
    const window = 2 * copied + 16 * tcb.advMss;
    const growth = (window * (copied - tcb.rcvSpace)) / tcb.rcvSpace;
    const wanted = Math.floor(((window + 2 * growth) * 256) / (tcb.rcvShare || tcb.config.windowShare));
    tcb.receive.limit = Math.max(tcb.receive.limit, Math.min(wanted, tcb.config.maxReceiveBufferBytes));
    tcb.rcvSpace = copied;
  }
  tcb.rcvSpaceSeq = taken;
  tcb.rcvSpaceAt = env.now;
}

/**
 * Linux tcp_rcv_rtt_measure_ts: who only receives has no other sample of the round trip after the handshake. Called before the
 * text counts; a peer that had paused before it tells nothing.
 */
function measureReceiving(env: Environment, tcb: Tcb, segment: Segment): void {
  if (segment.tsEcr === tcb.rcvRttEcho || (segment.optionKinds & OptionBit.timestamps) === 0) return;
  tcb.rcvRttEcho = segment.tsEcr;
  const rttUs = echoedRttUs(tcb, segment.tsEcr, env.now);
  if (segment.payloadLength < tcb.rcvMss || env.now - tcb.lastDataAt > rttUs / 2) return;
  tcb.rcvRttUs = tcb.rcvRttUs === 0 ? rttUs : tcb.rcvRttUs + (rttUs - tcb.rcvRttUs) / 8;
}

/** A receive buffer of octets that grows with what its reader takes. */
export const growingMemory: ReceiveMemory = {
  begin(): void {},
  arrived(): void {},
  holdsAck: (): boolean => false,
  choose(env: Environment, tcb: Tcb): number {
    growReceiveBuffer(env, tcb);
    return -1;
  },
  measure: measureReceiving,
};
