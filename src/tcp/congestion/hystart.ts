import type { Environment } from '../environment.ts';
import type { Tcb } from '../tcb.ts';
import { smss } from './window.ts';

/** Linux tcp_cubic.c: hystart_low_window, in segments; hystart_ack_delta_us. */
const LEAST_WINDOW = 16;
const ACK_GAP_US = 2_000;
/** Samples of a round that are looked at, and the bounds of how much longer the round trip must have become. */
const SAMPLES = 8;
const LEAST_DELAY_US = 4_000;
const MOST_DELAY_US = 16_000;
/** Linux sk_gso_max_size, four of which the pace may have held back, a millisecond at most (hystart_ack_delay). */
const LARGEST_BURST = 4 * 65_536;
const MOST_BURST_US = 1_000;
const LATENCY_AFTER_EPOCH_US = 1_000_000;

interface Round {
  iss: number;
  found: boolean;
  leastUs: number;
  startedAt: number;
  lastAckAt: number;
  end: number;
  roundLeastUs: number;
  samples: number;
}

/**
 * Hybrid slow start (Ha and Rhee 2011) as Linux's CUBIC has it (hystart_update): slow start ends before the queue overflows, where the ACKs of a round
 * come in a train as long as half of the least round trip, or the round trip has grown by an eighth. Set `host.inSlowStart` to `acked`.
 */
export class HybridSlowStart {
  readonly #rounds: WeakMap<Tcb, Round> = new WeakMap();

  readonly acked = (env: Environment, tcb: Tcb): void => {
    if (tcb.config.congestion !== 'cubic') return;
    const { now } = env;
    // Right after fast recovery the delay says little.
    if (tcb.cubicEpochAt !== 0 && now - tcb.cubicEpochAt < LATENCY_AFTER_EPOCH_US) return;
    const round = this.#roundOf(tcb, now);
    const rttUs = Math.max(tcb.rackRttUs, 1);
    if (rttUs < round.leastUs) round.leastUs = rttUs;
    if (round.found) return;
    if (((tcb.sndUna - round.end) | 0) > 0) begin(round, tcb, now);
    if (tcb.cwnd < LEAST_WINDOW * smss(tcb)) return;
    if (isTrain(round, tcb, now) || isSlower(round, rttUs)) {
      round.found = true;
      tcb.ssthresh = tcb.cwnd;
    }
  };

  #roundOf(tcb: Tcb, now: number): Round {
    const known = this.#rounds.get(tcb);
    // Control blocks are used again; a timeout forgets everything (bictcp_reset).
    if (known !== undefined && known.iss === tcb.iss && !(tcb.cubicAfterTimeout && known.found)) return known;
    const round: Round = {
      iss: tcb.iss,
      found: false,
      leastUs: Number.POSITIVE_INFINITY,
      startedAt: now,
      lastAckAt: now,
      end: tcb.sndUna,
      roundLeastUs: Number.POSITIVE_INFINITY,
      samples: 0,
    };
    begin(round, tcb, now);
    this.#rounds.set(tcb, round);
    return round;
  }
}

function begin(round: Round, tcb: Tcb, now: number): void {
  round.startedAt = now;
  round.lastAckAt = now;
  round.end = tcb.sndNxt;
  round.roundLeastUs = Number.POSITIVE_INFINITY;
  round.samples = 0;
}

/** ACKs close together, for longer than half of the least round trip. */
function isTrain(round: Round, tcb: Tcb, now: number): boolean {
  if (now - round.lastAckAt > ACK_GAP_US) return false;
  round.lastAckAt = now;
  const bytesPerUs = tcb.srttUs > 0 ? (2 * tcb.cwnd) / tcb.srttUs : Number.POSITIVE_INFINITY;
  const burstUs = Math.min(MOST_BURST_US, LARGEST_BURST / bytesPerUs);
  return now - round.startedAt > (round.leastUs + burstUs) / 2;
}

/** The least of the first round trips of the round is longer than the least ever by more than jitter. */
function isSlower(round: Round, rttUs: number): boolean {
  if (rttUs < round.roundLeastUs) round.roundLeastUs = rttUs;
  if (round.samples < SAMPLES) {
    round.samples++;
    return false;
  }
  const jitterUs = Math.min(Math.max(round.leastUs / 8, LEAST_DELAY_US), MOST_DELAY_US);
  return round.roundLeastUs > round.leastUs + jitterUs;
}
