import type { NumberParameter, Parameter, Parameters, Value } from '../../src/lab/values.ts';
import type { Random } from './damage.ts';

type Range = readonly [from: number, to: number];

/** Numbers are drawn between the default divided by this and the default times this, within what is declared. */
const SPREAD = 20;
/** A default of 0 stays in half of the draws; otherwise from the declared bound divided by this on. */
const FROM_ZERO = 1_000;

/** Where the declared range holds runs of minutes of computing, or settings under which the scenario shows something else. */
const NARROWER: Readonly<Record<string, Readonly<Record<string, Range>>>> = {
  'port-exhaustion': { rate: [20, 200], ports: [64, 1_000], seconds: [10, 70] },
  'short-msl': { 'two-msl': [1, 999], loss: [0.05, 0.3], connections: [40, 120], pause: [1, 20] },
  'conntrack-table-full': { rate: [2, 20], seconds: [20, 40] },
  'bind-first': { ports: [4, 60] },
  'close-wait-leak': { connections: [2, 20] },
};

/** One value for each parameter. The first choice is gone through in turn, so that each of its words is drawn as often. */
export function drawValues(
  scenario: { readonly name: string; readonly parameters: Parameters },
  turn: number,
  random: Random,
): Record<string, Value> {
  const values: Record<string, Value> = {};
  let isFirst = true;
  for (const [key, parameter] of Object.entries(scenario.parameters)) {
    const narrower = NARROWER[scenario.name]?.[key];
    if (parameter.kind === 'choice' && isFirst) {
      values[key] = parameter.choices[turn % parameter.choices.length]!;
      isFirst = false;
    } else values[key] = drawValue(parameter, narrower, random);
  }
  return values;
}

function drawValue(parameter: Parameter, narrower: Range | undefined, random: Random): Value {
  switch (parameter.kind) {
    case 'flag':
      return random() < 0.5;
    case 'choice':
      return parameter.choices[Math.floor(random() * parameter.choices.length)]!;
    case 'number':
      return fitted(parameter, drawNumber(parameter, narrower, random));
  }
}

function drawNumber(p: NumberParameter, narrower: Range | undefined, random: Random): number {
  if (narrower !== undefined) return between(narrower[0], narrower[1], random);
  const middle = Math.abs(p.default);
  if (middle === 0) return random() < 0.5 ? 0 : between(p.max / FROM_ZERO, p.max, random);
  const least = Math.max(middle / SPREAD, p.min);
  const size = between(least, Math.min(middle * SPREAD, p.max), random);
  return p.min < 0 && random() < 0.5 ? -size : size;
}

/** Each order of magnitude as often as the next. */
function between(from: number, to: number, random: Random): number {
  return from * (to / from) ** random();
}

function fitted(p: NumberParameter, value: number): number {
  const rounded = p.whole ? Math.round(value) : Number(value.toPrecision(3));
  return Math.min(p.max, Math.max(p.min, rounded));
}
