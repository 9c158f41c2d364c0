import { Event, IMPOSSIBLE, next, State } from '../states/index.ts';
import type { Segment } from '../wire/index.ts';
import { step } from './effects.ts';
import type { Environment } from './environment.ts';
import { Errno } from './errno.ts';
import { output } from './output.ts';
import { packetTooBig } from './pmtu.ts';
import type { Tcb } from './tcb.ts';

/** The errno that a message stands for; hard ones negative, 0 for what is no error of the connection. */
type Meaning = number;

/** Destination Unreachable of ICMP by code (RFC 1122 4.2.3.9; errors and hardness as Linux icmp_err_convert). */
const UNREACHABLE4: readonly Meaning[] = [
  Errno.ENETUNREACH,
  Errno.EHOSTUNREACH,
  -Errno.ENOPROTOOPT,
  -Errno.ECONNREFUSED,
  0,
  Errno.EOPNOTSUPP,
  -Errno.ENETUNREACH,
  -Errno.EHOSTDOWN,
  -Errno.ENONET,
  -Errno.ENETUNREACH,
  -Errno.EHOSTUNREACH,
  Errno.ENETUNREACH,
  Errno.EHOSTUNREACH,
  -Errno.EHOSTUNREACH,
  -Errno.EHOSTUNREACH,
  -Errno.EHOSTUNREACH,
];

/** Destination Unreachable of ICMPv6 by code (RFC 4443 3.1). */
const UNREACHABLE6: readonly Meaning[] = [
  Errno.ENETUNREACH,
  -Errno.EACCES,
  Errno.EHOSTUNREACH,
  Errno.EHOSTUNREACH,
  -Errno.ECONNREFUSED,
  -Errno.EACCES,
  -Errno.EACCES,
];

function meaning4(type: number, code: number): Meaning {
  if (type === 3) return UNREACHABLE4[code] ?? 0;
  if (type === 11) return Errno.EHOSTUNREACH;
  // Source quench (type 4) is to be discarded (RFC 9293 MUST-55).
  return type === 12 ? Errno.EPROTO : 0;
}

function meaning6(type: number, code: number): Meaning {
  if (type === 1) return UNREACHABLE6[code] ?? 0;
  if (type === 3) return Errno.EHOSTUNREACH;
  return type === 4 ? Errno.EPROTO : 0;
}

function isTooBig(segment: Segment): boolean {
  if (segment.icmpFamily === 4) return segment.icmpType === 3 && segment.icmpCode === 4;
  return segment.icmpType === 2;
}

/** Linux tcp_v4_err, tcp_v6_err: of IPv4, no route, time exceeded and a bad parameter; of IPv6, what is hard. */
function endsRequest(segment: Segment, meaning: Meaning): boolean {
  if (segment.icmpFamily === 6) return meaning < 0;
  return segment.icmpType !== 3 || segment.icmpCode <= 1;
}

/** RFC 9293 3.9.2.2 with the checks of RFC 5927 4.1: the quoted segment must be one that is under way. */
export function icmpArrives(env: Environment, tcb: Tcb, segment: Segment): void {
  const state = tcb.state;
  if (((segment.seq - tcb.sndUna) | 0) < 0 || ((segment.seq - tcb.sndNxt) | 0) > 0 || isNext(tcb, segment)) {
    env.counters.OutOfWindowIcmps++;
    return;
  }
  if (isTooBig(segment)) {
    if (!tcb.config.pathMtuDiscovery || state === State.closed || state === State.timeWait) return;
    packetTooBig(env, tcb, segment.icmpMtu);
    output(env, tcb);
    return;
  }
  const { icmpType: type, icmpCode: code } = segment;
  const meaning = segment.icmpFamily === 4 ? meaning4(type, code) : meaning6(type, code);
  if (meaning === 0) return;
  if (tcb.passive && state === State.synReceived && tcb.config.steadyRequests) {
    if (!endsRequest(segment, meaning)) return;
    tcb.softError = Math.abs(meaning);
    step(env, tcb, Event.icmpHard, null);
    return;
  }
  const event = meaning < 0 ? Event.icmpHard : Event.icmpSoft;
  if (next(env.table, state, event) === IMPOSSIBLE) return;
  const refused = tcb.config.icmpRefuses && event === Event.icmpHard && state === State.synSent;
  tcb.softError = refused ? Errno.ECONNREFUSED : Math.abs(meaning);
  step(env, tcb, event, null);
}

/** SND.NXT itself has not left yet (FreeBSD tcp_ctlinput). */
function isNext(tcb: Tcb, segment: Segment): boolean {
  return tcb.config.icmpRefuses && segment.seq === tcb.sndNxt;
}
