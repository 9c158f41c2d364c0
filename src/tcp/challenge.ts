import { Event } from '../states/index.ts';
import { Flag, type Segment } from '../wire/index.ts';
import type { Environment } from './environment.ts';
import { sendBareAck } from './output-segment.ts';
import type { Tcb } from './tcb.ts';

/**
 * RFC 5961: what a blind attacker might have sent is answered by an ACK, which makes a peer that really lost the
 * connection send an RST that fits. Section 7: not without limit, of one connection and of the host.
 */
export function challenge(env: Environment, tcb: Tcb, event: Event): void {
  if (event === Event.synOnConnection) env.counters.TCPSYNChallenge++;
  if (env.now < tcb.challengeAfter || !env.takeChallenge()) return;
  tcb.challengeAfter = env.now + tcb.config.challengeAckIntervalUs;
  env.counters.TCPChallengeACK++;
  if (tcb.config.repeatsFin) sendBareAck(env, tcb);
  else tcb.ackNow = true;
}

/** Whether a SYN that came again may have its SYN-ACK again: at the pace of challenge ACKs, and it counts as one (Linux tcp_check_req). */
export function mayRepeat(env: Environment, tcb: Tcb): boolean {
  if (env.now < tcb.challengeAfter) return false;
  tcb.challengeAfter = env.now + tcb.config.challengeAckIntervalUs;
  return true;
}

/** Where the configuration sets no pace, two ends that disagree still stay below a hundred ACKs a second. */
const LEAST_INTERVAL_US = 10_000;

/**
 * The ACK for a segment outside the window (RFC 9293 3.10.7.4, first). Two ends that disagree could answer each other's
 * bare ACKs for ever, so those share the pace of challenge ACKs (Linux tcp_invalid_ratelimit); what occupies sequence
 * numbers is always answered.
 */
export function answerOutside(env: Environment, tcb: Tcb, segment: Segment): void {
  if (segment.payloadLength === 0 && (segment.flags & (Flag.syn | Flag.fin)) === 0) {
    if (env.now < tcb.challengeAfter) return;
    tcb.challengeAfter = env.now + Math.max(tcb.config.challengeAckIntervalUs, LEAST_INTERVAL_US);
  }
  tcb.ackNow = true;
}
