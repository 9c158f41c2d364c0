import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TcbPair } from '../../test/support/tcb-pair.ts';
import { linuxConfig, testConfig } from '../../test/support/tcp-config.ts';
import type { TcpConfig } from './config.ts';
import { Tcb } from './tcb.ts';
import { advertisedWindow, offerSynWindow, synWindow, windowUpdateDue } from './window.ts';

const SECOND = 1_000_000;

function fresh(over: Partial<TcpConfig> = {}): Tcb {
  const tcb = new Tcb(testConfig({ receiveBufferBytes: 20_000, maxReceiveBufferBytes: 20_000, ...over }));
  tcb.advMss = 1000;
  tcb.rcvMss = 1000;
  offerSynWindow(new TcbPair().left, tcb);
  return tcb;
}

/** `n` octets arrive in order. */
function arrive(tcb: Tcb, n: number): void {
  tcb.receive.insert(0, new Uint8Array(n), 0, n);
  tcb.rcvNxt = (tcb.rcvNxt + n) | 0;
}

function read(tcb: Tcb, n: number): void {
  tcb.receive.read(new Uint8Array(n), 0, n);
}

/** As `offerWindow`, without the growth. */
function offer(tcb: Tcb): number {
  const window = advertisedWindow(tcb);
  const edge = (tcb.rcvNxt + window * 2 ** tcb.rcvScale) | 0;
  if (((edge - tcb.rcvAdv) | 0) > 0) tcb.rcvAdv = edge;
  return window;
}

describe('the window of a SYN', () => {
  it('is not scaled', () => {
    const tcb = fresh({ receiveBufferBytes: 20_500 });
    tcb.rcvScale = 4;
    expect(synWindow(tcb)).toBe(20_500);
    expect(synWindow(fresh({ receiveBufferBytes: 1 << 20 }))).toBe(65_535);
    expect(synWindow(fresh({ receiveBufferBytes: 700 }))).toBe(700);
  });

  it('of Linux with its default buffer', () => {
    const tcb = new Tcb(linuxConfig({ initialReceiveSegments: 45 }));
    tcb.advMss = 1460;
    expect(synWindow(tcb)).toBe(64_240);
  });

  it('may be limited in segments, and by the user', () => {
    expect(synWindow(fresh({ initialReceiveSegments: 10 }))).toBe(10_000);
    const tcb = fresh();
    tcb.windowClamp = 3000;
    expect(synWindow(tcb)).toBe(3000);
  });
});

