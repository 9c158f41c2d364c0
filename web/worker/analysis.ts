import { CaptureError, type Packet } from '../../src/capture/index.ts';
import { Explainer } from '../../src/explain/engine.ts';
import type { PeerCapture } from '../../src/explain/peer/index.ts';
import { Pressure, type PressureReport } from '../../src/explain/pressure/index.ts';
import type { ConnectionEnding, Finding, InputProblem } from '../../src/explain/types.ts';
import type { ConnectionView } from '../../src/explain/view.ts';
import { judge, ServerPackets } from './judge.ts';
import { LevelKeeper } from './levels.ts';
import type {
  CaptureProblem,
  Levels,
  Opened,
  OpenRequest,
  Progress,
  Query,
  QueryResult,
} from './protocol.ts';
import { ask } from './query.ts';
import { type Places, readCapture } from './read.ts';
import { columnsOf, Row } from './rows.ts';

/** Whole reports of small captures are kept, up to so many steps of their ladders; others are made again when wanted. */
const MOST_KEPT_STEPS = 60_000;
/** What the rest of a report weighs, in steps. */
const REPORT_STEPS = 16;
const SMALL_BYTES = 32_000_000;
const PROGRESS_MS = 100;

/** One opened capture (or two): what was found, and what can be asked about it. */
export class Analysis {
  readonly capture: Blob;
  /** Known once the capture was read, if it can be read in parts. */
  places: Places | null = null;
  private readonly peer: Blob | null;
  private readonly mslUs: number;
  private readonly onProgress: (progress: Progress) => void;
  private readonly rows: Row[] = [];
  private readonly byFlow = new Map<number, Row>();
  private readonly kept = new Map<number, Promise<ConnectionEnding | null>>();
  private readonly levelKeeper = new LevelKeeper();
  private readonly texts = new Map<string, string>();
  private readonly problems: InputProblem[] = [];
  private readonly startedAt: number = performance.now();
  private readonly keeps: boolean;
  private keptSteps = 0;
  private told = 0;
  private cancelled = false;
  private pressureReport: PressureReport | null = null;
  private span: { readonly start: number; readonly end: number } | null = null;

  constructor(request: OpenRequest, onProgress: (progress: Progress) => void) {
    this.capture = request.capture;
    this.peer = request.peer;
    this.keeps = request.capture.size <= SMALL_BYTES;
    this.mslUs = request.mslSeconds * 1e6;
    this.onProgress = onProgress;
  }

  cancel(): void {
    this.cancelled = true;
  }

  /** Reads everything and judges it. Throws a `CaptureError` where there is no capture to read. */
  async open(): Promise<Opened> {
    const findings: Finding[] = [];
    const second = await this.readPeer();
    const pressure = new Pressure(this.mslUs);
    const explainer = new Explainer({
      mslUs: this.mslUs,
      pressure,
      ...(second === null ? {} : { second }),
      onConnection: (view) => this.take(view),
      onFinding: (finding) => findings.push(finding),
    });
    const { problems, places } = await readCapture(this.capture, {
      stopped: () => this.cancelled,
      onPacket: (packet) => explainer.packet(packet),
      onBytes: (bytes) => this.tell(bytes, explainer.packetCount, false),
    });
    this.places = places;
    for (const problem of problems) this.problem(problem, '', (told) => explainer.problem(told));
    explainer.finish({ partial: this.cancelled });
    const summary = explainer.summary();
    const { start, end } = summary;
    this.pressureReport = pressure.report(start === null ? -1 : start * 1e6, end === null ? -1 : end * 1e6);
    if (start !== null && end !== null) this.span = { start, end };
    this.rows.sort((a, b) => a.flow - b.flow);
    return {
      summary,
      findings,
      columns: columnsOf(this.rows),
      problems: this.problems,
      cancelled: this.cancelled,
      seconds: (performance.now() - this.startedAt) / 1000,
      bytes: this.capture.size,
      common: second?.common ?? null,
    };
  }

  query(query: Query): Promise<QueryResult> {
    return ask(this.rows, query);
  }

  row(flow: number): Row | undefined {
    return this.byFlow.get(flow);
  }

  pressure(): PressureReport | null {
    return this.pressureReport;
  }

  levels(server: string | null): Levels | null {
    return this.span === null ? null : this.levelKeeper.levels(this.span.start, this.span.end, server);
  }

  /** The whole report of a connection: kept, or made again by reading the capture again. */
  connection(flow: number): Promise<ConnectionEnding | null> {
    const row = this.byFlow.get(flow);
    if (row === undefined) return Promise.resolve(null);
    let report = this.kept.get(flow);
    if (report === undefined) {
      report = this.judgeAgain(row);
      this.kept.set(flow, report);
    }
    return report;
  }

  /** With its server's connections alone, which is fast; with all of them where that does not say the same. */
  private async judgeAgain(row: Row): Promise<ConnectionEnding | null> {
    if (this.peer === null) {
      const report = await judge(this.capture, this.mslUs, row, new ServerPackets(row.server));
      if (report !== null && row.agrees(report)) return { ...report, flow: row.flow };
    }
    return judge(this.capture, this.mslUs, row, null, await this.readPeer());
  }

  private take(view: ConnectionView): void {
    const outline = view.outline();
    const row = new Row(outline, (text) => this.intern(text));
    this.rows.push(row);
    this.byFlow.set(row.flow, row);
    this.levelKeeper.add(outline);
    if (!this.keeps || this.keptSteps > MOST_KEPT_STEPS) return;
    const report = view.report();
    this.kept.set(report.flow, Promise.resolve(report));
    this.keptSteps += REPORT_STEPS + report.ladder.length;
  }

  private async readPeer(): Promise<PeerCapture | null> {
    if (this.peer === null) return null;
    const peers = await import('../../src/explain/peer/index.ts');
    const second = new peers.PeerCapture({ mslUs: this.mslUs });
    let packets = 0;
    const take = (packet: Packet): void => {
      packets++;
      second.packet(packet);
    };
    try {
      const { problems } = await readCapture(this.peer, {
        stopped: () => this.cancelled,
        onPacket: take,
        onBytes: (bytes) => this.tell(bytes, packets, true),
      });
      for (const problem of problems) this.problem(problem, 'peer', () => {});
    } catch (error) {
      if (error instanceof CaptureError) throw new PeerError(error.message);
      throw error;
    }
    second.finish();
    return second;
  }

  private problem(
    { code, message, offset, packet }: CaptureProblem,
    file: string,
    also: (problem: InputProblem) => void,
  ): void {
    const told: InputProblem = { type: 'problem', code, message, file: file || null, offset, packet };
    this.problems.push(told);
    also(told);
  }

  private tell(bytes: number, packets: number, readingPeer: boolean): void {
    const now = performance.now();
    if (now - this.told < PROGRESS_MS) return;
    this.told = now;
    this.onProgress({
      bytes,
      totalBytes: readingPeer ? this.peer!.size : this.capture.size,
      packets,
      connections: this.rows.length,
      seconds: (now - this.startedAt) / 1000,
      readingPeer,
    });
  }

  private intern(text: string): string {
    const known = this.texts.get(text);
    if (known !== undefined) return known;
    this.texts.set(text, text);
    return text;
  }
}

/** The second capture cannot be read. */
export class PeerError extends Error {}
