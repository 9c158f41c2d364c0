import type { Tap } from '../link/index.ts';
import { Lab } from './lab.ts';
import { buildReport, type LabReport } from './report.ts';
import type { Scenario } from './scenario.ts';
import { StateTrace } from './trace.ts';
import { type AnyValues, valuesOf } from './values.ts';

/** A scenario that is built and has not ended: it can be run to its end, or step by step. */
export class LabRun {
  readonly scenario: Scenario;
  readonly values: AnyValues;
  readonly lab: Lab;
  private readonly trace: StateTrace | null;
  private over = false;

  /** `given`: values that are not the defaults. Throws `ValueError` for one that does not fit. */
  constructor(scenario: Scenario, given: AnyValues = {}, seed: number = 1) {
    this.scenario = scenario;
    this.values = valuesOf(scenario.parameters, given);
    this.lab = new Lab(seed);
    scenario.build(this.lab, this.values);
    this.trace = this.lab.traced ? new StateTrace(this.lab.hosts) : null;
    const { watched } = this.lab;
    if (watched !== null) for (const tap of [watched.clientTap, watched.serverTap]) this.trace?.follow(tap);
  }

  get now(): number {
    return this.lab.now;
  }

  get ended(): boolean {
    return this.over;
  }

  /** Lets everything happen that is due until then; false once nothing is left. */
  runTo(us: number): boolean {
    const { network, limitUs } = this.lab;
    const untilUs = Math.min(us, limitUs);
    if (this.trace === null) {
      network.run(untilUs);
      this.over = untilUs === limitUs;
      return !this.over;
    }
    while (!this.over && network.events.earliest() <= untilUs) {
      network.step();
      this.trace.look(network.now);
    }
    if (network.events.earliest() > limitUs) this.over = true;
    return !this.over;
  }

  /** Runs to the end and tells what happened. */
  finish(): LabReport {
    this.runTo(this.lab.limitUs);
    this.over = true;
    for (const conclude of this.lab.conclusions.splice(0)) conclude();
    return buildReport(this.scenario, this.values, this.lab, this.trace);
  }

  /** The tapped capture, and the one at the other end. */
  taps(): { readonly main: Tap; readonly peer: Tap } | null {
    const { watched, captureAt } = this.lab;
    if (watched === null) return null;
    const { clientTap, serverTap } = watched;
    return captureAt === 'client'
      ? { main: clientTap, peer: serverTap }
      : { main: serverTap, peer: clientTap };
  }
}

/** Runs a scenario from beginning to end. */
export function runScenario(scenario: Scenario, given: AnyValues = {}, seed: number = 1): LabReport {
  return new LabRun(scenario, given, seed).finish();
}
