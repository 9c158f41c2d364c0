import {
  Effect,
  type EffectSet,
  EVENT_COUNT,
  EVENT_NAMES,
  Event,
  IMPOSSIBLE,
  State,
  type StateSet,
  stateSet,
} from '../states/index.ts';
import { STATE_NAMES } from '../states/names.ts';
import type { Segment } from '../wire/index.ts';
import { acknowledgeFin, finMayWait } from './ack-policy.ts';
import { answerOutside, challenge, mayRepeat } from './challenge.ts';
import type { Environment } from './environment.ts';
import { Errno } from './errno.ts';
import { sendAckNow, sendProbe, sendReset, sendSyn, sendSynAck } from './output.ts';
import { OFF, type Tcb, TIMER_COUNT, Timer } from './tcb.ts';
import { setTimer } from './timers.ts';

/** What a waiting call or poll is told. */
export const SIGNALS: EffectSet =
  Effect.signalOpen |
  Effect.signalEof |
  Effect.signalClosed |
  Effect.signalReset |
  Effect.signalPipe |
  Effect.signalRefused |
  Effect.signalTimeout |
  Effect.signalAborted |
  Effect.signalSoftError;

const ERRORS: EffectSet =
  Effect.signalReset | Effect.signalPipe | Effect.signalRefused | Effect.signalTimeout | Effect.signalAborted;

const SENDS: EffectSet =
  Effect.sendSyn |
  Effect.sendSynAck |
  Effect.sendAck |
  Effect.challengeAck |
  Effect.sendFin |
  Effect.sendRst |
  Effect.replyRst |
  Effect.sendProbe;

const UNCONNECTED: StateSet = stateSet(State.closed, State.listen);

/** The control block goes, or becomes a small record of the host. */
const ENDS: EffectSet = Effect.startTimeWait | Effect.restartTimeWait | Effect.deleteTcb;

const ACTIONS: EffectSet = SENDS | ERRORS | ENDS | SIGNALS | Effect.orphan | Effect.startFinWait2;

/**
 * One row of the table: the only way from state to state. What the event itself carries (sequence variables, text) is
 * taken before; where the row ends the connection, everything due is sent first.
 */
export function step(env: Environment, tcb: Tcb, event: Event, segment: Segment | null): void {
  const from = tcb.state;
  const cell = from * EVENT_COUNT + event;
  env.lastCell = cell;
  const next = env.table.next[cell]!;
  if (next === IMPOSSIBLE) throw new Error(`${EVENT_NAMES[event]} in ${STATE_NAMES[from]} cannot be`);
  // Text has its own policy of acknowledging (RFC 9293 3.8.6.3): text.ts has set what is due.
  const effects = env.table.effects[cell]! & (event === Event.data ? ACTIONS & ~Effect.sendAck : ACTIONS);
  tcb.state = next as State;
  if (((1 << next) & UNCONNECTED) !== 0) countFailure(env, from);
  if (effects !== 0) runEffects(env, tcb, event, effects, segment);
  // Back to LISTEN: the listener goes on, the connection that it began is gone (RFC 9293 3.10.7.4, second).
  if (next === State.listen && from !== State.listen) {
    tcb.state = State.closed;
    remove(env, tcb);
  }
}

/** RFC 4022, tcpEstabResets and tcpAttemptFails: by which way a connection went to CLOSED, or back to LISTEN. */
function countFailure(env: Environment, from: State): void {
  if (from === State.established || from === State.closeWait) env.counters.EstabResets++;
  else if (from === State.synSent || from === State.synReceived) env.counters.AttemptFails++;
}

function runEffects(
  env: Environment,
  tcb: Tcb,
  event: Event,
  effects: EffectSet,
  segment: Segment | null,
): void {
  if ((effects & SENDS) !== 0) runSends(env, tcb, event, effects, segment);
  if ((effects & Effect.orphan) !== 0) tcb.orphan = true;
  if ((effects & ERRORS) !== 0) setError(env, tcb, event, effects);
  if ((effects & ENDS) !== 0) runEnds(env, tcb, effects);
  const signals = effects & SIGNALS;
  if (signals !== 0) {
    if ((signals & Effect.signalOpen) !== 0 && tcb.passive) {
      env.counters.PassiveOpens++;
      env.established(tcb);
    }
    env.wake(tcb, signals);
    if (tcb.shutdownPending && (signals & Effect.signalOpen) !== 0) step(env, tcb, Event.shutdownWrite, null);
  }
  // Last: it may end the connection through a row of its own.
  if ((effects & Effect.startFinWait2) !== 0) startFinWait2(env, tcb, segment);
}

