import { type Case, type Cause, neverFits } from './causes/cause.ts';
import { CAUSES } from './causes/index.ts';
import { judge } from './outcome.ts';
import type { PeerFacts } from './peer/facts.ts';
import { CLIENT, type Connection } from './track/connection.ts';
import type { LoggedSegment } from './track/log.ts';
import { NO_TRACES } from './track/traces.ts';
import type { CloseKind } from './types.ts';

/** Below this fit a cause does not explain what was seen. */
const FLOOR = 0.3;
/** Alternatives are kept while they fit at least this well beside the first. */
const BESIDE = 0.5;
const MAX_ALTERNATIVES = 4;
const USUAL = 0.6;
/** What a cause weighs that nothing speaks for but the capture's blind side. */
const UNSEEN = 0.05;
const MAX_UNSEEN = 3;
const MAX_UNSEEN_OPEN = 4;
const MAX_HALF_SEEN = 6;
/** From this fit on, a special cause leaves no room for the usual one beside it. */
const CERTAIN = 0.85;

/** A verdict before it is put into words. */
export interface Diagnosis {
  readonly case: Case;
  readonly cause: Cause | null;
  readonly alternatives: readonly Cause[];
  readonly confidence: number;
  /** With a second capture of the same traffic: what it adds. */
  readonly peer: PeerLook | null;
}

export interface PeerLook {
  readonly facts: PeerFacts;
  /** The other capture's clock minus this one's, microseconds. */
  readonly aheadUs: number;
  readonly here: Case;
  /** The other capture's case; null where it has nothing of the connection. */
  readonly there: Case | null;
  /** The one of both that the cause was judged on. */
  readonly basis: Case;
  /** This capture's packets by the other one's packet numbers, where both have them. */
  readonly pairs: ReadonlyMap<number, LoggedSegment>;
}

/** A cause and how well it fits. */
export interface Fitting {
  readonly cause: Cause;
  readonly fit: number;
}

/** One question about a case, as records of one shape: causes differ in theirs, which is slow to read (measured). */
interface Question {
  readonly cause: Cause;
  readonly fit: (k: Case) => number;
}

type Questions = ReadonlyMap<CloseKind, readonly Question[]>;

const NONE: readonly Cause[] = [];
const UNASKED: readonly Question[] = [];
const BY_KIND: Questions = byKind(CAUSES);
const PLAIN_BY_KIND: Questions = byKind(CAUSES.filter((cause) => !cause.needsOddity));

function byKind(causes: readonly Cause[]): Questions {
  const map = new Map<CloseKind, Question[]>();
  for (const cause of causes.filter((one) => one.fit !== neverFits)) {
    const question = { cause, fit: cause.fit };
    for (const kind of cause.kinds) {
      const list = map.get(kind);
      if (list === undefined) map.set(kind, [question]);
      else list.push(question);
    }
  }
  return map;
}

/** Judges how the connection ended and which causes fit, the best first. */
export function diagnose(c: Connection, captureEndUs: number, mslUs: number): Diagnosis {
  const k = makeCase(c, captureEndUs, mslUs);
  const diagnosis = conclude(k, isDeaf(k) ? [] : rankCauses(k));
  diagnosis.cause?.implies?.(k);
  return diagnosis;
}

/** A SYN without answer means nothing where the capture has no answer to any SYN, though clients went on. */
function isDeaf({ c, o }: Case): boolean {
  return o.closeKind === 'connect-timeout' && (c.serverRecord?.unheard ?? 0) > c.serverRecord!.accepted;
}

/** The causes that fit, the best first. */
export function rankCauses(k: Case): Fitting[] {
  const fitting: Fitting[] = [];
  for (const question of (isOdd(k) ? BY_KIND : PLAIN_BY_KIND).get(k.o.closeKind) ?? UNASKED) {
    const fit = question.fit(k);
    if (fit >= FLOOR) fitting.push({ cause: question.cause, fit });
  }
  if (fitting.length > 1) fitting.sort((a, b) => rankOf(b) - rankOf(a));
  return fitting;
}

