/**
 * Writes into each page of docs/causes how to see its cause happen: `npm run cause-pages`. The command is the scenario that provokes
 * it, with the fewest settings under which `explain` is to name it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { CAUSES } from '../src/explain/index.ts';
import { scenarioByName } from '../src/lab/index.ts';
import type { Scenario } from '../src/lab/scenario.ts';
import { type Parameter, type Value, valuesOf } from '../src/lab/values.ts';

type Settings = Readonly<Record<string, Value>>;

/** Where the packets show something else, or nothing, and so `expects` does not tell which settings lead there. */
const CHOSEN: Readonly<Record<string, Settings>> = {
  'half-open-leak': { after: 'waits' },
  'port-exhaustion': {},
  'port-exhaustion-bind-first': {},
  'bind-address-no-port': { option: 'no-port' },
  'addrinuse-time-wait': {},
  'addrinuse-live-listener': { case: 'two-servers' },
  'reuseaddr-over-time-wait': { option: 'reuseaddr' },
  'lb-idle-timeout': { gap: 200 },
  'peer-sent-after-close': { server: 'closes-late', late: 5 },
};

const TITLE = '## See it happen';
const BEFORE = '## References';

/** Settings that the run may depend on: one other word or flag, or a number at the ends of its range. */
function tries(parameter: Parameter): readonly Value[] {
  if (parameter.kind === 'choice') return parameter.choices;
  return parameter.kind === 'flag' ? [!parameter.default] : [parameter.min, parameter.max];
}

function candidates({ parameters }: Scenario): Settings[] {
  const single = Object.entries(parameters).flatMap(([key, parameter]) =>
    tries(parameter).map((value): Settings => ({ [key]: value })),
  );
  const double = single.flatMap((a) => single.map((b): Settings => ({ ...a, ...b })));
  return [{}, ...single, ...double];
}

function settingsFor(scenario: Scenario, cause: string): Settings {
  const chosen = CHOSEN[cause];
  if (chosen !== undefined) return chosen;
  const expected = candidates(scenario).map((settings) => ({
    settings,
    rank: scenario.expects(valuesOf(scenario.parameters, settings)).indexOf(cause),
  }));
  const told = expected.filter(({ rank }) => rank >= 0).sort((a, b) => a.rank - b.rank);
  if (told.length === 0) throw new Error(`${scenario.name} is never expected to show ${cause}`);
  return told[0]!.settings;
}

function command(scenario: Scenario, settings: Settings): string {
  const words = Object.entries(settings).map(([key, value]) => {
    const text = typeof value === 'boolean' ? (value ? 'on' : 'off') : value;
    return ` --set ${key}=${text}`;
  });
  return `lastack lab ${scenario.name}${words.join('')}`;
}

for (const { id, scenario: name } of CAUSES) {
  if (name === null) continue;
  const file = new URL(`../docs/causes/${id}.md`, import.meta.url);
  const scenario = scenarioByName(name)!;
  const section = `${TITLE}\n\n\`${command(scenario, settingsFor(scenario, id))}\`\n\n`;
  const page = readFileSync(file, 'utf8');
  const at = page.indexOf(TITLE);
  const end = page.indexOf(BEFORE);
  if (end < 0) throw new Error(`${id}: no ${BEFORE}`);
  writeFileSync(file, page.slice(0, at < 0 ? end : at) + section + page.slice(end));
}
