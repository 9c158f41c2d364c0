import { describe, expect, it } from 'vitest';
import { configure } from '../tcp/tcb.ts';
import { Connection } from './connection.ts';
import { linuxHost } from './profiles.ts';
import { recycle } from './recycle.ts';

/** Every field of a connection, those of objects in it left out: they have a `reset` of their own. */
function fieldsOf(tcb: Connection): Record<string, unknown> {
  const { send, receive, sent, ...fields } = tcb;
  return { ...fields, limits: [send.limit, receive.limit, receive.maxRanges, send.length, sent.count] };
}

describe('recycling', () => {
  it('leaves nothing of the life before in any field', () => {
    const used = new Connection(linuxHost.config, 3);
    const record = used as unknown as Record<string, unknown>;
    for (const [name, value] of Object.entries(used)) {
      if (name === 'id' || name === 'config') continue;
      if (typeof value === 'number') record[name] = 12_345;
      else if (typeof value === 'boolean') record[name] = !value;
      else if (value instanceof Int32Array || value instanceof Float64Array) value.fill(7);
      else if (value === null) record[name] = {};
    }
    used.send.write(new Uint8Array(100), 0, 100);
    used.send.limit = 1;
    used.receive.limit = 2;
    recycle(used);
    configure(used, linuxHost.config);
    expect(fieldsOf(used)).toEqual(fieldsOf(new Connection(linuxHost.config, 3)));
  });
});
