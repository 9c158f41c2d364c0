import { describe, expect, it } from 'vitest';
import { LogArena, LogPages, Note } from './log.ts';

function append(arena: LogArena, log: LogPages, packet: number, notes = 0): void {
  arena.append(
    log,
    packet,
    packet * 1000,
    packet & 1,
    0x18,
    notes,
    packet,
    -packet,
    10,
    501,
    64,
    packet & 0xffff,
    packet,
    0x48545450,
    0,
  );
}

describe('LogArena', () => {
  it('gives back what was put in, field by field', () => {
    const arena = new LogArena();
    const log = new LogPages();
    arena.append(
      log,
      4_000_000_000,
      1.7e15,
      1,
      0x011,
      Note.retransmission | Note.notable,
      -5,
      7,
      1448,
      65_535,
      255,
      -1,
      -9,
      0x16030100,
      42,
    );
    expect(arena.segments(log)).toEqual([
      {
        packet: 4_000_000_000,
        atUs: 1.7e15,
        direction: 1,
        flags: 0x011,
        notes: Note.retransmission | Note.notable,
        seq: -5,
        ack: 7,
        length: 1448,
        window: 65_535,
        hopLimit: 255,
        identification: -1,
        tsVal: -9,
        payload: 0x16030100,
        sackRight: 42,
      },
    ]);
  });

  it('keeps the first and the last segments and the notable ones between, in order', () => {
    const arena = new LogArena();
    const log = new LogPages();
    for (let packet = 1; packet <= 1_000; packet++)
      append(arena, log, packet, packet === 500 ? Note.notable : 0);
    const packets = arena.segments(log).map((s) => s.packet);
    expect(packets.slice(0, 32)).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
    expect(packets.slice(-32)).toEqual(Array.from({ length: 32 }, (_, i) => 969 + i));
    expect(packets).toContain(500);
    expect(packets).toEqual([...packets].sort((a, b) => a - b));
  });

  it('never holds more than its pages, whatever goes through', () => {
    const arena = new LogArena();
    const log = new LogPages();
    for (let packet = 1; packet <= 100_000; packet++) append(arena, log, packet, Note.notable);
    expect(arena.used).toBeLessThanOrEqual(6);
    expect(arena.segments(log).length).toBe(96);
  });

  it('uses released pages again', () => {
    const arena = new LogArena();
    for (let i = 0; i < 50; i++) {
      const log = new LogPages();
      for (let packet = 1; packet <= 100; packet++) append(arena, log, packet);
      arena.release(log);
    }
    expect(arena.used).toBe(0);
    const log = new LogPages();
    append(arena, log, 7);
    expect(arena.segments(log).map((s) => s.packet)).toEqual([7]);
  });
});
