import type { Packet } from '../../capture/packet.ts';
import type { Diagnosis, PeerLook } from '../diagnosis.ts';
import { Explainer, type SecondLook } from '../engine.ts';
import { NOBODY, type Who } from '../outcome.ts';
import { CLIENT, type Connection, SERVER } from '../track/connection.ts';
import type { LogArena, LoggedSegment } from '../track/log.ts';
import { alignClocks } from './clock.ts';
import { missedBy } from './coverage.ts';
import type { PeerFacts } from './facts.ts';
import { type Matching, matchSegments, median, wayUs } from './match.ts';
import { type PeerTrace, sameTuple, TraceStore } from './store.ts';
import { judgeTogether, withPeer } from './together.ts';

export interface PeerOptions {
  readonly mslUs?: number;
  /** Connections kept for comparison (default 30,000). */
  readonly maxConnections?: number;
}

/** At some 8 kB each with their segments. */
const DEFAULT_MAX_CONNECTIONS = 30_000;
const MAX_SAMPLES = 1_000;

/**
 * A second capture of the same traffic, taken at the other end. It is read whole before the first one: `packet()` for
 * each packet, then `finish()`; given to an `Explainer` as `second`, it sharpens that one's verdicts.
 */
export class PeerCapture implements SecondLook {
  readonly keeps: boolean = false;
  private readonly store: TraceStore;
  private readonly explainer: Explainer;
  private startUs = -1;
  private endUs = -1;
  /** Clock differences of connections with both directions, and which end the first capture was nearer to. */
  private readonly offsets: number[] = [];
  private typicalUs: number | null = null;
  private readonly nearer: [number, number] = [0, 0];
  /** Connections that both captures have. */
  common = 0;

  constructor(options: PeerOptions = {}) {
    this.store = new TraceStore(options.maxConnections ?? DEFAULT_MAX_CONNECTIONS);
    this.explainer = new Explainer({
      ...(options.mslUs === undefined ? {} : { mslUs: options.mslUs }),
      second: {
        keeps: true,
        look: (c, diagnosis, arena) => {
          this.store.add(c, diagnosis, arena);
          return diagnosis;
        },
      },
    });
  }

  packet(p: Packet): void {
    if (this.startUs < 0 || p.timeUs < this.startUs) this.startUs = p.timeUs;
    if (p.timeUs > this.endUs) this.endUs = p.timeUs;
    this.explainer.packet(p);
  }

  finish(): void {
    this.explainer.finish();
  }

  /** Connections kept for comparison, and those that found no room. */
  get connections(): number {
    return this.store.count;
  }

  get omitted(): number {
    return this.store.omitted;
  }

  look(c: Connection, d: Diagnosis, arena: LogArena, startUs: number, endUs: number): Diagnosis {
    const segments = arena.segments(c.log);
    const trace = this.store.find(c, segments);
    if (trace === null) return this.absent(c, d, segments);
    const compared = this.compare(c, segments, trace, startUs, endUs);
    if (compared === null) return d;
    this.common++;
    const there = trace.diagnosis.case;
    const here: PeerFacts = { ...compared.facts, other: there };
    const { aheadUs, pairs } = compared;
    if (compared.flipped) {
      const k = d.case;
      return { ...d, peer: { facts: here, aheadUs, here: k, there: null, basis: k, pairs } };
    }
    const mirrored: PeerFacts = {
      ...here,
      at: here.at === NOBODY ? NOBODY : 1 - here.at,
      other: d.case,
      onlyHere: here.onlyThere,
      onlyThere: here.onlyHere,
    };
    return judgeTogether(withPeer(d.case, here), withPeer(there, mirrored), aheadUs, pairs);
  }

  /** The other capture ran and knows the server, yet it never saw this connection. */
  private absent(c: Connection, d: Diagnosis, segments: readonly LoggedSegment[]): Diagnosis {
    const aheadUs = this.typicalUs;
    if (aheadUs === null || c.midstream || !this.store.knowsServer(c) || this.store.omitted > 0) return d;
    if (c.startUs + aheadUs < this.startUs || c.lastUs + aheadUs > this.endUs) return d;
    const facts: PeerFacts = {
      at: this.usual(),
      other: null,
      matched: 0,
      onlyHere: segments,
      onlyThere: [],
      translated: false,
      renumbered: false,
      remapped: false,
    };
    return judgeTogether(withPeer(d.case, facts), null, aheadUs, new Map());
  }

