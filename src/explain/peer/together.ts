import type { Case } from '../causes/cause.ts';
import { answersUntranslated } from '../causes/signs/peer.ts';
import { conclude, type Diagnosis, type Fitting, type PeerLook, rankCauses, rankOf } from '../diagnosis.ts';
import {
  BOTH,
  firstCloserOf,
  MIDDLEBOX,
  NOBODY,
  type Outcome,
  type ResetFacts,
  resetFacts,
} from '../outcome.ts';
import { CLIENT, type Connection, SERVER } from '../track/connection.ts';
import type { ResetRecord } from '../track/records.ts';
import type { PeerFacts } from './facts.ts';
import { nameOf } from './report.ts';

/** The case of one capture with what the other one adds: above all, who really sent an RST. */
export function withPeer(k: Case, peer: PeerFacts): Case {
  if (k.reset === null) return { ...k, peer };
  const resets = k.c.resets.map((r) => checkSender({ ...k, peer, reset: resetFacts(k.c, r) }));
  const reset = resets.find((r) => r.accepted) ?? resets[0]!;
  const o: Outcome = {
    ...k.o,
    reset,
    rstSender: reset.foreign !== null ? MIDDLEBOX : reset.record.from,
    firstCloser: firstCloserOf(k.c, k.o.closeKind, reset),
  };
  const from = k.c.end(reset.record.from);
  return { ...k, peer, o, reset, sender: from, receiver: k.c.end(1 - reset.record.from) };
}

/** What arrives in a host's name and is not in the capture taken at that host, that host did not send. */
function checkSender(k: Case): ResetFacts {
  const reset = k.reset!;
  const peer = k.peer!;
  const { from, packet } = reset.record;
  if (peer.at === NOBODY || peer.at === from || peer.other === null) return reset;
  if (peer.onlyHere.some((s) => s.packet === packet)) {
    // Sent to an address of which the other capture knows nothing in this connection.
    if (answersUntranslated(k)) return { ...reset, foreign: null };
    return { ...reset, foreign: `the capture at the ${nameOf(from)} does not have it` };
  }
  return reset.foreign !== null && isPaired(peer.other.c, reset.record) ? { ...reset, foreign: null } : reset;
}

function isPaired(other: Connection, r: ResetRecord): boolean {
  return other.resets.some(
    (x) => x.from === r.from && x.seq === r.seq && x.ack === r.ack && x.flags === r.flags,
  );
}

/**
 * One verdict from both captures. A capture whose every packet the other one has too knows nothing that the other does
 * not: then the other one decides. Where each has packets of its own, both decide, and what only one saw counts.
 */
export function judgeTogether(
  here: Case,
  there: Case | null,
  aheadUs: number,
  pairs: PeerLook['pairs'],
): Diagnosis {
  const facts = here.peer!;
  const own = rankCauses(here);
  const others = there === null ? [] : rankCauses(there);
  const choice = there === null ? HERE : decide(own, others, facts);
  const basis = choice.there ? there! : here;
  const fitting = choice.merge ? merge(own, others) : choice.there ? others : own;
  const k = there === null ? here : { ...here, o: joined(here, there, basis, aheadUs) };
  return { ...conclude(k, fitting), peer: { facts, aheadUs, here, there, basis, pairs } };
}

interface Choice {
  readonly there: boolean;
  readonly merge: boolean;
}

const HERE: Choice = { there: false, merge: false };
const THERE: Choice = { there: true, merge: false };

function decide(own: readonly Fitting[], others: readonly Fitting[], facts: PeerFacts): Choice {
  if (others.length === 0) return HERE;
  if (own.length === 0) return THERE;
  const more = facts.onlyHere.length > 0;
  const moreThere = facts.onlyThere.length > 0;
  if (more !== moreThere) return more ? HERE : THERE;
  const [a, b] = [own[0]!, others[0]!];
  const there = isUsual(a) === isUsual(b) ? rankOf(b) > rankOf(a) : isUsual(a);
  return { there, merge: true };
}

/** An ordinary close is what is seen where nothing else is: anything else that was seen goes before it. */
function isUsual({ cause }: Fitting): boolean {
  return cause.usual === true;
}

/** Each cause as well as it fits either capture; ordinary closes only where neither shows anything else. */
function merge(own: readonly Fitting[], others: readonly Fitting[]): Fitting[] {
  const best = new Map<string, Fitting>();
  const extraordinary = !isUsual(own[0]!) || !isUsual(others[0]!);
  for (const f of [...own, ...others]) {
    if (extraordinary && isUsual(f)) continue;
    const have = best.get(f.cause.id);
    if (have === undefined || f.fit > have.fit) best.set(f.cause.id, f);
  }
  return [...best.values()].sort((a, b) => rankOf(b) - rankOf(a));
}

/** How it ended as the deciding capture shows it; where TIME-WAIT is, as the capture at that end shows it. */
function joined(here: Case, there: Case, basis: Case, aheadUs: number): Outcome {
  const o = basis.o;
  const holds = (end: number): boolean => {
    const near = here.peer!.at === end ? here : here.peer!.at === NOBODY ? basis : there;
    return near.o.timeWait === end || near.o.timeWait === BOTH;
  };
  const [client, server] = [holds(CLIENT), holds(SERVER)];
  const timeWait = client ? (server ? BOTH : CLIENT) : server ? SERVER : NOBODY;
  const untilUs = here.o.timeWait !== NOBODY ? here.o.timeWaitUntilUs : there.o.timeWaitUntilUs - aheadUs;
  return {
    ...here.o,
    established: here.o.established || there.o.established,
    closeKind: o.closeKind,
    closeForm: o.closeForm,
    firstCloser: o.firstCloser,
    rstSender: o.rstSender,
    timeWait,
    timeWaitUntilUs: timeWait === NOBODY ? -1 : untilUs,
  };
}
