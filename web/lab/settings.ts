import {
  type AnyValues,
  type Parameter,
  parseValue,
  type Value,
  ValueError,
  valueText,
} from '../../src/lab/values.ts';
import type { LabRequest, ScenarioEntry } from '../worker/protocol.ts';

/** The run that an address names: values that are not the defaults, the seed, and what is changed in the second run. */
export interface LabSettings {
  readonly request: LabRequest;
  /** One parameter with another value, or null. */
  readonly whatIf: { readonly key: string; readonly value: Value } | null;
  /** Values that were not taken, in words. */
  readonly faults: readonly string[];
}

const SEED = 'seed';
const WHAT_IF = 'what-if';

/** `?seed=3&lost=2&what-if=time-wait:off` */
export function readSettings(entry: ScenarioEntry, settings: URLSearchParams): LabSettings {
  const values: Record<string, Value> = {};
  const faults: string[] = [];
  const take = (key: string, text: string): Value | null => {
    const parameter = Object.hasOwn(entry.parameters, key) ? entry.parameters[key]! : null;
    try {
      if (parameter === null) throw new ValueError(key);
      return parseValue(key, parameter, text);
    } catch (error) {
      faults.push((error as Error).message);
      return null;
    }
  };
  for (const [key, text] of settings) {
    if (key === SEED || key === WHAT_IF) continue;
    const value = take(key, text);
    if (value !== null && value !== entry.parameters[key]!.default) values[key] = value;
  }
  const seed = Number(settings.get(SEED) ?? '1');
  const [key = '', text = ''] = (settings.get(WHAT_IF) ?? '').split(/:(.*)/s, 2);
  const changed = key === '' ? null : take(key, text);
  return {
    request: { scenario: entry.name, values, seed: Number.isSafeInteger(seed) && seed >= 0 ? seed : 1 },
    whatIf: changed === null ? null : { key, value: changed },
    faults,
  };
}

/** The address of a run. */
export function writeSettings(
  entry: ScenarioEntry,
  values: AnyValues,
  seed: number,
  whatIf: LabSettings['whatIf'],
): Record<string, string> {
  const settings: Record<string, string> = { [SEED]: String(seed) };
  for (const [key, value] of Object.entries(values))
    if (value !== entry.parameters[key]?.default) settings[key] = shortText(value);
  if (whatIf !== null) settings[WHAT_IF] = `${whatIf.key}:${shortText(whatIf.value)}`;
  return settings;
}

function shortText(value: Value): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
}

export function shownValue(parameter: Parameter, value: Value): string {
  return valueText(parameter, value);
}
