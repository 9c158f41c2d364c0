import {
  Acks,
  classify,
  Effect,
  EVENT_COUNT,
  Event,
  type EventSet,
  Facts,
  firstEvent,
  State,
  stateSet,
  Where,
} from '../states/index.ts';
import { Flag, OptionBit, type Segment } from '../wire/index.ts';
import { takeAck, takeUrgent } from './ack.ts';
import { challenge } from './challenge.ts';
import { step } from './effects.ts';
import type { Environment } from './environment.ts';
import { acksInHandshake, factsOf, isOpenToLinux, isRecord, predicted } from './facts.ts';
import { endOf, finIsNext, noteEarlyFin, takeFin } from './fin.ts';
import { takeSyn } from './open.ts';
import { output } from './output.ts';
import { type Tcb, Timer } from './tcb.ts';
import { takeOldText, takeText } from './text.ts';
import { setTimer } from './timers.ts';

/** Nothing is sent any more by the control block itself. */
const OVER = stateSet(State.closed, State.listen, State.timeWait);

/** States whose peer may still send text. */
const RECEIVING = stateSet(State.synReceived, State.established, State.finWait1, State.finWait2);

const ACK: EventSet = 1 << Event.ack;

const ACK_RST_SYN = Flag.ack | Flag.rst | Flag.syn;

const facts = new Facts();

/** RFC 9293 3.10.7 for a connection in SYN-SENT or later: the table says what happens, in the order of the text. */
export function segmentArrives(env: Environment, tcb: Tcb, segment: Segment): void {
  if (missesTimestamps(tcb, segment)) return;
  tcb.accEcn?.arrives(env, tcb, segment);
  let events = predicted(tcb, segment);
  if ((events & ACK) !== 0) {
    takeNext(env, tcb, segment, events);
    return;
  }
  if (events === 0) {
    // Linux asks for the flags before anything else (tcp_rcv_established, tcp_rcv_state_process).
    if ((segment.flags & ACK_RST_SYN) === 0 && isOpenToLinux(tcb)) return;
    factsOf(env, tcb, segment, facts);
    events = classify(facts, tcb.state);
  } else facts.where = Where.exact;
  const where = facts.where;
  const isAgain = where === Where.overlap && ((endOf(segment) - tcb.rcvNxt) | 0) <= 0;
  let accepted = false;
  for (; events !== 0; events &= events - 1) {
    const event = firstEvent(events);
    if (!prepare(env, tcb, event, segment, where)) break;
    step(env, tcb, event, segment);
    if (((1 << tcb.state) & OVER) !== 0) return;
    if (event === Event.ack || event === Event.ackOfFin) accepted = true;
  }
  if (accepted && isAgain) takeOldText(env, tcb, segment);
  else if (accepted) finish(tcb, segment, where);
  output(env, tcb);
}

/** What header prediction has found; nothing else needs to be asked. */
function takeNext(env: Environment, tcb: Tcb, segment: Segment, events: EventSet): void {
  takeAck(env, tcb, segment);
  step(env, tcb, Event.ack, segment);
  if (events !== ACK) {
    if (delivers(env, tcb)) takeText(env, tcb, segment);
    step(env, tcb, Event.data, segment);
  }
  if (((1 << tcb.state) & OVER) === 0) output(env, tcb);
}

/** RFC 7323 3.2: once agreed, timestamps are on every segment but an RST. */
function missesTimestamps(tcb: Tcb, segment: Segment): boolean {
  if (!tcb.timestampsOk || !tcb.config.requireTimestamps) return false;
  return (segment.optionKinds & OptionBit.timestamps) === 0 && (segment.flags & (Flag.rst | Flag.syn)) === 0;
}

/**
 * What the event's segment carries goes into the control block before the row that it takes. False: the segment ends here,
 * for what it carries could not be taken.
 */
function prepare(env: Environment, tcb: Tcb, event: Event, segment: Segment, where: number): boolean {
  switch (event) {
    case Event.ack:
    case Event.ackOfFin:
    case Event.ackOfSyn:
      if (tcb.orphan && isRecord(tcb) && segment.ack !== tcb.sndNxt) return true;
      takeAck(env, tcb, segment);
      if ((segment.flags & Flag.urg) !== 0 && isReceiving(tcb)) takeUrgent(env, tcb, segment);
      return true;
    case Event.data:
      if (delivers(env, tcb)) takeText(env, tcb, segment);
      return true;
    case Event.fin:
      if (tcb.finTaken || !finIsNext(tcb, segment)) return false;
      takeFin(env, tcb);
      return true;
    case Event.synOnConnection:
      if (!tcb.config.insecureSyn || (where & (Where.exact | Where.ahead)) !== 0) return true;
      challenge(env, tcb, event);
      return false;
    case Event.syn:
      takeSyn(env, tcb, segment);
      return true;
    case Event.synAck:
      if (tcb.state === State.synSent) takeSyn(env, tcb, segment);
      else if (repeatsSyn(env, tcb)) takeOldText(env, tcb, segment);
      takeAck(env, tcb, segment);
      if (tcb.fastOpen !== null) env.fastOpen!.synAckArrived(tcb, segment);
      return true;
    default:
      count(env, tcb, event, segment);
      return true;
  }
}

/** A SYN-RECEIVED that is about to be ESTABLISHED included. */
function isReceiving(tcb: Tcb): boolean {
  return ((1 << tcb.state) & RECEIVING) !== 0;
}

/** Linux: the SYN in the SYN-ACK is one that came before, where SYNs crossed. */
function repeatsSyn(env: Environment, tcb: Tcb): boolean {
  return (env.table.effects[tcb.state * EVENT_COUNT + Event.synAck]! & Effect.sendAck) !== 0;
}

function delivers(env: Environment, tcb: Tcb): boolean {
  return (env.table.effects[tcb.state * EVENT_COUNT + Event.data]! & Effect.deliver) !== 0;
}

/** Events that only leave a trace. */
function count(env: Environment, tcb: Tcb, event: Event, segment: Segment): void {
  const counters = env.counters;
  if (event === Event.unacceptable || event === Event.finAgain) {
    if (!isRecord(tcb)) takeOldText(env, tcb, segment);
  } else if (event === Event.pawsFailed) counters.PAWSEstab++;
  else if (event === Event.dataAfterClose) counters.TCPAbortOnData++;
  else if (event === Event.rstPassive) counters.EmbryonicRsts++;
  else if (tcb.state === State.synSent && (segment.flags & Flag.ack) !== 0) hasten(env, tcb, segment);
}

/** Linux tcp_rcv_synsent_state_process: an end that was half-open is cleaned by now, so the first SYN goes again soon. */
function hasten(env: Environment, tcb: Tcb, segment: Segment): void {
  const delayUs = tcb.config.badAckSynUs;
  if (acksInHandshake(tcb, segment) === Acks.plain) return;
  if (delayUs > 0 && tcb.backoff === 0) setTimer(env, tcb, Timer.retransmit, env.now + delayUs);
}

/** What an acceptable segment has besides its events: a FIN that is early, text beyond the window. */
function finish(tcb: Tcb, segment: Segment, where: number): void {
  const flags = segment.flags;
  if (!isReceiving(tcb)) return;
  const beyond = (segment.seq + segment.payloadLength - tcb.rcvAdv) | 0;
  if ((flags & Flag.fin) !== 0) {
    if (beyond >= 0) tcb.ackNow = true;
    else if (where === Where.ahead) noteEarlyFin(tcb, segment);
  } else if (beyond > 0) tcb.ackNow = true;
}
