import { CAUSES } from '../explain/causes/index.ts';
import { Explainer } from '../explain/engine.ts';
import { PeerCapture } from '../explain/peer/index.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { CliError, EXIT } from './errors.ts';
import { plural } from './format.ts';
import { CaptureError, CaptureReader } from './input.ts';
import type { Parts } from './main.ts';

/** The real parts, in a module of their own: help and mistakes on the command line need not load the engine. */
export const PARTS: Parts = { causes: CAUSES, createEngine };

async function createEngine(options: EngineOptions): Promise<Engine> {
  const { onConnection, onFinding, mslUs, peer } = options;
  const second = peer === null ? null : await readPeer(peer, options);
  const explainer = new Explainer({
    onConnection,
    onFinding,
    ...(mslUs === null ? {} : { mslUs }),
    ...(second === null ? {} : { second }),
  });
  return {
    packet: (packet) => explainer.packet(packet),
    problem: (problem) => explainer.problem(problem),
    finish: (partial) => {
      explainer.finish({ partial });
      if (second !== null && second.common === 0 && explainer.packetCount > 0)
        nothingInCommon(peer!, options);
    },
    summary: () => explainer.summary(),
  };
}

async function readPeer(path: string, options: EngineOptions): Promise<PeerCapture> {
  const { mslUs, signal, onNotice } = options;
  const second = new PeerCapture(mslUs === null ? {} : { mslUs });
  const reader = new CaptureReader({
    follow: false,
    signal,
    onPacket: (packet) => second.packet(packet),
    onProblem: (problem) => {
      const place = problem.offset === null ? '' : `byte ${problem.offset}: `;
      onNotice(`--peer ${path}: ${place}${problem.message}`);
    },
    onProgress: () => {},
    onPiece: () => {},
    onNotice,
  });
  try {
    await reader.read(path);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    const message = error.message.startsWith(path) ? error.message : `${path}: ${error.message}`;
    throw new CliError(EXIT.input, `--peer ${message}`);
  }
  second.finish();
  if (second.omitted > 0) {
    onNotice(
      `--peer ${path}: only the first ${plural(second.connections, 'connection')} are compared, ${second.omitted} more found no room; cut the capture to the time or the hosts in question`,
    );
  }
  return second;
}

function nothingInCommon(path: string, { onNotice }: EngineOptions): void {
  onNotice(
    `--peer ${path}: no connection is in both captures, so it changed nothing. Check that both were taken at the same time, of the same hosts and ports, and that no proxy between ends the connections and opens its own`,
  );
}