describe('the window', () => {
  it('stays open while the buffer has grown by more than the window may reach so far (Linux __tcp_select_window)', () => {
    const tcb = fresh({
      windowSteps: true,
      wholeWindows: true,
      receiveBufferBytes: 6 << 20,
      maxReceiveBufferBytes: 6 << 20,
    });
    tcb.rcvScale = 7;
    tcb.rcvWindowLimit = 200_000;
    tcb.rcvAdv = tcb.rcvNxt;
    expect(advertisedWindow(tcb) << 7).toBeGreaterThan(190_000);
    // A sixteenth of the buffer is left: too little to go on.
    arrive(tcb, (6 << 20) - (100 << 10));
    tcb.rcvAdv = tcb.rcvNxt;
    expect(advertisedWindow(tcb)).toBe(0);
  });

  it('closes by what arrives and is not read', () => {
    const tcb = fresh();
    arrive(tcb, 5000);
    expect(offer(tcb)).toBe(15_000);
    arrive(tcb, 15_000);
    expect(offer(tcb)).toBe(0);
  });

  it('opens by a segment at least (SWS avoidance)', () => {
    const tcb = fresh();
    arrive(tcb, 20_000);
    expect(offer(tcb)).toBe(0);
    read(tcb, 999);
    expect(windowUpdateDue(tcb)).toBe(false);
    expect(offer(tcb)).toBe(0);
    read(tcb, 1);
    expect(windowUpdateDue(tcb)).toBe(true);
    expect(offer(tcb)).toBe(1000);
  });

  it('of a small buffer opens by half of it', () => {
    const tcb = fresh({ receiveBufferBytes: 1200, maxReceiveBufferBytes: 1200 });
    arrive(tcb, 1000);
    expect(offer(tcb)).toBe(200);
    read(tcb, 599);
    expect(offer(tcb)).toBe(200);
    read(tcb, 1);
    expect(offer(tcb)).toBe(800);
  });

  it('keeps its right edge although the buffer was made smaller', () => {
    const tcb = fresh();
    tcb.receive.limit = 4000;
    arrive(tcb, 1000);
    expect(offer(tcb)).toBe(19_000);
  });

  it('is told without being asked only where it doubles', () => {
    const tcb = fresh();
    arrive(tcb, 8000);
    offer(tcb);
    read(tcb, 8000);
    expect(windowUpdateDue(tcb)).toBe(false);
    arrive(tcb, 4000);
    offer(tcb);
    arrive(tcb, 10_000);
    offer(tcb);
    read(tcb, 14_000);
    expect(windowUpdateDue(tcb)).toBe(true);
  });

  it('never goes back, never exceeds the buffer by more than was promised, and is read by a scaling peer alike', () => {
    const actions = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 3000 })), { maxLength: 60 });
    fc.assert(
      fc.property(actions, fc.integer({ min: 0, max: 7 }), (steps, scale) => {
        const tcb = fresh({ windowShare: 128 });
        tcb.rcvScale = scale;
        tcb.rcvNxt = 0x7ffffff0 | 0;
        offerSynWindow(new TcbPair().left, tcb);
        let edge = tcb.rcvAdv;
        for (const [isArrival, n] of steps) {
          const room = Math.min(n, (edge - tcb.rcvNxt) | 0);
          if (isArrival && room > 0) arrive(tcb, room);
          else read(tcb, n);
          const told = (tcb.rcvNxt + offer(tcb) * 2 ** scale) | 0;
          expect((told - edge) | 0).toBeGreaterThanOrEqual(0);
          expect(tcb.receive.readable + ((told - tcb.rcvNxt) | 0)).toBeLessThanOrEqual(tcb.receive.limit);
          edge = told;
        }
      }),
    );
  });
});

describe('growth', () => {
  function transfer(config: TcpConfig): TcbPair {
    const pair = new TcbPair({ config, delayUs: 20_000 }).establish();
    let left = 1_000_000;
    const chunk = new Uint8Array(100_000);
    for (let i = 0; left > 0 && i < 20_000; i++) {
      const taken = pair.left.sendBytes(chunk.subarray(0, Math.min(left, chunk.length)));
      if (taken > 0) left -= taken;
      pair.step();
      while (typeof pair.right.receive(65_536) === 'string');
    }
    return pair;
  }

  it('the receive buffer follows what the reader takes in a round trip', () => {
    const pair = transfer(linuxConfig({ maxSendBufferBytes: 4_194_304 }));
    expect(pair.right.tcb.receive.limit).toBeGreaterThan(300_000);
    expect(pair.right.tcb.receive.limit).toBeLessThanOrEqual(6_291_456);
  });

  it('not where it is fixed', () => {
    expect(transfer(testConfig()).right.tcb.receive.limit).toBe(262_144);
  });

  it('the first window is small where the configuration says so, and grows with what arrives', () => {
    const config = testConfig({ initialReceiveSegments: 10, timestamps: false, sack: false });
    const pair = new TcbPair({ config }).establish().forget();
    pair.left.sendBytes(new Uint8Array(14_600));
    pair.run(SECOND);
    pair.right.receive();
    const windows = pair.sent
      .filter(({ from }) => from === pair.right)
      .map(({ segment }) => segment.window * 2 ** pair.right.tcb.rcvScale);
    // Two more segments for the one that arrived.
    expect(windows[0]).toBe(14_600 + 2920);
    expect(pair.right.tcb.rcvWindowLimit).toBe(3 * 14_600);
  });
});
