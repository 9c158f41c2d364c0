import { describe, expect, it } from 'vitest';
import { ending, START, step } from '../../test/support/endings.ts';
import type { LadderStep } from '../explain/types.ts';
import { Clock } from './format.ts';
import { renderLadder } from './ladder.ts';
import { makeLook } from './look.ts';

function draw(ladder: readonly LadderStep[], width: number, lang: string = 'C.UTF-8'): string[] {
  const look = makeLook('never', width, { isTty: false, columns: null }, { LANG: lang });
  const clock = new Clock('relative');
  clock.origin = START;
  return renderLadder(ending({ ladder }), look, clock);
}

const FORGED: readonly LadderStep[] = [
  step(10, 100, 'client', 'PSH, ACK', { length: 1448, seq: 123456, ack: 888888 }),
  step(23, 60100, 'server', 'FIN, ACK', {
    seq: 888888,
    ack: 124904,
    clientState: 'ESTABLISHED|CLOSE-WAIT',
    serverState: 'FIN-WAIT-1',
    notes: ['lost'],
  }),
  step(24, 60201, 'middlebox', 'RST', {
    seq: 124904,
    clientState: 'ESTABLISHED|CLOSE-WAIT',
    serverState: 'CLOSED',
    decisive: true,
    notes: ['TTL 12 instead of 57'],
  }),
  step(25, 60202, 'middlebox', 'RST', {
    seq: 888888,
    clientState: 'CLOSED',
    serverState: 'CLOSED',
    decisive: true,
  }),
];

describe('the ladder', () => {
  it('is drawn at 100 columns', () => {
    expect(`\n${draw(ending().ladder, 100).join('\n')}\n`).toMatchInlineSnapshot(`
      "
          #      time      172.30.22.108:5000                               172.25.34.90:8080
          1  0.000000     SYN-SENT │── SYN Seq=0 Win=64240 Len=0 ──────────────────►│ LISTEN
          2  0.012000              │◄─────── SYN, ACK Seq=0 Ack=1 Win=64240 Len=0 ──│ SYN-RECEIVED
          3  0.012100  ESTABLISHED │── ACK Seq=1 Ack=1 Win=64240 Len=0 ────────────►│
          4  0.015000              │── PSH, ACK Seq=1 Ack=1 Win=64240 Len=10 ──────►│ ESTABLISHED
          5  0.027000              │◄──────────── ACK Seq=1 Ack=11 Win=5840 Len=0 ──│
          6  0.030000              │◄────── PSH, ACK Seq=1 Ack=11 Win=5840 Len=11 ──│
                                   ┊              … 1 packet, 4.2 s …               ┊
        ● 9  4.230000       CLOSED │━━ RST, ACK Seq=11 Ack=12 Win=0 Len=0 ━━━━━━━━━►│ CLOSED        form A
      "
    `);
  });

  it('drops what does not fit at 80 columns', () => {
    expect(`\n${draw(ending().ladder, 80).join('\n')}\n`).toMatchInlineSnapshot(`
      "
          #      time      172.30.22.108:5000                   172.25.34.90:8080
          1  0.000000     SYN-SENT │── SYN Seq=0 Win=64240 Len=0 ──────►│ LISTEN
          2  0.012000              │◄─────────── SYN, ACK Seq=0 Ack=1 ──│ SYN-RECEIVED
          3  0.012100  ESTABLISHED │── ACK Seq=1 Ack=1 ────────────────►│
          4  0.015000              │── PSH, ACK Seq=1 Ack=1 Len=10 ────►│ ESTABLISHED
          5  0.027000              │◄─────────────── ACK Seq=1 Ack=11 ──│
          6  0.030000              │◄─── PSH, ACK Seq=1 Ack=11 Len=11 ──│
                                   ┊        … 1 packet, 4.2 s …         ┊
        ● 9  4.230000       CLOSED │━━ RST, ACK Seq=11 Ack=12 Win=0 ━━━►│ CLOSED
                                   │  form A                            │
      "
    `);
  });

  it('shows silence, lost packets, packets from the middle and sets of states', () => {
    expect(`\n${draw(FORGED, 90).join('\n')}\n`).toMatchInlineSnapshot(`
      "
           #       time       172.30.22.108:5000                           172.25.34.90:8080
          10   0.100000   ESTABLISHED │── PSH, ACK Seq=123456 Len=1448 ───────────►│ ESTABLISHED
                                      ┊              60 s of silence               ┊
          23  60.100000  ESTABLISHED| │    ✕───── FIN, ACK Seq=888888 Ack=124904 ──│ FIN-WAIT-1
                           CLOSE-WAIT │                                      lost  │
        ● 24  60.201000               │                      ◆━ RST Seq=124904 ━━━►│ CLOSED
                                      │  TTL 12 instead of 57                      │
        ● 25  60.202000        CLOSED │◄━━━ RST Seq=888888 ━◆                      │
      "
    `);
  });

  it('has notes at the right where there is room', () => {
    const line = draw(FORGED, 140).find((text) => text.includes('TTL 12'))!;
    expect(line).toMatch(/│ CLOSED {2,}TTL 12 instead of 57$/);
  });

  it('is ASCII where the locale is', () => {
    const text = draw([...ending().ladder, ...FORGED], 100, 'C').join('\n');
    expect(text).toMatch(/^[\x20-\x7e\n]+$/);
    expect(text).toContain('|== RST, ACK Seq=11 Ack=12 Win=0 Len=0 ==');
  });

  it.each([60, 80, 100, 140, 160])('keeps both lanes straight and within %i columns', (width) => {
    const lines = draw([...ending().ladder, ...FORGED], width).slice(1);
    const lanes = lines.map((line) =>
      [...line].map((c, i) => (c === '│' || c === '┊' ? i : -1)).filter((i) => i >= 0),
    );
    const drawn = lanes.filter((at) => at.length > 0);
    expect(drawn.length).toBeGreaterThan(12);
    expect(new Set(drawn.map((at) => at.join(' '))).size).toBe(1);
    expect(drawn[0]).toHaveLength(2);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.max(width, 72));
  });

  it('keeps long addresses apart', () => {
    const look = makeLook('never', 80, { isTty: false, columns: null }, { LANG: 'C.UTF-8' });
    const client = { address: '2001:db8:1111:2222:3333:4444:5555:6666', port: 50432 };
    const server = { address: '2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff', port: 50433 };
    const lines = renderLadder(ending({ client, server }), look, new Clock('utc'));
    expect(lines[0]).toContain('[2001:db8:1111:2222:3333:4444:5555:6666]:50432');
    expect(lines[0]!.length).toBeLessThanOrEqual(80);
    expect(lines[1]!.trim()).toBe('[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:50433');
    expect(lines[1]!.length).toBeLessThanOrEqual(80);
  });

  it('colours RST and FIN', () => {
    const look = makeLook('always', 100, { isTty: false, columns: null }, { LANG: 'C.UTF-8' });
    const text = renderLadder(
      ending({ ladder: [...ending().ladder, ...FORGED] }),
      look,
      new Clock('utc'),
    ).join('\n');
    expect(text).toContain('\x1b[31m\x1b[1mRST, ACK');
    expect(text).toContain('\x1b[33m\x1b[1mFIN, ACK');
  });

  it('is empty for a connection without steps', () => {
    expect(draw([], 100)).toEqual([]);
  });
});
