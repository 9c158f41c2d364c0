import { describe, expect, test } from 'vitest';
import { type Flight, TcbPair, type TcbPairOptions } from '../../test/support/tcb-pair.ts';
import { testConfig } from '../../test/support/tcp-config.ts';
import { Flag } from '../wire/index.ts';
import type { TcpConfig } from './config.ts';
import { sendAckNow } from './output.ts';
import { Recovery } from './recovery.ts';

/** Octets of a full segment with timestamps on Ethernet. */
const MSS = 1448;
const RTT = 20_000;

const NEW_RENO: Partial<TcpConfig> = { sack: false, timestamps: true, frto: false };
const SACK: Partial<TcpConfig> = { rack: false, tailLossProbe: false };
const RACK: Partial<TcpConfig> = {};

/** Text of the left end, from ISS + 1 on. */
function offset(flight: Flight): number {
  return (flight.segment.seq - flight.from.tcb.iss - 1) | 0;
}

class Transfer extends TcbPair {
  /** Offsets of the text segments that left, and whether each arrived. */
  readonly data: number[] = [];
  drop: (at: number, nth: number, flight: Flight) => boolean = () => false;
  readonly #times = new Map<number, number>();

  constructor(over: Partial<TcpConfig>, options: TcbPairOptions = {}) {
    super({ config: testConfig(over), ...options });
    this.establish();
    // The window of a SYN is not scaled; a later one that differs would make a duplicate ACK none.
    sendAckNow(this.right, this.right.tcb);
    this.run(RTT);
    this.forget();
    this.filter = (flight) => {
      if (flight.from !== this.left || flight.segment.payloadLength === 0) return true;
      const at = offset(flight);
      const nth = (this.#times.get(at) ?? 0) + 1;
      this.#times.set(at, nth);
      this.data.push(at);
      return !this.drop(at, nth, flight);
    };
  }

  /** How often the segment at an offset left. */
  times(at: number): number {
    return this.#times.get(at) ?? 0;
  }

  write(segments: number): this {
    this.left.sendBytes(new Uint8Array(segments * MSS));
    return this;
  }

  /** All text that was written has arrived. */
  arrived(): number {
    return this.right.tcb.receive.readable / MSS;
  }
}

describe.each([
  ['NewReno (RFC 6582)', NEW_RENO],
  ['SACK (RFC 6675)', SACK],
  ['RACK (RFC 8985)', RACK],
])('fast recovery: %s', (_, over) => {
  test('a segment that is lost goes again after three duplicates, long before the RTO', () => {
    const pair = new Transfer(over);
    pair.drop = (at, nth) => at === 2 * MSS && nth === 1;
    pair.write(10);
    pair.run(5 * RTT);
    expect(pair.arrived()).toBe(10);
    expect(pair.times(2 * MSS)).toBe(2);
    expect(pair.left.counters.TCPTimeouts).toBe(0);
    // RFC 6675 4, NextSeg (4) sends the last segment once more, needed or not.
    expect(pair.data.filter((at) => at !== 9 * MSS).length).toBe(10);
  });

  test('ssthresh is half of what was in flight, and cwnd comes to it (RFC 5681 eq. 4)', () => {
    const pair = new Transfer(over);
    pair.drop = (at, nth) => at === 0 && nth === 1;
    pair.write(10);
    pair.run(5 * RTT);
    const tcb = pair.left.tcb;
    expect(tcb.ssthresh).toBe(5 * MSS);
    expect(tcb.cwnd).toBe(5 * MSS);
    pair.write(1).run(20 * RTT);
    expect(tcb.recovery).toBe(Recovery.open);
  });

  test('two losses of one window reduce it once', () => {
    const pair = new Transfer(over);
    pair.drop = (at, nth) => (at === 2 * MSS || at === 5 * MSS) && nth === 1;
    pair.write(10);
    pair.run(10 * RTT);
    expect(pair.arrived()).toBe(10);
    // Two segments were acknowledged before.
    expect([4 * MSS, 5 * MSS]).toContain(pair.left.tcb.ssthresh);
    expect(pair.left.counters.TCPTimeouts).toBe(0);
    expect([pair.times(2 * MSS), pair.times(5 * MSS)]).toEqual([2, 2]);
  });

  test('two duplicate ACKs are not enough, and limited transmit sends new data on them (RFC 3042)', () => {
    const pair = new Transfer(over);
    pair.drop = (at, nth) => (at === 0 && nth === 1) || at > 2 * MSS;
    pair.write(12);
    pair.run(RTT + 4_000);
    // Ten segments, nine of them lost but for two: two duplicates, two more segments.
    expect(pair.data).toEqual(Array.from({ length: 12 }, (_x, i) => i * MSS));
  });

  test('without limited transmit duplicates open no room', () => {
    const pair = new Transfer({ ...over, limitedTransmit: false });
    pair.drop = (at, nth) => (at === 0 && nth === 1) || at > 2 * MSS;
    pair.write(12);
    pair.run(RTT + 4_000);
    expect(pair.data.length).toBe(10);
  });

  test('a segment that comes a little late is no loss', () => {
    const pair = new Transfer(over).write(10);
    pair.filter = (flight) => {
      if (flight.from === pair.left && offset(flight) === 3 * MSS) flight.arrivesAt += 1;
      return true;
    };
    // The segments after it must not all arrive at once with it.
    for (let i = 0; i < pair.flights.length; i++) pair.flights[i]!.arrivesAt += i;
    pair.run(5 * RTT);
    expect(pair.left.counters.TCPFastRetrans).toBe(0);
    expect(pair.left.tcb.cwnd).toBeGreaterThanOrEqual(10 * MSS);
  });
});

describe('NewReno (RFC 6582)', () => {
  test('each partial ACK sends the next hole; recovery ends with the recovery point', () => {
    const pair = new Transfer(NEW_RENO);
    const lost = [1, 3, 5].map((n) => n * MSS);
    pair.drop = (at, nth) => lost.includes(at) && nth === 1;
    pair.write(10);
    pair.run(10 * RTT);
    expect(pair.data.slice(10)).toEqual(lost);
    expect(pair.arrived()).toBe(10);
    expect(pair.left.counters.TCPTimeouts).toBe(0);
  });

  test('duplicates of what was sent before the recovery point was passed begin no second recovery', () => {
    const pair = new Transfer(NEW_RENO);
    pair.drop = (at, nth) => at === 0 && nth === 1;
    pair.write(10);
    pair.run(5 * RTT);
    for (let i = 0; i < 5; i++)
      pair.inject(pair.left, { flags: Flag.ack, seq: pair.left.tcb.rcvNxt, ack: pair.left.tcb.sndUna });
    expect(pair.left.counters.TCPRenoRecovery).toBe(1);
  });
});

describe('SACK (RFC 6675)', () => {
  test('all holes that SACKs show go in one round trip', () => {
    const pair = new Transfer(SACK);
    const lost = [0, 1, 2].map((n) => n * MSS);
    pair.drop = (at, nth) => lost.includes(at) && nth === 1;
    pair.write(10);
    pair.run(2 * RTT + RTT / 2);
    expect(pair.arrived()).toBe(10);
    expect(pair.data.slice(10, 13)).toEqual(lost);
  });

  test('NextSeg (4): a lost tail is rescued once without an RTO', () => {
    const pair = new Transfer(SACK);
    pair.drop = (at, nth) => (at === 2 * MSS || at === 9 * MSS) && nth === 1;
    pair.write(10);
    pair.run(4 * RTT);
    expect(pair.left.counters.TCPTimeouts).toBe(0);
    expect(pair.arrived()).toBe(10);
    expect(pair.times(9 * MSS)).toBe(2);
  });

  test('an octet that is SACKed is not sent again', () => {
    const pair = new Transfer(SACK);
    pair.drop = (at, nth) => at % (2 * MSS) === 0 && nth === 1;
    pair.write(10);
    pair.run(10 * RTT);
    for (let n = 1; n < 9; n += 2) expect(pair.times(n * MSS)).toBe(1);
    expect(pair.arrived()).toBe(10);
  });
});

describe('RACK-TLP (RFC 8985)', () => {
  test('a retransmission that is lost is found without an RTO', () => {
    const pair = new Transfer(RACK);
    pair.drop = (at, nth) => at === 2 * MSS && nth <= 2;
    pair.write(40);
    pair.run(12 * RTT);
    expect(pair.times(2 * MSS)).toBe(3);
    expect(pair.left.counters.TCPTimeouts).toBe(0);
    expect(pair.arrived()).toBe(40);
  });

  test('RFC 6675 needs the RTO for the same', () => {
    const pair = new Transfer(SACK);
    pair.drop = (at, nth) => at === 2 * MSS && nth <= 2;
    pair.write(40);
    pair.run(3_000_000);
    expect(pair.left.counters.TCPTimeouts).toBeGreaterThan(0);
    expect(pair.arrived()).toBe(40);
  });

  test('a lost tail is probed after two round trips, and the loss counts as congestion', () => {
    const pair = new Transfer(RACK);
    pair.drop = (at, nth) => at === 9 * MSS && nth === 1;
    pair.write(10);
    pair.run(4 * RTT + 230_000);
    expect(pair.left.counters.TCPLossProbes).toBe(1);
    expect(pair.left.counters.TCPTimeouts).toBe(0);
    expect(pair.arrived()).toBe(10);
    // Without a DSACK, what follows is acknowledged: the probe repaired a loss (RFC 8985 7.4.2).
    pair.write(1).run(20 * RTT);
    expect(pair.left.counters.TCPLossProbeRecovery).toBe(1);
    expect(pair.left.tcb.cwnd).toBeLessThan(10 * MSS);
  });

  test('of two segments lost at the end the probe shows the other one', () => {
    const pair = new Transfer(RACK);
    pair.drop = (at, nth) => at >= 8 * MSS && nth === 1;
    pair.write(10);
    pair.run(6 * RTT + 230_000);
    expect(pair.left.counters.TCPTimeouts).toBe(0);
    expect(pair.arrived()).toBe(10);
    expect([pair.times(8 * MSS), pair.times(9 * MSS)]).toEqual([2, 2]);
  });

  test('a probe for nothing: the DSACK says so, and nothing is reduced', () => {
    const pair = new Transfer(RACK).write(10);
    // The ACKs of the last segments are late, not the segments.
    pair.filter = (flight) => {
      if (flight.from === pair.right && flight.segment.ack === pair.left.tcb.sndNxt)
        flight.arrivesAt += 200_000;
      return true;
    };
    pair.run(1_000_000);
    expect(pair.left.counters.TCPLossProbes).toBe(1);
    expect(pair.left.counters.TCPDSACKRecv).toBeGreaterThan(0);
    expect(pair.left.counters.TCPLossProbeRecovery).toBe(0);
    expect(pair.left.tcb.cwnd).toBeGreaterThanOrEqual(10 * MSS);
    expect(pair.left.tcb.tlpOutstanding).toBe(false);
  });

  test('there is one probe, then the RTO', () => {
    const pair = new Transfer(RACK);
    pair.drop = () => true;
    pair.write(3);
    pair.run(1_500_000);
    expect(pair.left.counters.TCPLossProbes).toBe(1);
    expect(pair.left.counters.TCPTimeouts).toBe(1);
  });

  test('reordering that was seen widens the patience to a quarter of the least round trip', () => {
    const pair = new Transfer(RACK);
    let late = 4_000;
    pair.drop = (at, _nth, flight) => {
      if (at % (8 * MSS) === 0 && at > 0) flight.arrivesAt += late;
      return false;
    };
    pair.write(10).run(10 * RTT);
    expect(pair.left.tcb.rackReorderings).toBe(1);
    const before = pair.left.counters.TCPFastRetrans;
    late = 3_000;
    pair.write(30).run(20 * RTT);
    expect(pair.left.counters.TCPFastRetrans).toBe(before);
    expect(pair.arrived()).toBe(40);
  });
});

describe('undo', () => {
  test('fast recovery that DSACKs show to be for nothing is undone', () => {
    const pair = new Transfer({ ...RACK, timestamps: false }).write(10);
    pair.run(0);
    const held = pair.flights.findIndex((flight) => flight.from === pair.left && offset(flight) === 0);
    pair.flights[held]!.arrivesAt += RTT + 4_000;
    pair.flights.sort((a, b) => a.arrivesAt - b.arrivesAt);
    pair.run(10 * RTT);
    const tcb = pair.left.tcb;
    expect(pair.left.counters.TCPSackRecovery).toBe(1);
    expect(pair.left.counters.TCPDSACKRecv).toBeGreaterThan(0);
    expect(tcb.cwnd).toBeGreaterThanOrEqual(10 * MSS);
    expect(tcb.ssthresh).toBe(0x7fffffff);
  });

  test('the timestamp tells the original from the retransmission (Eifel, RFC 3522)', () => {
    const pair = new Transfer({ ...NEW_RENO, timestampTickUs: 1 }).write(10);
    const held = pair.flights.findIndex((flight) => flight.from === pair.left && offset(flight) === 0);
    pair.flights[held]!.arrivesAt += RTT - 5_000;
    pair.flights.sort((a, b) => a.arrivesAt - b.arrivesAt);
    pair.run(10 * RTT);
    expect(pair.left.counters.TCPRenoRecovery).toBe(1);
    expect(pair.left.tcb.cwnd).toBeGreaterThanOrEqual(10 * MSS);
    expect(pair.left.tcb.ssthresh).toBe(0x7fffffff);
  });
});

describe('retransmission timeout (RFC 6298 5)', () => {
  const plain: Partial<TcpConfig> = { ...SACK, frto: false };

  test('cwnd is one segment, ssthresh half, and the RTO doubles', () => {
    const pair = new Transfer(plain);
    pair.drop = (_at, nth) => nth <= 2;
    pair.write(10);
    pair.run(1_010_000);
    const tcb = pair.left.tcb;
    expect([tcb.cwnd, tcb.ssthresh, tcb.backoff, tcb.rtoUs]).toEqual([MSS, 5 * MSS, 1, 2_000_000]);
    expect(pair.data.slice(10)).toEqual([0]);
    pair.run(2_000_000);
    // RFC 5681 3.1: held at the second timeout of the same segment.
    expect([tcb.cwnd, tcb.ssthresh, tcb.backoff, tcb.rtoUs]).toEqual([MSS, 5 * MSS, 2, 4_000_000]);
    expect(pair.data.slice(10)).toEqual([0, 0]);
  });

  test('slow start follows, and what is lost goes in order', () => {
    const pair = new Transfer(plain);
    pair.drop = (_at, nth) => nth === 1;
    pair.write(10);
    pair.run(1_000_000 + 10 * RTT + 1_000_000);
    expect(pair.arrived()).toBe(10);
    expect(pair.data.slice(10)).toEqual(Array.from({ length: 10 }, (_, i) => i * MSS));
    expect(pair.left.counters.TCPTimeouts).toBe(1);
  });

  test('the timer starts with the first segment and anew with each ACK that moves SND.UNA', () => {
    const pair = new Transfer(plain);
    const start = pair.now;
    pair.write(1);
    expect(pair.left.tcb.timers[0]).toBe(start + 1_000_000);
    pair.run(5_000);
    pair.write(1);
    expect(pair.left.tcb.timers[0]).toBe(start + 1_000_000);
    pair.run(1_000_000);
    expect(pair.left.tcb.timers[0]).toBe(Number.POSITIVE_INFINITY);
  });

  test('F-RTO: the window was merely late, so nothing else is sent again and cwnd comes back (RFC 5682)', () => {
    const pair = new Transfer({ ...SACK, timestamps: false, frto: true });
    pair.drop = (at, _nth, flight) => {
      if (at < 10 * 1460) flight.arrivesAt += 1_100_000;
      return false;
    };
    pair.left.sendBytes(new Uint8Array(16 * 1460));
    pair.run(4_000_000);
    expect(pair.left.counters.TCPTimeouts).toBe(1);
    expect(pair.left.counters.TCPSpuriousRTOs).toBe(1);
    expect(pair.data.length).toBe(17);
    expect(pair.left.tcb.ssthresh).toBe(0x7fffffff);
    expect(pair.right.tcb.receive.readable).toBe(16 * 1460);
  });

  test('F-RTO: a real loss is found out by a duplicate ACK', () => {
    const pair = new Transfer({ ...SACK, timestamps: false, frto: true });
    pair.drop = (at, nth) => at < 10 * 1460 && nth === 1;
    pair.left.sendBytes(new Uint8Array(16 * 1460));
    pair.run(20_000_000);
    expect(pair.left.counters.TCPSpuriousRTOs).toBe(0);
    expect(pair.right.tcb.receive.readable).toBe(16 * 1460);
    expect(pair.left.tcb.ssthresh).toBeLessThan(0x7fffffff);
  });

  test('SACK reneging: what was SACKed and given up goes again', () => {
    const pair = new Transfer(plain);
    pair.drop = (at, nth) => at === 0 && nth === 1;
    pair.write(10);
    pair.run(RTT + 1_000);
    expect(pair.left.tcb.sent.sackedBytes).toBeGreaterThan(0);
    pair.right.tcb.receive.dropRanges();
    pair.run(10_000_000);
    expect(pair.arrived()).toBe(10);
    expect(pair.left.counters.TCPSACKReneging).toBe(1);
  });
});

describe('explicit congestion notification (RFC 3168 6.1.2)', () => {
  test('ECE reduces the window once a round trip, without retransmission', () => {
    const pair = new Transfer({ ...RACK, ecn: 1 }).write(10);
    const tcb = pair.left.tcb;
    expect(tcb.ecnOk).toBe(true);
    for (let n = 1; n <= 3; n++) {
      pair.inject(pair.left, {
        flags: Flag.ack | Flag.ece,
        seq: tcb.rcvNxt,
        ack: (tcb.iss + 1 + n * MSS) | 0,
      });
    }
    expect(tcb.ssthresh).toBe(4.5 * MSS);
    expect(tcb.recovery).toBe(Recovery.cwr);
    pair.run(10 * RTT);
    pair.write(1).run(20 * RTT);
    expect(tcb.recovery).toBe(Recovery.open);
    expect(tcb.cwnd).toBe(4.5 * MSS);
    expect(pair.data.length).toBe(11);
  });
});
