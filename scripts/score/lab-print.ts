import type { DamagedRow, Draw, Told } from './lab.ts';

/** Of the whole captures of each scenario, at least and at most. */
const CONTAINED_AIM = 0.97;
const WRONG_AIM = 0.01;

export interface Shares {
  readonly captures: number;
  readonly first: number;
  /** First, or among the alternatives. */
  readonly contained: number;
  readonly undetermined: number;
  readonly wrong: number;
  /** Of those that name a cause. */
  readonly meanSetSize: number;
}

export interface LabScore {
  readonly draws: number;
  readonly seed: number;
  readonly overall: Shares;
  readonly scenarios: readonly ({ readonly scenario: string; readonly leftOut: number } & Shares)[];
  /** Whole captures only: what was provoked, what was told in its place, and how often. */
  readonly confusions: readonly Confusion[];
  /** Each capture of the draws once more with each damage: not in the numbers above. */
  readonly damaged: readonly ({ readonly damage: string; readonly turnedWrong: number } & Shares)[];
  readonly damagedConfusions: readonly Confusion[];
  /** Scenarios that miss the aims. */
  readonly below: readonly string[];
}

interface Confusion {
  readonly scenario: string;
  readonly provoked: string;
  readonly told: string;
  readonly result: Told['result'];
  readonly times: number;
  /** What repeats the first of them. */
  readonly example: string;
}

export function scoreDraws(draws: readonly Draw[], count: number, seed: number): LabScore {
  const scored = draws.filter(isScored);
  const overall = shares(scored.map((draw) => draw.whole));
  const names = [...new Set(draws.map(({ scenario }) => scenario))];
  const kinds = [...new Set(scored.flatMap(({ damaged }) => damaged.map(({ damage }) => damage)))];
  const scenarios = names.map((scenario) => {
    const own = scored.filter((draw) => draw.scenario === scenario);
    return { scenario, leftOut: count - own.length, ...shares(own.map(({ whole }) => whole)) };
  });
  return {
    draws: count,
    seed,
    overall,
    scenarios,
    confusions: confusions(scored.map((draw) => [draw, draw.whole])),
    damaged: kinds.map((damage) => damageRow(damage, scored)),
    damagedConfusions: confusions(scored.flatMap((draw) => draw.damaged.map((row) => [draw, row] as const))),
    below: scenarios.filter(missesAims).map(({ scenario }) => scenario),
  };
}

function missesAims({ captures, contained, wrong }: Shares): boolean {
  return captures > 0 && (contained < CONTAINED_AIM || wrong > WRONG_AIM);
}

type ScoredDraw = Draw & { readonly whole: Told };

function isScored(draw: Draw): draw is ScoredDraw {
  return draw.whole !== null;
}

function isRight({ result }: Told): boolean {
  return result === 'first' || result === 'contained';
}

function damageRow(damage: string, draws: readonly ScoredDraw[]): LabScore['damaged'][number] {
  const pairs = draws.flatMap(({ whole, damaged }) =>
    damaged.filter((row) => row.damage === damage).map((row) => [whole, row] as const),
  );
  const right = pairs.filter(([whole]) => isRight(whole));
  const turned = right.filter(([, row]) => row.result === 'wrong');
  return {
    damage,
    ...shares(pairs.map(([, row]) => row)),
    turnedWrong: turned.length / Math.max(1, right.length),
  };
}

function shares(rows: readonly Told[]): Shares {
  const share = (fits: (told: Told) => boolean): number =>
    rows.filter(fits).length / Math.max(1, rows.length);
  const sets = rows.filter(({ setSize }) => setSize > 0);
  return {
    captures: rows.length,
    first: share(({ result }) => result === 'first'),
    contained: share(isRight),
    undetermined: share(({ result }) => result === 'undetermined'),
    wrong: share(({ result }) => result === 'wrong'),
    meanSetSize: sets.reduce((sum, { setSize }) => sum + setSize, 0) / Math.max(1, sets.length),
  };
}

function confusions(rows: readonly (readonly [ScoredDraw, Told | DamagedRow])[]): Confusion[] {
  const found = new Map<string, Confusion>();
  for (const [draw, told] of rows) {
    if (told.result === 'first') continue;
    const { scenario, expected } = draw;
    const where = 'damage' in told ? `, ${told.damage}` : '';
    const other = `${told.cause ?? 'undetermined'}${told.result === 'contained' ? ' (contained)' : ''}${where}`;
    const key = `${scenario} ${expected[0]} ${other}`;
    const before = found.get(key);
    found.set(key, {
      scenario,
      provoked: expected[0]!,
      told: other,
      result: told.result,
      times: (before?.times ?? 0) + 1,
      example: before?.example ?? command(draw),
    });
  }
  return [...found.values()].sort((a, b) => b.times - a.times);
}

function command({ scenario, seed, values, end }: Draw): string {
  const set = Object.entries(values).map(([key, value]) => `--set ${key}=${value}`);
  return `lab ${scenario} ${set.join(' ')} --seed ${seed} (${end})`;
}

export function markdown(score: LabScore, verbose: boolean): string {
  const { overall, damaged } = score;
  return [
    `${score.scenarios.length} scenarios, ${score.draws} draws each, seed ${score.seed}; ${overall.captures} whole captures scored.`,
    '',
    table(
      ['scenario', 'scored', 'left out', 'first', 'contained', 'undetermined', 'wrong', 'mean set'],
      [
        ...score.scenarios.map((row) => [
          row.scenario,
          `${row.captures}`,
          `${row.leftOut}`,
          ...shareCells(row),
        ]),
        [
          '**all**',
          `${overall.captures}`,
          `${score.scenarios.reduce((sum, row) => sum + row.leftOut, 0)}`,
          ...shareCells(overall),
        ],
      ],
    ),
    '',
    `Below the aims (contained >= 97 %, wrong <= 1 %): ${score.below.length === 0 ? 'none' : score.below.join(', ')}.`,
    '',
    'Left out: nothing of what was provoked shows at either end. The confusion table, whole captures:',
    '',
    confusionTable(score.confusions, verbose),
    '',
    'The same captures, damaged; these count in no number above. Turned wrong: of those that were right when whole.',
    '',
    table(
      ['damage', 'scored', 'first', 'contained', 'undetermined', 'wrong', 'mean set', 'turned wrong'],
      damaged.map((row) => [row.damage, `${row.captures}`, ...shareCells(row), percent(row.turnedWrong)]),
    ),
    '',
    verbose ? 'What was told of them:' : 'What was told wrong of them:',
    '',
    confusionTable(
      score.damagedConfusions.filter(({ result }) => verbose || result === 'wrong'),
      verbose,
    ),
  ].join('\n');
}

function confusionTable(rows: readonly Confusion[], verbose: boolean): string {
  const head = ['scenario', 'provoked', 'told', 'times', ...(verbose ? ['example'] : [])];
  return table(
    head,
    rows.map(({ scenario, provoked, told, times, example }) => [
      scenario,
      provoked,
      told,
      `${times}`,
      ...(verbose ? [example] : []),
    ]),
  );
}

function shareCells(row: Shares): string[] {
  return [
    ...[row.first, row.contained, row.undetermined, row.wrong].map(percent),
    row.meanSetSize.toFixed(2),
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '(none)';
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
