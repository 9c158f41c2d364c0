import { describe, expect, it } from 'vitest';
import { Connection, End } from './connection.ts';

/** Gives every number, flag and list of a record another value than it has when new. */
function soil(record: object): void {
  const fields = record as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'number') fields[name] = value + 1.5;
    else if (typeof value === 'boolean') fields[name] = !value;
    else if (value === null) fields[name] = {};
    else if (Array.isArray(value)) value.push({});
    else if (value instanceof End) soil(value);
  }
}

/** Addresses and log pages are set and released by their owner. */
function scalars(record: object): unknown {
  return JSON.parse(
    JSON.stringify(record, (name, value) => (name === 'address' || name === 'log' ? undefined : value)),
  );
}

describe('reset', () => {
  it('makes a used connection equal to a new one, field by field', () => {
    const used = new Connection();
    soil(used);
    expect(scalars(used)).not.toEqual(scalars(new Connection()));
    used.reset();
    expect(scalars(used)).toEqual(scalars(new Connection()));
  });
});
