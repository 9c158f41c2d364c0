import { State } from '../states/index.ts';
import type { Environment } from './environment.ts';
import { OFF, type Tcb, Timer } from './tcb.ts';
import { setTimer } from './timers.ts';

/** The estimate begins here (Linux TCP_ATO_MIN, 40 ms), and this much is the shortest gap it tells apart. */
const SHORTEST_US = 40_000;

/** One tick of Linux's clock at 250 Hz. */
const LEAST_DELAY_US = 4_000;

/**
 * RFC 9293 3.8.6.3, RFC 5681 4.2: whether the ACK of text that came in order goes now or may wait for a second segment,
 * for data of ours to ride on, or for the timer.
 */
export function acknowledgeText(env: Environment, tcb: Tcb, length: number): void {
  const config = tcb.config;
  measureSegments(env, tcb, length);
  tcb.ackPendingSegments++;
  tcb.ackPendingBytes += length;
  estimateDelay(env, tcb);
  tcb.lastDataAt = env.now;
  const enough = config.countsSmallSegments
    ? tcb.ackPendingSegments >= config.ackEverySegments || length > tcb.sndMss
    : tcb.ackPendingBytes > (config.ackEverySegments - 1) * tcb.rcvMss;
  if ((enough && !env.receiveMemory?.holdsAck(tcb)) || isQuick(tcb)) {
    tcb.ackNow = true;
    return;
  }
  if (tcb.timers[Timer.delayedAck] === OFF) setTimer(env, tcb, Timer.delayedAck, env.now + delayOf(tcb));
}

/** The largest segment that came tells what full ones are (Linux tcp_measure_rcv_mss). */
export function measureSegments(env: Environment, tcb: Tcb, length: number): void {
  const size = env.arrivingSize || length;
  env.receiveMemory?.arrived(tcb, length, size);
  if (size > tcb.rcvMss) tcb.rcvMss = size < tcb.advMss ? size : tcb.advMss;
}

/** Whether the ACK of a FIN that takes the connection from ESTABLISHED to CLOSE-WAIT may wait as that of text (Linux tcp_fin). */
export function finMayWait(tcb: Tcb): boolean {
  return tcb.config.delayFinAck && (tcb.state === State.established || tcb.state === State.closeWait);
}

/** The FIN has been taken: its ACK rides on ours, if the application closes soon. Where no text ever came there is little to wait for. */
export function acknowledgeFin(env: Environment, tcb: Tcb): void {
  tcb.pingpong = true;
  tcb.ackPendingSegments++;
  tcb.ackPendingBytes++;
  if (tcb.ackPendingBytes > (tcb.config.ackEverySegments - 1) * tcb.rcvMss) tcb.ackNow = true;
  if (tcb.ackNow || tcb.timers[Timer.delayedAck] !== OFF) return;
  const delayUs = tcb.ackTimeoutUs === 0 ? LEAST_DELAY_US : delayOf(tcb);
  setTimer(env, tcb, Timer.delayedAck, env.now + delayUs);
}

/** Quick-ACK mode: the sender is likely in slow start and wants every ACK. Not while both sides talk in turns. */
function isQuick(tcb: Tcb): boolean {
  return tcb.quickAcksLeft > 0 && !tcb.pingpong;
}

/** So many ACKs from now on are not delayed: half a window of segments, at most what the configuration allows. */
export function startQuickAcks(tcb: Tcb): void {
  const most = tcb.config.quickAcks;
  if (most === 0) return;
  const segments = Math.floor(((tcb.rcvAdv - tcb.rcvNxt) | 0) / (2 * tcb.rcvMss));
  const wanted = Math.min(Math.max(segments, 2), most);
  if (wanted > tcb.quickAcksLeft) tcb.quickAcksLeft = wanted;
}

/** Linux tcp_event_data_recv: the delay follows the gaps between data segments; a long gap is a sender that starts anew. */
function estimateDelay(env: Environment, tcb: Tcb): void {
  if (tcb.ackTimeoutUs === 0) {
    startQuickAcks(tcb);
    tcb.ackTimeoutUs = SHORTEST_US;
    return;
  }
  const gap = env.now - tcb.lastDataAt;
  if (gap <= SHORTEST_US / 2) tcb.ackTimeoutUs = (tcb.ackTimeoutUs >> 1) + SHORTEST_US / 2;
  else if (gap < tcb.ackTimeoutUs) tcb.ackTimeoutUs = Math.min((tcb.ackTimeoutUs >> 1) + gap, tcb.rtoUs);
  else if (gap > tcb.rtoUs) startQuickAcks(tcb);
}

/** Between the configured bounds; in a one-way stream no longer than a round trip (Linux tcp_send_delayed_ack). */
function delayOf(tcb: Tcb): number {
  const least = tcb.config.delayedAckMinUs;
  let most = tcb.config.delayedAckMaxUs;
  if (tcb.srttUs > 0) most = Math.min(most, Math.max(tcb.srttUs, least));
  return Math.min(Math.max(tcb.ackTimeoutUs, least), most);
}