/** ACK, text and FIN leave with the call of `output` that ends every entry into this folder. */
function runSends(
  env: Environment,
  tcb: Tcb,
  event: Event,
  effects: EffectSet,
  segment: Segment | null,
): void {
  if ((effects & Effect.sendAck) !== 0) sendAck(env, tcb, event, segment);
  if ((effects & Effect.sendFin) !== 0) tcb.finQueued = true;
  if ((effects & Effect.challengeAck) !== 0) challenge(env, tcb, event);
  if ((effects & Effect.sendSyn) !== 0) sendSyn(env, tcb);
  if ((effects & Effect.sendSynAck) !== 0 && (event !== Event.synAgain || mayRepeat(env, tcb))) {
    sendSynAck(env, tcb);
  }
  if ((effects & Effect.sendProbe) !== 0) sendProbe(env, tcb);
  if ((effects & Effect.sendRst) !== 0) sendReset(env, tcb);
  if ((effects & Effect.replyRst) !== 0 && segment !== null) env.replyReset(segment);
}

function sendAck(env: Environment, tcb: Tcb, event: Event, segment: Segment | null): void {
  if (event === Event.synAck && tcb.fastOpen?.waits === true) {
    setTimer(env, tcb, Timer.delayedAck, env.now + tcb.config.delayedAckMaxUs);
    tcb.ackPendingSegments++;
    tcb.pingpong = tcb.sent.lostBytes === 0;
    return;
  }
  const outside = event === Event.unacceptable || event === Event.pawsFailed || event === Event.ackOfUnsent;
  if (outside && segment !== null) answerOutside(env, tcb, segment);
  else if (event === Event.fin && finMayWait(tcb)) acknowledgeFin(env, tcb);
  else tcb.ackNow = true;
}

function setError(env: Environment, tcb: Tcb, event: Event, effects: EffectSet): void {
  if ((effects & Effect.signalTimeout) !== 0) {
    // The reason that ICMP gave meanwhile says more (RFC 9293 3.9.2.2; Linux tcp_write_err).
    tcb.error = tcb.softError !== 0 ? tcb.softError : Errno.ETIMEDOUT;
    env.counters.TCPAbortOnTimeout++;
  } else if ((effects & Effect.signalRefused) !== 0) {
    tcb.error = event === Event.icmpHard || event === Event.icmpSoft ? tcb.softError : Errno.ECONNREFUSED;
  } else if ((effects & Effect.signalPipe) !== 0) tcb.error = Errno.EPIPE;
  else tcb.error = Errno.ECONNRESET;
  tcb.softError = 0;
}

function runEnds(env: Environment, tcb: Tcb, effects: EffectSet): void {
  if ((effects & Effect.deleteTcb) !== 0) {
    remove(env, tcb);
    return;
  }
  if (tcb.ackNow) sendAckNow(env, tcb);
  if ((effects & Effect.startTimeWait) !== 0) release(env, tcb);
  env.enterTimeWait(tcb);
}

/** The control block is deleted. */
function remove(env: Environment, tcb: Tcb): void {
  tcb.ackNow = false;
  release(env, tcb);
  env.deleted(tcb);
}

/**
 * No timer runs and nothing waits to be sent any more; what was received stays while somebody may read it, which nobody
 * may before ESTABLISHED.
 */
function release(env: Environment, tcb: Tcb): void {
  for (let timer = 0; timer < TIMER_COUNT; timer++) tcb.timers[timer] = OFF;
  const bytes = tcb.send.bytes;
  tcb.send.reset();
  tcb.sent.reset();
  if (bytes > 0) env.accountMemory(-bytes);
  if (tcb.orphan || !tcb.synAcked) discardReceived(env, tcb);
}

/** Nobody will read what was received. */
export function discardReceived(env: Environment, tcb: Tcb): void {
  const receive = tcb.receive;
  const before = receive.bytes;
  if (before === 0) return;
  receive.consume(receive.readable);
  receive.dropRanges();
  if (receive.bytes !== before) env.accountMemory(receive.bytes - before);
}

/** Once nobody reads, FIN-WAIT-2 is only waiting for a FIN (Linux tcp_fin_timeout, TCP_LINGER2). */
function startFinWait2(env: Environment, tcb: Tcb, segment: Segment | null): void {
  if (!tcb.orphan) return;
  const limitUs = tcb.linger2Us === -1 ? tcb.config.finWait2Us : tcb.linger2Us;
  if (limitUs < 0) {
    // No waiting for a FIN at all: the peer is told by an RST.
    if (segment === null) sendReset(env, tcb);
    else env.replyReset(segment);
    step(env, tcb, Event.finWait2End, null);
    return;
  }
  if (limitUs > 0) setTimer(env, tcb, Timer.finWait2, env.now + limitUs);
  env.orphaned(tcb);
}
