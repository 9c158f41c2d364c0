import type { Diagnosis } from '../diagnosis.ts';
import type { Connection, End } from '../track/connection.ts';
import { type LogArena, type LoggedSegment, LogPages } from '../track/log.ts';

/** A connection of the other capture, kept whole until the end. */
export interface PeerTrace {
  readonly c: Connection;
  readonly diagnosis: Diagnosis;
  readonly log: LogPages;
}

/** The other capture's connections, found again by what survives address translation. Bounded. */
export class TraceStore {
  readonly limit: number;
  count = 0;
  /** Connections that found no room. */
  omitted = 0;
  private arena: LogArena | null = null;
  private readonly byIsn = new Map<number, PeerTrace[]>();
  private readonly byTuple = new Map<string, PeerTrace[]>();
  private readonly byText = new Map<string, PeerTrace[]>();
  private readonly all: PeerTrace[] = [];
  private textIndexed = false;
  private readonly servers = new Set<string>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Takes the connection and its log over; the engine that observed it lets go of both. */
  add(c: Connection, diagnosis: Diagnosis, arena: LogArena): void {
    if (this.count >= this.limit) {
      this.omitted++;
      return;
    }
    this.count++;
    this.arena = arena;
    const log = new LogPages();
    log.pages.set(c.log.pages);
    log.appended = c.log.appended;
    log.marks = c.log.marks;
    c.log.clear();
    const trace: PeerTrace = { c, diagnosis, log };
    this.all.push(trace);
    if (c.client.isnKnown) push(this.byIsn, c.client.firstSeq, trace);
    push(this.byTuple, tupleOf(c), trace);
    this.servers.add(endpointKey(c.server));
  }

  segments(trace: PeerTrace): LoggedSegment[] {
    return this.arena!.segments(trace.log);
  }

  /** By the ISNs; where the SYN was not seen, by the four-tuple, and then by text that both have. */
  find(c: Connection, segments: readonly LoggedSegment[]): PeerTrace | null {
    if (c.client.isnKnown) {
      const same = (this.byIsn.get(c.client.firstSeq) ?? []).filter((t) => serverAgrees(c, t.c));
      if (same.length > 0) return nearest(same, c);
    }
    const same = (this.byTuple.get(tupleOf(c)) ?? []).filter((t) => mayBeSame(c, t.c));
    if (same.length > 0) return nearest(same, c);
    return c.midstream ? this.findByText(segments, null) : null;
  }

  /** Another connection that has one of these segments: the path gave the flow new ports. */
  findByText(segments: readonly LoggedSegment[], besides: PeerTrace | null): PeerTrace | null {
    for (const s of segments) {
      if (s.length === 0) continue;
      this.indexText();
      const found = this.byText.get(textKey(s))?.find((t) => besides === null || !sameTuple(t.c, besides.c));
      if (found !== undefined) return found;
    }
    return null;
  }

  /** True where the other capture shows connections of that server. */
  knowsServer(c: Connection): boolean {
    return this.servers.has(endpointKey(c.server));
  }

  private indexText(): void {
    if (this.textIndexed) return;
    this.textIndexed = true;
    for (const trace of this.all)
      for (const s of this.segments(trace)) if (s.length > 0) push(this.byText, textKey(s), trace);
  }
}

function textKey(s: LoggedSegment): string {
  return `${s.seq} ${s.ack} ${s.length}`;
}

function push<K>(map: Map<K, PeerTrace[]>, key: K, trace: PeerTrace): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [trace]);
  else list.push(trace);
}

function endpointKey(end: End): string {
  return `${end.address.join('.')}:${end.port}`;
}

function tupleOf(c: Connection): string {
  const [a, b] = [endpointKey(c.client), endpointKey(c.server)];
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

export function sameTuple(a: Connection, b: Connection): boolean {
  return tupleOf(a) === tupleOf(b);
}

/** The server's ISN tells incarnations apart that a client began with the same number. */
function serverAgrees(a: Connection, b: Connection): boolean {
  return !a.server.isnKnown || !b.server.isnKnown || a.server.firstSeq === b.server.firstSeq;
}

function mayBeSame(a: Connection, b: Connection): boolean {
  if (a.client.isnKnown && b.client.isnKnown) return a.client.firstSeq === b.client.firstSeq;
  return serverAgrees(a, b);
}

/** Captures of one traffic have clocks that agree better than ports are used again. */
function nearest(traces: readonly PeerTrace[], c: Connection): PeerTrace {
  const distance = (t: PeerTrace): number =>
    Math.abs(t.c.startUs - c.startUs) + (sameTuple(t.c, c) ? 0 : 1e9) + (t.c.family === c.family ? 0 : 1e9);
  return traces.reduce((best, t) => (distance(t) < distance(best) ? t : best));
}
