import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { Summary } from '../src/explain/types.ts';
import { explain } from '../src/node.ts';

const here = new URL('..', import.meta.url).pathname;
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(`${here}docs/output.schema.json`, 'utf8')),
);

function expectValid(value: unknown): void {
  // Through JSON, as scripts get it.
  const printed: unknown = JSON.parse(JSON.stringify(value));
  if (!validate(printed)) {
    expect.fail(
      validate.errors!.map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`).join('\n'),
    );
  }
}

describe('docs/output.schema.json', () => {
  const examples = readdirSync(`${here}examples`).filter((name) => name.endsWith('.pcapng'));

  it('has examples to check', () => {
    expect(examples.length).toBeGreaterThanOrEqual(4);
  });

  it.each(examples)('describes everything told about %s', async (name) => {
    let summary: Summary | undefined;
    for await (const ending of explain(`${here}examples/${name}`, { onSummary: (s) => (summary = s) })) {
      expectValid(ending);
    }
    expectValid(summary);
  });

  it('refuses what is not in the contract', async () => {
    for await (const ending of explain(`${here}examples/article.pcapng`)) {
      expect(validate({ ...ending, type: 'conection' })).toBe(false);
      expect(validate({ ...ending, closeKind: 'bye' })).toBe(false);
    }
  });
});
