import { describe, expect, it } from 'vitest';
import { CAUSES } from '../../src/explain/causes/index.ts';
import { titles } from '../../web/strings/zh-causes.ts';
import type { RawFields } from '../../web/worker/protocol.ts';
import { RawWriter, rawAt } from '../../web/worker/raw.ts';

const BARE: RawFields = {
  seq: 0xffff_ffff,
  ack: 7,
  hopLimit: 64,
  identification: -1,
  dontFragment: false,
  ecn: 0,
  urgentPointer: 0,
  headerLength: 20,
  captured: 54,
  timestamps: null,
  mss: null,
  windowScale: null,
  sackPermitted: false,
  sack: [],
  vlan: null,
  tunnels: 0,
};

describe('header fields as rows of numbers', () => {
  it('come back as they were', () => {
    const full: RawFields = {
      ...BARE,
      identification: 0,
      dontFragment: true,
      timestamps: [0xffff_ffff, 0],
      mss: 0,
      windowScale: 0,
      sackPermitted: true,
      sack: [1, 2, 5, 9],
      vlan: 0,
      tunnels: 2,
    };
    const writer = new RawWriter();
    for (let packet = 1; packet <= 400; packet += 2) writer.add(packet, packet === 201 ? full : BARE);
    const table = writer.table();
    expect(rawAt(table, 1)).toEqual(BARE);
    expect(rawAt(table, 201)).toEqual(full);
    expect(rawAt(table, 399)).toEqual(BARE);
    for (const missing of [0, 2, 400]) expect(rawAt(table, missing)).toBeNull();
  });
});

describe('the Chinese page', () => {
  it('has a title for each cause, and none for what is no cause', () => {
    expect(Object.keys(titles).sort()).toEqual(CAUSES.map(({ id }) => id).sort());
  });
});