/** Anything but a handshake, text and FINs in both directions, of which some may have gone again. */
export function isOdd({ c, client, server, peer }: Case): boolean {
  return (
    c.resetCount + c.icmp.length + c.foreign + c.strangeSyns + c.badAnswers + c.pawsDrops + c.synAckAfterAck >
      0 ||
    c.traces !== NO_TRACES ||
    c.previous !== null ||
    c.simultaneousOpen ||
    c.selfConnected ||
    client.idsLeftOut + server.idsLeftOut > 0 ||
    peer !== null
  );
}

/** A close as usual explains nothing that a special cause explains too. */
export function rankOf(f: Fitting): number {
  return f.cause.usual ? f.fit * USUAL : f.fit;
}

export function conclude(k: Case, fitting: readonly Fitting[]): Diagnosis {
  if (fitting.length === 0)
    return { case: k, cause: null, alternatives: unseenBeside(k, null, []), confidence: 0, peer: null };
  const best = fitting[0]!;
  const beside = fitting
    .slice(1)
    .filter((f) => rankOf(f) >= rankOf(best) * BESIDE && !(f.cause.usual && best.fit >= CERTAIN))
    .slice(0, MAX_ALTERNATIVES);
  const named = beside.map((f) => f.cause);
  const unseen = unseenBeside(k, best.cause, named);
  const weight = beside.reduce((sum, f) => sum + f.fit, best.fit) + UNSEEN * unseen.length;
  return {
    case: k,
    cause: best.cause,
    alternatives: unseen.length === 0 ? named : [...named, ...unseen],
    confidence: (best.fit * best.fit) / weight,
    peer: null,
  };
}

const BLIND: readonly Question[] = questions((cause) => cause.unseen);
const HALF_BLIND: readonly Question[] = questions((cause) => cause.halfSeen);

function questions(fitOf: (cause: Cause) => ((k: Case) => number) | undefined): readonly Question[] {
  return CAUSES.flatMap((cause) => {
    const fit = fitOf(cause);
    return fit === undefined ? [] : [{ cause, fit }];
  });
}

/** What may have happened besides in what this capture does not show: on the far side, or in the other direction. */
function unseenBeside(k: Case, best: Cause | null, named: readonly Cause[]): readonly Cause[] {
  if (best !== null && k.c.client.segments * k.c.server.segments === 0)
    return besides(HALF_BLIND, k, best, named, MAX_HALF_SEEN);
  const quiet = best === null ? k.o.closeKind === 'open' : best.usual === true;
  if (!quiet || !k.o.established) return NONE;
  const most = best === null ? MAX_UNSEEN_OPEN : MAX_UNSEEN;
  return besides(BLIND, k, best, named, most);
}

/** Those of the causes that may be it, the likeliest first, without what is named already. */
function besides(
  asked: readonly Question[],
  k: Case,
  best: Cause | null,
  named: readonly Cause[],
  most: number,
): readonly Cause[] {
  let found: Fitting[] | null = null;
  for (const { cause, fit: fitOf } of asked) {
    const fit = fitOf(k);
    if (fit <= 0 || cause === best || named.includes(cause)) continue;
    if (found === null) found = [];
    found.push({ cause, fit });
  }
  if (found === null) return NONE;
  if (found.length > 1) found.sort((a, b) => b.fit - a.fit);
  return found.slice(0, most).map((f) => f.cause);
}

function makeCase(c: Connection, captureEndUs: number, mslUs: number): Case {
  const o = judge(c, captureEndUs, mslUs);
  const { client, server } = c;
  const from = o.reset?.record.from ?? -1;
  const first = c.firstFinFrom;
  return {
    c,
    o,
    client,
    server,
    reset: o.reset,
    sender: from < 0 ? null : from === CLIENT ? client : server,
    receiver: from < 0 ? null : from === CLIENT ? server : client,
    closer: first < 0 ? null : first === CLIENT ? client : server,
    passive: first < 0 ? null : first === CLIENT ? server : client,
    opener: openerOf(c),
    peer: null,
  };
}

function openerOf(c: Connection): Case['opener'] {
  const { client, server } = c;
  if (client.firstDataAtUs < 0) return server.firstDataAtUs < 0 ? null : server;
  return server.firstDataAtUs < 0 || client.firstDataAtUs <= server.firstDataAtUs ? client : server;
}
