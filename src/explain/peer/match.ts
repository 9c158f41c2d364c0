import { Flag } from '../../wire/segment.ts';
import { type LoggedSegment, Note } from '../track/log.ts';

/** One packet as each of the two captures has it. */
export interface Pair {
  readonly here: LoggedSegment;
  readonly there: LoggedSegment;
}

export interface Matching {
  readonly pairs: readonly Pair[];
  readonly onlyHere: readonly LoggedSegment[];
  readonly onlyThere: readonly LoggedSegment[];
}

/** What the path leaves alone; PSH goes astray where segments are joined or cut. */
const LASTING_FLAGS = Flag.syn | Flag.fin | Flag.rst | Flag.ack;
/** No queue holds a packet longer than this beyond the usual way. */
const QUEUE_US = 1_500_000;

interface Alike {
  readonly here: LoggedSegment[];
  readonly there: LoggedSegment[];
}

/**
 * Finds the packets of one connection that both captures have. Addresses, ports, TTL, window, options and checksums
 * may change on the way; sequence space, flags and length say what a packet is, and IP ID, timestamp and time tell
 * its repetitions apart. Data that one capture has joined or cut (offload) is matched by byte ranges.
 */
export function matchSegments(here: readonly LoggedSegment[], there: readonly LoggedSegment[]): Matching {
  const groups = groupAlike(here, there);
  const marks = new Marks(groups);
  const pairs: Pair[] = [];
  for (const g of groups) {
    if (g.here.length === 1 && g.there.length === 1 && marks.agree(g.here[0]!, g.there[0]!))
      pairs.push({ here: g.here[0]!, there: g.there[0]! });
  }
  const ways = [wayUs(pairs, 0), wayUs(pairs, 1)] as const;
  for (const g of groups) {
    if (g.here.length > 0 && g.there.length > 0 && g.here.length + g.there.length > 2)
      pairRepetitions(g, marks, ways, pairs);
  }
  const taken = new Set<LoggedSegment>();
  for (const p of pairs) taken.add(p.here).add(p.there);
  const left = (list: readonly LoggedSegment[]): LoggedSegment[] => list.filter((s) => !taken.has(s));
  const parts = matchRanges(left(here), left(there), marks, ways);
  for (const p of parts) taken.add(p.here).add(p.there);
  for (const s of parts.flatMap((p) => p.parts)) taken.add(s);
  pairs.push(...parts.map(({ here: h, there: t }) => ({ here: h, there: t })));
  pairs.sort((a, b) => a.here.packet - b.here.packet);
  return { pairs, onlyHere: left(here), onlyThere: left(there) };
}

function groupAlike(here: readonly LoggedSegment[], there: readonly LoggedSegment[]): Alike[] {
  const groups = new Map<string, Alike>();
  const add = (s: LoggedSegment, side: keyof Alike): void => {
    const ack = (s.flags & Flag.ack) === 0 ? '' : s.ack;
    const key = `${s.direction} ${s.flags & LASTING_FLAGS} ${s.seq} ${ack} ${s.length}`;
    let g = groups.get(key);
    if (g === undefined) {
      g = { here: [], there: [] };
      groups.set(key, g);
    }
    g[side].push(s);
  };
  for (const s of here) add(s, 'here');
  for (const s of there) add(s, 'there');
  return [...groups.values()];
}

/** Which of the marks that tell repetitions apart come through unchanged on this path, for each direction. */
class Marks {
  private readonly ids: readonly boolean[];
  private readonly stamps: readonly boolean[];

  constructor(groups: readonly Alike[]) {
    const ids = [0, 0];
    const stamps = [0, 0];
    for (const g of groups) {
      if (g.here.length !== 1 || g.there.length !== 1) continue;
      const { direction } = g.here[0]!;
      ids[direction]! += compareIds(g.here[0]!, g.there[0]!);
      stamps[direction]! += compareStamps(g.here[0]!, g.there[0]!);
    }
    this.ids = ids.map((votes) => votes >= 0);
    this.stamps = stamps.map((votes) => votes >= 0);
  }

  agree(a: LoggedSegment, b: LoggedSegment): boolean {
    return !(this.ids[a.direction]! && compareIds(a, b) < 0) && this.stampsAgree(a, b);
  }

  stampsAgree(a: LoggedSegment, b: LoggedSegment): boolean {
    return !(this.stamps[a.direction]! && compareStamps(a, b) < 0);
  }

