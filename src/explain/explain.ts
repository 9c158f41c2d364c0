import { CaptureParser, type CaptureSource, type OpenedCapture } from '../capture/index.ts';
import { Explainer } from './engine.ts';
import { PeerCapture } from './peer/index.ts';
import type { ConnectionEnding, Ending, Finding, InputProblem, Summary } from './types.ts';

/** `Source` is what a capture can come from: a path too, where there are files. */
export interface ExplainOptions<Source = CaptureSource> {
  /** A second capture of the same traffic, taken at the other end: read whole first, then both are judged together. */
  readonly peer?: Source;
  /** Maximum segment lifetime in seconds; TIME-WAIT is taken to last twice this (default 30, as Linux has it). */
  readonly msl?: number;
  /** Connections followed at once (default 24,000); beyond it the longest idle are given out early. */
  readonly maxConnections?: number;
  /** Ends the analysis early; what is known by then is still given out, and the summary says `partial`. */
  readonly signal?: AbortSignal;
  readonly onProblem?: (problem: InputProblem) => void;
  readonly onSummary?: (summary: Summary) => void;
}

/**
 * Endings of a capture that is open already: connections as their verdicts become final, then findings about several
 * connections. Memory follows the connections that live at once, not the length of the capture.
 */
export async function* explainCapture(
  capture: OpenedCapture,
  options: Omit<ExplainOptions, 'peer'> = {},
  peer: OpenedCapture | null = null,
): AsyncGenerator<Ending, void, undefined> {
  const mslUs = options.msl === undefined ? {} : { mslUs: options.msl * 1e6 };
  const second = peer === null ? null : new PeerCapture(mslUs);
  const ready: (ConnectionEnding | Finding)[] = [];
  const explainer = new Explainer({
    onConnection: (view) => ready.push(view.report()),
    onFinding: (finding) => ready.push(finding),
    ...mslUs,
    ...(second === null ? {} : { second }),
    ...(options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections }),
  });
  if (peer !== null) await readPeer(second!, peer, explainer, options);
  const parser = new CaptureParser();
  let told = 0;
  const step = (): void => {
    while (parser.next()) explainer.packet(parser.packet);
    for (; told < parser.problems.length; told++) tell(explainer, parser.problems[told]!, options);
  };
  for await (const chunk of capture.chunks) {
    parser.push(chunk);
    step();
    yield* ready.splice(0);
    if (parser.finished || options.signal?.aborted) break;
  }
  const partial = options.signal?.aborted ?? false;
  if (!partial) {
    parser.end();
    step();
  }
  for (const problem of capture.problems) tell(explainer, problem, options);
  explainer.finish({ partial });
  yield* ready.splice(0);
  options.onSummary?.(explainer.summary());
}

async function readPeer(
  second: PeerCapture,
  peer: OpenedCapture,
  explainer: Explainer,
  options: Omit<ExplainOptions, 'peer'>,
): Promise<void> {
  const parser = new CaptureParser();
  for await (const chunk of peer.chunks) {
    parser.push(chunk);
    while (parser.next()) second.packet(parser.packet);
    if (parser.finished || options.signal?.aborted) break;
  }
  if (!options.signal?.aborted) parser.end();
  while (parser.next()) second.packet(parser.packet);
  second.finish();
  for (const problem of [...peer.problems, ...parser.problems])
    tell(explainer, { ...problem, message: `In the other capture: ${problem.message}` }, options);
}

function tell(
  explainer: Explainer,
  problem: {
    readonly code: string;
    readonly message: string;
    readonly offset: number;
    readonly packet: number;
  },
  options: Omit<ExplainOptions, 'peer'>,
): void {
  const told: InputProblem = {
    type: 'problem',
    code: problem.code,
    message: problem.message,
    file: null,
    offset: problem.offset,
    packet: problem.packet,
  };
  explainer.problem(told);
  options.onProblem?.(told);
}
