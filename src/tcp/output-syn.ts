import { State } from '../states/index.ts';
import { Flag } from '../wire/index.ts';
import { synAckEcnFlags, synEcnFlags } from './ecn.ts';
import type { Environment } from './environment.ts';
import { writeSynAckOptions, writeSynOptions } from './options-out.ts';
import type { Outgoing } from './outgoing.ts';
import { acknowledged, begin } from './output-segment.ts';
import { segmentSent } from './recovery.ts';
import { OFF, type Tcb, Timer } from './tcb.ts';
import { setTimer } from './timers.ts';
import { armUserTimeout } from './user-timeout.ts';
import { offerSynWindow } from './window.ts';

/** RFC 9293 3.10.1, and again with each retransmission. */
export function sendSyn(env: Environment, tcb: Tcb): void {
  const out = begin(env, tcb, tcb.iss, Flag.syn | synEcnFlags(tcb));
  out.window = offerSynWindow(env, tcb);
  writeSynOptions(env, tcb, out);
  if (tcb.fastOpen !== null) env.fastOpen!.writeSyn(tcb, out);
  leave(env, tcb, out);
}

/** The answer to a SYN (RFC 9293 3.10.7.2, 3.10.7.3), and again with each retransmission. */
export function sendSynAck(env: Environment, tcb: Tcb): void {
  const out = begin(env, tcb, tcb.iss, Flag.syn | Flag.ack | synAckEcnFlags(tcb));
  out.window = offerSynWindow(env, tcb);
  if (tcb.config.keepSynDataUnacknowledged) out.ack = (tcb.irs + 1) | 0;
  writeSynAckOptions(env, tcb, out);
  if (tcb.fastOpen !== null && tcb.passive) out.extra = tcb.fastOpen.option;
  acknowledged(tcb);
  leave(env, tcb, out);
}

/**
 * CLOSE in SYN-RECEIVED led to FIN-WAIT-1 (RFC 9293 3.10.4): the SYN-ACK is what is outstanding still, and the FIN waits for
 * its ACK.
 */
export function resendSynAck(env: Environment, tcb: Tcb): void {
  if (tcb.timers[Timer.retransmit] === OFF) sendSynAck(env, tcb);
}

function leave(env: Environment, tcb: Tcb, out: Outgoing): void {
  // The timer runs from the first SYN on, so one that runs or was backed off tells of it.
  const again = tcb.backoff > 0 || tcb.timers[Timer.retransmit] !== OFF;
  if (tcb.config.ecn > 2) env.accEcn?.markSyn(tcb, out);
  env.counters.OutSegs++;
  if (tcb.backoff > 0) {
    env.counters.RetransSegs++;
    env.counters.TCPSynRetrans++;
  }
  env.transmit(tcb, out);
  const isFirst = tcb.state === State.synSent || tcb.state === State.synReceived;
  if (isFirst && !tcb.synAcked) {
    segmentSent(env, tcb, tcb.iss, 1, again);
  }
  setTimer(env, tcb, Timer.retransmit, env.now + tcb.rtoUs);
  armUserTimeout(env, tcb);
}
