import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Cause, neverFits } from './cause.ts';
import { CAUSES, causeById } from './index.ts';

const here = new URL('./', import.meta.url);
const pages = new URL('../../../docs/causes/', import.meta.url);

const KNOWN: ReadonlySet<string> = new Set(CAUSES.map((cause) => cause.id));

function texts(cause: Cause): string[] {
  const { title, summary, recognise, remedy, wouldSettle, references } = cause;
  return [title, summary, recognise, remedy, ...wouldSettle, ...references];
}

function page(cause: Cause): string {
  return readFileSync(new URL(`${cause.id}.md`, pages), 'utf8');
}

describe('catalogue', () => {
  it('has unique ids', () => {
    expect(KNOWN.size).toBe(CAUSES.length);
  });

  it('lists each group in one run', () => {
    const runs = CAUSES.map((cause) => cause.group).filter((group, i, all) => group !== all[i - 1]);
    expect(new Set(runs).size).toBe(runs.length);
  });

  it('tells a story of its own for every cause that a connection can show', () => {
    const untold = CAUSES.filter((cause) => cause.fit !== neverFits && cause.story === undefined);
    expect(untold.map((cause) => cause.id)).toEqual([]);
  });

  it('finds causes by id', () => {
    for (const cause of CAUSES) expect(causeById(cause.id)).toBe(cause);
    expect(causeById('no-such-cause')).toBeUndefined();
  });

  it('has one file a cause, named like its id', () => {
    const files = readdirSync(here).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
    const named = files
      .filter((name) => /^ {2}id: '/m.test(readFileSync(new URL(name, here), 'utf8')))
      .map((name) => name.slice(0, -3));
    expect(named.sort()).toEqual([...KNOWN].sort());
    for (const id of KNOWN) {
      expect(readFileSync(new URL(`${id}.ts`, here), 'utf8')).toContain(`  id: '${id}',`);
    }
  });
});

describe('index of the pages', () => {
  it('lists every cause with its severity and title', () => {
    const index = readFileSync(new URL('README.md', pages), 'utf8');
    for (const { id, severity, title } of CAUSES) {
      expect(index).toContain(`| [\`${id}\`](${id}.md) | ${severity} | ${title} |\n`);
    }
  });

  it('has no page without a cause', () => {
    const names = readdirSync(pages).filter((name) => name !== 'README.md');
    expect(names.sort()).toEqual([...KNOWN].map((id) => `${id}.md`).sort());
  });
});

describe.each(CAUSES.map((cause) => [cause.id, cause] as const))('%s', (id, cause) => {
  it('has every text', () => {
    for (const text of [cause.title, cause.summary, cause.recognise, cause.remedy]) {
      expect(text.trim()).toBe(text);
      expect(text).not.toBe('');
      expect(text).not.toMatch(/ {2}|\n/);
    }
    expect(cause.references.length).toBeGreaterThan(0);
    expect(cause.title.length).toBeLessThanOrEqual(60);
    expect(cause.title).not.toMatch(/\.$/);
    expect(cause.wouldSettle.length).toBeLessThanOrEqual(4);
  });

  it('speaks of the field, not of a test rig', () => {
    for (const text of texts(cause)) {
      expect(text).not.toMatch(/test rig|corpus|testbed|veth|network namespace|variant [ab]\b|\b20 ports\b/i);
    }
  });

  it('has its id and title at the top of its page and its references below', () => {
    const text = page(cause);
    expect(text.split('\n')[0]).toBe(`# ${id}: ${cause.title}`);
    for (const reference of cause.references) expect(text).toContain(`- ${reference}\n`);
  });

  it('has its group and severity on its page', () => {
    expect(page(cause)).toContain(`\nGroup \`${cause.group}\`, severity ${cause.severity}.\n`);
  });

  it('tells on its page what happens, how to recognise it, what to change and how it is told from others', () => {
    const text = page(cause);
    for (const heading of [
      'What happens',
      'How to recognise it',
      'How it is told from its neighbours',
      'What the applications see',
      'What to change',
      'References',
    ])
      expect(text).toContain(`\n## ${heading}\n`);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(cause.remedy);
  });

  it('says how to check its remedy where something is to be changed', () => {
    if (cause.severity !== 'ok') expect(cause.remedy).toContain(' Check: ');
  });

  it('links only to pages that exist', () => {
    for (const [, target] of page(cause).matchAll(/\]\(([^)]+\.md)\)/g)) {
      expect(existsSync(new URL(target!, pages)), target).toBe(true);
    }
  });
});
