import { Event, IMPOSSIBLE, next, State } from '../states/index.ts';
import type { Segment } from '../wire/index.ts';
import { step } from './effects.ts';
import type { Environment } from './environment.ts';
import { isFastChild } from './fast-open.ts';
import type { IcmpErrors } from './icmp-errors.ts';
import { output } from './output.ts';
import { packetTooBig } from './pmtu.ts';
import type { Tcb } from './tcb.ts';

function meaningOf(errors: IcmpErrors, { icmpFamily, icmpType: type, icmpCode: code }: Segment): number {
  if (icmpFamily === 4) {
    if (type === 3) return errors.unreachable4[code] ?? 0;
    if (type === 11) return errors.exceeded[code] ?? errors.exceeded[0]!;
    // Source quench (type 4) is to be discarded (RFC 9293 MUST-55).
    return type === 12 ? (errors.parameter4[code] ?? errors.parameter4[0]!) : 0;
  }
  if (type === 1) return errors.unreachable6[code] ?? 0;
  if (type === 3) return errors.exceeded[code] ?? errors.exceeded[0]!;
  return type === 4 ? (errors.parameter6[code] ?? errors.parameter6[0]!) : 0;
}

function isTooBig(segment: Segment): boolean {
  if (segment.icmpFamily === 4) return segment.icmpType === 3 && segment.icmpCode === 4;
  return segment.icmpType === 2;
}

/** Linux tcp_v4_err, tcp_v6_err: of IPv4, no route, time exceeded and a bad parameter; of IPv6, what is hard. */
function endsRequest(segment: Segment, meaning: number): boolean {
  if (segment.icmpFamily === 6) return meaning < 0;
  return segment.icmpType !== 3 || segment.icmpCode <= 1;
}

/** RFC 9293 3.9.2.2 with the checks of RFC 5927 4.1: the quoted segment must be one that is under way. */
export function icmpArrives(env: Environment, tcb: Tcb, segment: Segment): void {
  const state = tcb.state;
  const oldest = tcb.state === State.synReceived ? tcb.iss : tcb.sndUna;
  if (((segment.seq - oldest) | 0) < 0 || ((segment.seq - tcb.sndNxt) | 0) > 0 || isNext(tcb, segment)) {
    env.counters.OutOfWindowIcmps++;
    return;
  }
  if (isTooBig(segment)) {
    if (!tcb.config.pathMtuDiscovery || state === State.closed || state === State.timeWait) return;
    packetTooBig(env, tcb, segment.icmpMtu);
    if (state === State.synSent && tcb.fastOpen !== null) env.fastOpen!.synWasTooBig(tcb);
    output(env, tcb);
    return;
  }
  const meaning = meaningOf(tcb.config.icmpErrors, segment);
  if (meaning === 0) return;
  if (tcb.passive && !isFastChild(tcb) && state === State.synReceived && tcb.config.steadyRequests) {
    if (!endsRequest(segment, meaning)) return;
    tcb.softError = Math.abs(meaning);
    step(env, tcb, Event.icmpHard, null);
    return;
  }
  const event = meaning < 0 ? Event.icmpHard : Event.icmpSoft;
  if (next(env.table, state, event) === IMPOSSIBLE) return;
  tcb.softError = Math.abs(meaning);
  step(env, tcb, event, null);
}

/** SND.NXT itself has not left yet (FreeBSD tcp_ctlinput). */
function isNext(tcb: Tcb, segment: Segment): boolean {
  return tcb.config.quietIcmp && segment.seq === tcb.sndNxt;
}
