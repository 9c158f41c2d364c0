import { describe, expect, it } from 'vitest';
import { seeded } from '../scripts/score/damage.ts';
import { type Draw, drawScenario, scoreRun } from '../scripts/score/lab.ts';
import { markdown, scoreDraws } from '../scripts/score/lab-print.ts';
import { type AnyValues, scenarioByName } from '../src/lab/index.ts';

const draw = (name: string, draws: number, seed = 1): Draw[] => [
  ...drawScenario(scenarioByName(name)!, draws, seed),
];

describe('the score of the lab', () => {
  it('draws the same runs from the same seed, and others from another', () => {
    expect(draw('linger-zero', 3)).toEqual(draw('linger-zero', 3));
    expect(draw('linger-zero', 3)).not.toEqual(draw('linger-zero', 3, 2));
  });

  it('goes through the words of a choice and takes both ends', () => {
    const draws = draw('half-open-crash', 10);
    expect(draws.slice(0, 5).map(({ values }) => values.after)).toEqual([
      'sends',
      'stays-down',
      'keepalive',
      'waits',
      'reconnects',
    ]);
    expect(new Set(draws.map(({ end }) => end))).toEqual(new Set(['client', 'server']));
    // Nobody is told of a peer that is gone where nobody sends.
    expect(draws[3]!.whole).toBe(null);
  });

  it('finds the provoked cause in whole captures, and scores damaged ones apart', () => {
    const draws = ['last-ack-lost', 'time-wait-reopen', 'half-open-crash'].flatMap((name) => draw(name, 6));
    const score = scoreDraws(draws, 6, 1);
    expect(score).toMatchObject({ below: [], overall: { contained: 1, wrong: 0 } });
    expect(score.damaged.map(({ damage }) => damage)).toContain("one end's packets only");
    expect(score.damaged.find(({ damage }) => damage === 'cut to 96 bytes')).toMatchObject({
      contained: 1,
      turnedWrong: 0,
    });
    expect(markdown(score, true)).toContain('| **all** |');
  });

  it.each<readonly [cause: string, name: string, values: AnyValues, end: 'client' | 'server']>([
    [
      'pmtu-probing-recovers',
      'path-mtu',
      { told: 'probing', mtu: 1_280, answer: 161, rtt: 10.4, think: 64.3 },
      'client',
    ],
    ['tw-recycle-nat', 'time-wait-recycle', {}, 'server'],
    ['syn-older-in-time-wait', 'time-wait-reopen', { isn: 'lower' }, 'client'],
  ])('%s is found in %s %j, captured at the %s', (cause, name, values, end) => {
    const { whole } = scoreRun(scenarioByName(name)!, values, 879_954, end, seeded(1));
    expect(whole).toMatchObject({ result: 'first', cause });
  });

  it('misses its aims by what was told wrong, whoever suffered damage', () => {
    const one: Draw = {
      scenario: 'linger-zero',
      seed: 5,
      values: { pending: 0 },
      end: 'client',
      expected: ['linger0-abort'],
      whole: { result: 'first', cause: 'linger0-abort', setSize: 1 },
      damaged: [{ damage: 'drop 1 %', result: 'wrong', cause: 'port-closed', setSize: 2 }],
    };
    const wrong: Draw = { ...one, whole: { result: 'wrong', cause: 'fin-lost', setSize: 1 } };
    expect(scoreDraws([one], 1, 1)).toMatchObject({ below: [], damaged: [{ wrong: 1, turnedWrong: 1 }] });
    const score = scoreDraws([one, wrong], 2, 1);
    expect(score).toMatchObject({ below: ['linger-zero'], overall: { wrong: 0.5 } });
    expect(markdown(score, true)).toContain(
      '| linger-zero | linger0-abort | fin-lost | 1 | lab linger-zero --set pending=0 --seed 5 (client) |',
    );
  });
});
