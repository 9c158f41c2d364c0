import { describe, expect, it } from 'vitest';
import { drawMarkdown, drawMermaid, drawPage } from './draw.ts';
import { EVENT_NAMES } from './events.ts';
import { STATE_NAMES } from './names.ts';
import { LINUX_TABLE, RFC_TABLE } from './profiles.ts';

describe('drawing', () => {
  it('Mermaid has every state, and the arrows of the table', () => {
    const text = drawMermaid(RFC_TABLE);
    expect(text.startsWith('stateDiagram-v2\n')).toBe(true);
    for (const name of STATE_NAMES)
      expect(text).toContain(`state "${name}" as ${name.replaceAll('-', '_')}\n`);
    expect(text).toContain('  ESTABLISHED --> CLOSE_WAIT: fin / sendAck\n');
    expect(text).toContain('  TIME_WAIT --> SYN_RECEIVED: new-syn / sendSynAck\n');
  });

  it('Markdown has every event in every state', () => {
    const parts = drawMarkdown(LINUX_TABLE).split('### ').slice(1);
    expect(parts.map((part) => part.split('\n')[0])).toEqual(STATE_NAMES);
    for (const part of parts) {
      for (const name of EVENT_NAMES) expect(part.split(`\`${name}\``)).toHaveLength(2);
    }
  });

  it('docs/states.md is the page drawn from the table (written anew by `vitest run -u`)', async () => {
    await expect(drawPage()).toMatchFileSnapshot('../../docs/states.md');
  });
});