  private compare(
    c: Connection,
    segments: readonly LoggedSegment[],
    trace: PeerTrace,
    startUs: number,
    endUs: number,
  ): Compared | null {
    const flipped = isFlipped(c, trace.c);
    const shift = flipped ? 0 : renumbering(c, trace.c);
    let there = renumber(orient(this.store.segments(trace), flipped), shift);
    let matching = matchSegments(segments, there);
    const elsewhere = matching.onlyHere.some((s) => s.length > 0)
      ? this.store.findByText(matching.onlyHere, trace)
      : null;
    if (elsewhere !== null) {
      there = [...there, ...orient(this.store.segments(elsewhere), isFlipped(c, elsewhere.c))];
      there.sort((a, b) => a.packet - b.packet);
      matching = matchSegments(segments, there);
    }
    const clocks = this.align(matching);
    if (clocks === null) return null;
    const { aheadUs, at } = clocks;
    const ways = [
      wayUs([...matching.pairs], CLIENT) ?? aheadUs,
      wayUs([...matching.pairs], SERVER) ?? aheadUs,
    ];
    const way = (direction: number): number => ways[direction]!;
    const back = (direction: number): number => -ways[direction]!;
    const here = { segments, appended: c.log.appended, startUs, endUs };
    const other = { segments: there, appended: trace.log.appended, startUs: this.startUs, endUs: this.endUs };
    const otherAt = at === NOBODY ? NOBODY : 1 - at;
    return {
      aheadUs,
      flipped,
      pairs: new Map(matching.pairs.map((p) => [p.there.packet, p.here])),
      facts: {
        at,
        matched: matching.pairs.length,
        onlyHere: missedBy(matching.onlyHere, segments, other, otherAt, way),
        onlyThere: missedBy(matching.onlyThere, there, here, at, back),
        translated: !sameTuple(c, trace.c),
        renumbered: shift !== 0,
        remapped: elsewhere !== null || (c.midstream && trace.c.client.isnKnown && !sameTuple(c, trace.c)),
      },
    };
  }

  /** With one direction only, the connections that had both tell the clocks' difference and the side. */
  private align(matching: Matching): { aheadUs: number; at: Who } | null {
    const clocks = alignClocks(matching.pairs);
    if (clocks === null) return null;
    if (clocks.bothWays) {
      this.learn(clocks.aheadUs, clocks.at);
      return { aheadUs: clocks.aheadUs, at: clocks.at === NOBODY ? this.usual() : clocks.at };
    }
    return {
      aheadUs: this.typicalUs ?? clocks.aheadUs,
      at: clocks.at === NOBODY ? this.usual() : clocks.at,
    };
  }

  private learn(aheadUs: number, at: Who): void {
    if (this.offsets.length < MAX_SAMPLES) {
      this.offsets.push(aheadUs);
      this.typicalUs = median([...this.offsets]);
    }
    if (at === CLIENT || at === SERVER) this.nearer[at]++;
  }

  private usual(): Who {
    const [client, server] = this.nearer;
    if (client === server) return NOBODY;
    return client > server ? CLIENT : SERVER;
  }
}

interface Compared {
  readonly facts: Omit<PeerFacts, 'other'>;
  readonly aheadUs: number;
  readonly flipped: boolean;
  readonly pairs: PeerLook['pairs'];
}

/** Without a SYN the ends may have been taken for each other. */
function isFlipped(c: Connection, other: Connection): boolean {
  if (c.client.isnKnown && other.client.isnKnown) return false;
  if (!sameTuple(c, other)) return false;
  return (
    c.client.port === other.server.port && c.client.address.every((w, i) => w === other.server.address[i])
  );
}

function orient(segments: LoggedSegment[], flipped: boolean): LoggedSegment[] {
  return flipped ? segments.map((s) => ({ ...s, direction: (1 - s.direction) as 0 | 1 })) : segments;
}

/** What a box adds to the server's sequence numbers on their way from the other capture to this one. */
function renumbering(c: Connection, other: Connection): number {
  if (!c.server.isnKnown || !other.server.isnKnown) return 0;
  return (c.server.firstSeq - other.server.firstSeq) | 0;
}

function renumber(segments: LoggedSegment[], shift: number): LoggedSegment[] {
  if (shift === 0) return segments;
  return segments.map((s) =>
    s.direction === SERVER ? { ...s, seq: (s.seq + shift) | 0 } : { ...s, ack: (s.ack + shift) | 0 },
  );
}
