import type { End } from '../../track/connection.ts';
import { hopsOf } from '../../track/habits.ts';
import type { Case } from '../cause.ts';
import { synArrived } from './peer.ts';

export function synOnly(k: Case): boolean {
  return k.server.segments === 0 && k.client.syns > 0 && k.client.segments === k.client.syns;
}

export function othersAccepted(k: Case): boolean {
  return (k.c.serverRecord?.accepted ?? 0) > 0;
}

export function icmpOf(k: Case, v4: readonly number[], v6: readonly number[]): boolean {
  return k.c.icmp.some((i) =>
    i.family === 4 ? i.type === 3 && v4.includes(i.code) : i.type === 1 && v6.includes(i.code),
  );
}

/** The kind of SYN that a scanner writes by hand: no option but MSS. */
export function handmadeSyn(end: End): boolean {
  return end.syns > 0 && end.windowScale < 0 && (end.optionKinds & ~0x1) === 0;
}

/** How long the SYN's answer took, seen from either side. */
export function answerDelayUs(k: Case): number {
  return Math.max(k.c.synRttUs, k.reset?.record.sinceReceiverUs ?? 0);
}

/** Of the server's SYN-ACKs from that port, else of its other connections; -1 where there are none. */
export function knownHopLimit(k: Case): number {
  const known = k.c.serverRecord?.hopLimit ?? -1;
  return known >= 0 ? known : k.server.habitualHopLimit;
}

/** Another host than the server refused the SYN. */
export function filteredPort(k: Case): boolean {
  const known = knownHopLimit(k);
  return known >= 0 && hopsOf(known) !== hopsOf(k.reset!.record.hopLimit);
}

/** No answer to the SYN of one of several connections to a port that answers: something on the way may have dropped it. */
export function droppedAmongOthers(k: Case): boolean {
  return synOnly(k) && !synArrived(k) && othersAccepted(k);
}

/** The same with routers on the way. */
export function droppedAcrossRouters(k: Case): boolean {
  if (!droppedAmongOthers(k)) return false;
  return hopsOf(k.c.serverRecord!.hopLimit) + hopsOf(k.client.hopLimit) > 0;
}

/** Linux numbers its SYNs (IP ID); one without a number was written by hand or by a proxy. */
export function unnumberedSyn(k: Case): boolean {
  return k.c.family === 4 && k.client.syns > 0 && k.client.synIdentification === 0;
}