  /** True where the IP ID names the very packet. */
  same(a: LoggedSegment, b: LoggedSegment): boolean {
    return this.ids[a.direction]! && compareIds(a, b) > 0;
  }
}

function compareIds(a: LoggedSegment, b: LoggedSegment): number {
  if (a.identification <= 0 || b.identification <= 0) return 0;
  return a.identification === b.identification ? 1 : -1;
}

function compareStamps(a: LoggedSegment, b: LoggedSegment): number {
  if ((a.notes & b.notes & Note.timestamps) === 0) return 0;
  return a.tsVal === b.tsVal ? 1 : -1;
}

/** Median of the other capture's time minus this one's in one direction, or null. */
export function wayUs(pairs: readonly Pair[], direction: number): number | null {
  return median(pairs.filter((p) => p.here.direction === direction).map((p) => p.there.atUs - p.here.atUs));
}

export function median(values: number[]): number | null {
  if (values.length === 0) return null;
  values.sort((a, b) => a - b);
  return values[values.length >> 1]!;
}

/** Equal segments, some perhaps lost: those go together whose time between fits the way best. */
function pairRepetitions(
  g: Alike,
  marks: Marks,
  ways: readonly [number | null, number | null],
  pairs: Pair[],
): void {
  const way = ways[g.here[0]!.direction] ?? ways[1 - g.here[0]!.direction] ?? null;
  const possible: { here: LoggedSegment; there: LoggedSegment; cost: number }[] = [];
  const first = g.there[0]!.atUs - g.here[0]!.atUs;
  for (const here of g.here) {
    for (const there of g.there) {
      if (!marks.agree(here, there)) continue;
      const off = Math.abs(there.atUs - here.atUs - (way ?? first));
      if (marks.same(here, there)) possible.push({ here, there, cost: -1 / (1 + off) });
      else if (way === null || off < QUEUE_US) possible.push({ here, there, cost: off });
    }
  }
  possible.sort((a, b) => a.cost - b.cost);
  const taken = new Set<LoggedSegment>();
  for (const { here, there } of possible) {
    if (taken.has(here) || taken.has(there)) continue;
    taken.add(here).add(there);
    pairs.push({ here, there });
  }
}

interface Ranged extends Pair {
  /** All pieces on the side that has them cut. */
  readonly parts: readonly LoggedSegment[];
}

/** Offload joins segments before the capture at the sender and after it at the receiver; each side may have the larger. */
function matchRanges(
  here: readonly LoggedSegment[],
  there: readonly LoggedSegment[],
  marks: Marks,
  ways: readonly [number | null, number | null],
): Ranged[] {
  const found: Ranged[] = [];
  const used = new Set<LoggedSegment>();
  const cover = (whole: LoggedSegment, pieces: readonly LoggedSegment[], sign: number): void => {
    const way = ways[whole.direction] ?? ways[1 - whole.direction] ?? null;
    const fitting = pieces.filter((p) => {
      if (p.direction !== whole.direction || used.has(p) || p.length === 0 || !within(p, whole)) return false;
      if (!marks.stampsAgree(p, whole)) return false;
      return way === null || Math.abs((p.atUs - whole.atUs) * sign - way) < QUEUE_US;
    });
    if (!isCovered(whole, fitting)) return;
    for (const p of fitting) used.add(p);
    used.add(whole);
    const last = fitting.at(-1)!;
    found.push(
      sign > 0 ? { here: whole, there: last, parts: fitting } : { here: last, there: whole, parts: fitting },
    );
  };
  for (const s of here) if (s.length > 0 && !used.has(s)) cover(s, there, 1);
  for (const s of there) if (s.length > 0 && !used.has(s)) cover(s, here, -1);
  return found;
}

function endOf(s: LoggedSegment): number {
  return (s.seq + s.length + ((s.flags & Flag.fin) !== 0 ? 1 : 0)) | 0;
}

function within(piece: LoggedSegment, whole: LoggedSegment): boolean {
  return ((piece.seq - whole.seq) | 0) >= 0 && ((endOf(piece) - endOf(whole)) | 0) <= 0;
}

function isCovered(whole: LoggedSegment, pieces: LoggedSegment[]): boolean {
  pieces.sort((a, b) => (a.seq - b.seq) | 0);
  let next = whole.seq;
  for (const p of pieces) {
    if (((p.seq - next) | 0) > 0) return false;
    if (((endOf(p) - next) | 0) > 0) next = endOf(p);
  }
  return next === endOf(whole);
}
