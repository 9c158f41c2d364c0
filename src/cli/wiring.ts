import { CAUSES } from '../explain/causes/index.ts';
import { Explainer } from '../explain/engine.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { CliError, EXIT } from './errors.ts';
import type { Parts } from './main.ts';

/** The real parts, in a module of their own: help and mistakes on the command line need not load the engine. */
export const PARTS: Parts = { causes: CAUSES, createEngine };

async function createEngine(options: EngineOptions): Promise<Engine> {
  if (options.peer !== null) throw new CliError(EXIT.usage, '--peer is not possible in this version');
  const { onConnection, onFinding, mslUs } = options;
  const explainer = new Explainer({ onConnection, onFinding, ...(mslUs === null ? {} : { mslUs }) });
  return {
    packet: (packet) => explainer.packet(packet),
    problem: (problem) => explainer.problem(problem),
    finish: (partial) => explainer.finish({ partial }),
    summary: () => explainer.summary(),
  };
}
