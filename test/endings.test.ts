import { describe, expect, it } from 'vitest';
import type { ConnectionEnding } from '../src/explain/types.ts';
import { exchange, handshake, tell } from './support/trace.ts';

function states(e: ConnectionEnding, end: 'client' | 'server'): string {
  return e.states[end].map((s) => s.state).join(' ');
}

const ACTIVE = 'SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT';
const PASSIVE = 'SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED';

describe('orderly endings', () => {
  it('four segments: the client holds TIME-WAIT for 2MSL', () => {
    const { first } = tell(`${exchange()}
      5 C FIN ACK
      20 S ACK
      30 S FIN ACK
      0.1 C ACK`);
    expect(first).toMatchObject({
      closeKind: 'fin',
      closeForm: 'four-segments',
      firstCloser: 'client',
      timeWait: 'client',
      rstSender: null,
    });
    expect(states(first, 'client')).toBe(ACTIVE);
    expect(states(first, 'server')).toBe(PASSIVE);
    expect(first.verdict.cause).toBe('fin-client-first');
    expect(first.timeWaitUntil! - first.end).toBeGreaterThan(59);
    expect(first.timeWaitUntil! - first.end).toBeLessThan(61);
    expect(first.ends.server.closeWaitSeconds).toBeCloseTo(0.05, 2);
  });

  it('three segments', () => {
    const { first } = tell(`${exchange()}
      5 S FIN ACK
      0.1 C FIN ACK
      20 S ACK`);
    expect(first).toMatchObject({ closeForm: 'three-segments', firstCloser: 'server', timeWait: 'server' });
    expect(first.verdict.cause).toBe('fin-three-segments');
  });

  it('a simultaneous close is known by acknowledgement numbers, whichever FIN was captured first', () => {
    const { first } = tell(`${exchange()}
      5 C FIN ACK
      8 S FIN ACK ack=-1
      0.1 C ACK
      12 S ACK`);
    expect(first).toMatchObject({ firstCloser: 'both', closeForm: 'simultaneous', timeWait: 'both' });
    expect(states(first, 'client')).toBe('SYN-SENT ESTABLISHED FIN-WAIT-1 CLOSING TIME-WAIT');
    expect(states(first, 'server')).toBe('SYN-RECEIVED ESTABLISHED FIN-WAIT-1 CLOSING TIME-WAIT');
    expect(first.verdict.cause).toBe('fin-simultaneous');
  });

  it('half-close: data goes on after the FIN was acknowledged', () => {
    const { first } = tell(`${exchange()}
      5 C FIN ACK
      20 S ACK
      30 S PSH ACK 500
      0.1 C ACK
      20 S FIN ACK
      0.1 C ACK`);
    expect(first.closeForm).toBe('half-close');
    expect(first.verdict.cause).toBe('half-close-then-data');
  });

  it('a retransmitted FIN does not change who closed first', () => {
    const { first } = tell(`${exchange()}
      5 C FIN ACK
      220 C again
      20 S FIN ACK
      0.1 C ACK`);
    expect(first).toMatchObject({ firstCloser: 'client', timeWait: 'client' });
    expect(first.verdict.cause).toBe('fin-lost');
    expect(first.ends.client.fins).toBe(2);
  });

  it('a lost last ACK: LAST-ACK goes on until the FIN is answered again', () => {
    const { first } = tell(`${exchange()}
      5 C FIN ACK
      20 S ACK
      10 S FIN ACK
      0.1 C ACK
      250 S again
      0.1 C ACK`);
    expect(first.verdict.cause).toBe('last-ack-lost');
    expect(states(first, 'server')).toBe(PASSIVE);
    expect(first.states.server.at(-1)!.at).toBeCloseTo(first.end, 3);
  });

  it('an end of the capture is not a leak: open says so', () => {
    const { first } = tell(exchange());
    expect(first).toMatchObject({ closeKind: 'open', firstCloser: null });
    expect(first.verdict.cause).toBeNull();
    expect(first.verdict.reason).toMatch(/open/);
  });
});

describe('half-closed at the end of the capture', () => {
  const closed = `${exchange()}
    5 C FIN ACK
    20 S ACK`;

  it('is no leak where the capture stops right after the FIN', () => {
    const { first } = tell(closed);
    expect(first).toMatchObject({ closeKind: 'half-closed', firstCloser: 'client' });
    expect(first.verdict.cause).toBeNull();
    expect(first.verdict.reason).toMatch(/too soon/);
  });

  it('is one where the server had time to close', () => {
    const { causes } = tell(`${closed}
      60000 C SYN port=50001`);
    expect(causes).toContain('close-wait-leak');
    expect(causes).toContain('fin-wait2-stuck');
  });

  it('is one where the delayed ACK of the FIN went out first', () => {
    const { causes } = tell(`${exchange()}
      5 C FIN ACK
      61 S ACK`);
    expect(causes).toContain('close-wait-leak');
  });
});

describe('resets', () => {
  it('SO_LINGER 0 after an answer: linger first, unread data beside it, and no TIME-WAIT', () => {
    const { first, causes } = tell(`${exchange()}
      2 C RST ACK`);
    expect(first).toMatchObject({ closeKind: 'rst', rstSender: 'client', rstForm: 'A', timeWait: null });
    expect(causes.slice(0, 2)).toEqual(['linger0-abort', 'close-with-unread-data']);
    expect(first.ends.server.applicationSees).toBe('ECONNRESET');
  });

  it('a server that resets a request it never answered had unread data', () => {
    const { causes } = tell(`${handshake()}
      1 C PSH ACK 400
      20 S ACK
      50 S RST ACK`);
    expect(causes[0]).toBe('close-with-unread-data');
    expect(causes).toContain('listener-closed-with-queue');
  });

  it('takes no window for closed that was never seen: a server that only sent SYN-ACK may have aborted either way', () => {
    const { causes } = tell(`${handshake()}
      1 C PSH ACK 400
      20 S RST ACK`);
    expect(causes).toContain('linger0-abort');
  });

  it('an RST that offers more room than before freed what was unread', () => {
    const { causes } = tell(`${exchange()}
      1 S PSH ACK 8000
      0.1 C ACK win=200
      50 C RST ACK win=501`);
    expect(causes[0]).toBe('close-with-unread-data');
    expect(causes).not.toContain('linger0-abort');
  });

  it('a window that shrank by the unread bytes decides for unread data', () => {
    const { causes } = tell(`${exchange()}
      1 S PSH ACK 8000
      0.1 C ACK win=440
      50 C RST ACK win=440`);
    expect(causes[0]).toBe('close-with-unread-data');
  });

  it('keep-alive race: FIN and request cross, the request gets RST', () => {
    const { first, causes } = tell(`${exchange()}
      5000 C PSH ACK 40
      15 S FIN ACK ack=-40
      0.1 C ACK
      5 S RST seq=-1`);
    expect(first).toMatchObject({ closeKind: 'fin-then-rst', firstCloser: 'server', rstSender: 'server' });
    expect(causes[0]).toBe('keepalive-race');
  });

  it('an idle close that the client had long acknowledged is the pool, not the race', () => {
    const { causes } = tell(`${exchange()}
      60000 S FIN ACK
      0.1 C ACK
      4000 C PSH ACK 40
      20 S RST`);
    expect(causes[0]).toBe('lb-idle-timeout');
    expect(causes).not.toContain('keepalive-race');
  });

  it('a last word that meets a closed socket is harmless', () => {
    const { causes } = tell(`${exchange()}
      100 S FIN ACK
      0.1 C PSH ACK 24
      0.1 C FIN ACK
      20 S RST`);
    expect(causes[0]).toBe('harmless-rst-after-close');
  });

  it('an RST with another path length is nobody of the two', () => {
    const { first, causes } = tell(
      `${exchange()}
      200 S RST ttl=40 id=4660`,
      { serverHops: 8 },
    );
    expect(first.rstSender).toBe('middlebox');
    expect(first.firstCloser).toBeNull();
    expect(causes[0]).toBe('middlebox-rst');
    expect(first.ladder.at(-1)!.from).toBe('middlebox');
  });

  it('a keep-alive race stays one when the path had become slow, and the client reads EOF first', () => {
    const { first, causes } = tell(`${exchange(0.07)}
      5000 C PSH ACK 38
      55 S FIN ACK ack=-38
      0.02 S RST seq=-1`);
    expect(first.rstSender).toBe('server');
    expect(causes[0]).toBe('keepalive-race');
    expect(first.ends.client.applicationSees).toBe('EPIPE');
  });

  it('an RST after which its sender goes on is not its own', () => {
    const { first } = tell(`${exchange()}
      200 S RST ACK win=0 nots
      100 S PSH ACK 60
      100 S PSH ACK 60`);
    expect(first.rstSender).toBe('middlebox');
  });

  it('NAT that forgot: after idleness the answer comes from nearer than the server', () => {
    const { first, causes } = tell(
      `${exchange()}
      300000 C PSH ACK 40
      2 S RST ttl=64`,
      { serverHops: 5 },
    );
    expect(first.rstSender).toBe('middlebox');
    expect(causes[0]).toBe('nat-idle-reset');
  });

  it('a challenged RST leaves the connection alive', () => {
    const { first, causes } = tell(
      `${exchange()}
      100 S RST seq=1000 ttl=40
      0.1 C ACK
      100 C PSH ACK 40
      20 S PSH ACK 100
      1 C FIN ACK
      20 S FIN ACK
      0.1 C ACK`,
      { serverHops: 8 },
    );
    expect(first).toMatchObject({ closeKind: 'fin', firstCloser: 'client' });
    expect(causes[0]).toBe('rst-challenged');
    expect(states(first, 'client')).toBe(ACTIVE);
  });

  it('an RST outside the window changes no state', () => {
    const { first, causes } = tell(
      `${exchange()}
      100 S RST seq=-50000 ttl=40
      100 C PSH ACK 40
      20 S PSH ACK 100
      1 C FIN ACK
      20 S FIN ACK
      0.1 C ACK`,
      { serverHops: 8 },
    );
    expect(causes[0]).toBe('rst-ignored');
    expect(states(first, 'client')).toBe(ACTIVE);
    expect(states(first, 'server')).toBe(PASSIVE);
  });

  it('closed port, with the RST of form C', () => {
    const { first } = tell(`0 C SYN
      20 S RST ACK seq=-9000000 win=0`);
    expect(first).toMatchObject({
      closeKind: 'refused',
      rstForm: 'C',
      rstSender: 'server',
      firstCloser: 'server',
    });
    expect(first.verdict.cause).toBe('port-closed');
    expect(first.ends.client.applicationSees).toBe('ECONNREFUSED');
  });

  it('accept queue full with abort: RST without ACK right at the end of the handshake', () => {
    const { first } = tell(`${handshake()}
      20 S RST`);
    expect(first.verdict.cause).toBe('accept-queue-full-abort');
    expect(states(first, 'server')).toBe('SYN-RECEIVED CLOSED');
  });

  it('accept queue full, ACK ignored: the SYN-ACK comes again, the request is never taken', () => {
    const { first } = tell(`${handshake()}
      1 C PSH ACK 40
      1000 S SYN ACK seq=-1 ack=-40
      0.1 C ACK
      100 C PSH ACK 40 seq=-40
      2000 S SYN ACK seq=-1 ack=-40
      0.1 C ACK
      3000 C PSH ACK 40 seq=-40
      20 S RST`);
    expect(first.verdict.cause).toBe('accept-queue-full-ack-ignored');
  });

  it('several RSTs for several segments in flight are one ending', () => {
    const { first } = tell(`${exchange()}
      500 S FIN ACK
      0.1 C ACK
      5 C PSH ACK 1000
      0.1 C PSH ACK 1000
      0.1 C PSH ACK 1000
      20 S RST
      0.1 S RST
      0.1 S RST`);
    expect(first).toMatchObject({ closeKind: 'fin-then-rst', rstSender: 'server' });
    expect(first.ends.server.resets).toBe(3);
  });
});

describe('connecting', () => {
  it('SYNs that nothing answers', () => {
    const { first, causes } = tell(`0 C SYN
      1000 C again
      2000 C again`);
    expect(first).toMatchObject({ closeKind: 'connect-timeout', firstCloser: null, opening: 'unanswered' });
    expect(causes[0]).toBe('syn-filtered');
    expect(causes).toContain('accept-queue-full');
  });

  it('the same toward a server that accepts others is a full queue', () => {
    const { connections } = tell(`${handshake()}
      0 C SYN port=50001
      1000 C again
      2000 C again`);
    expect(connections[1]!.verdict.cause).toBe('accept-queue-full');
  });

  it('ICMP errors name their causes', () => {
    const answers: readonly (readonly [string, string])[] = [
      ['3/1', 'host-unreachable'],
      ['3/13', 'icmp-admin-prohibited'],
      ['3/3', 'icmp-port-unreachable'],
    ];
    for (const [what, cause] of answers) {
      const { first } = tell(`0 C SYN\n1 ICMP ${what}`);
      expect(first.closeKind).toBe('refused-icmp');
      expect(first.verdict.cause).toBe(cause);
      expect(first.packets).toBe(1);
    }
  });

  it('a SYN written by hand is a scan; a full one, late, a client that gave up', () => {
    expect(tell('0 C SYN bare win=1024\n20 S SYN ACK bare\n0.1 C RST').first.verdict.cause).toBe('syn-scan');
    expect(tell('0 C SYN\n2500 S SYN ACK\n0.1 C RST').first.verdict.cause).toBe('abort-in-syn-sent');
  });

  it('a simultaneous open is one connection', () => {
    const { connections, first } = tell(`0 C SYN
      5 S SYN
      5 S SYN ACK seq=-1
      0.1 C SYN ACK seq=-1
      10 C PSH ACK 10
      10 S ACK
      5 C FIN ACK
      20 S FIN ACK
      0.1 C ACK`);
    expect(connections).toHaveLength(1);
    expect(first.opening).toBe('simultaneous');
    expect(first.verdict.cause).toBe('simultaneous-open');
  });
});

describe('silence', () => {
  const tries = '220 C again\n440 C again\n880 C again\n1760 C again';

  it('retransmissions without an answer', () => {
    const { first, causes } = tell(`${exchange()}
      5 C PSH ACK 40
      ${tries}`);
    expect(first).toMatchObject({ closeKind: 'timeout', firstCloser: 'client', rstSender: null });
    expect(causes[0]).toBe('retransmission-timeout');
    expect(states(first, 'client')).toBe('SYN-SENT ESTABLISHED CLOSED');
  });

  it('the same after long idleness behind a router is a forgotten NAT entry', () => {
    const { causes } = tell(
      `${exchange()}
      400000 C PSH ACK 40
      ${tries}`,
      { serverHops: 3 },
    );
    expect(causes[0]).toBe('nat-idle-drop');
    expect(causes).toContain('retransmission-timeout');
  });

  it('keepalive probes that nothing answers', () => {
    const { first, causes } = tell(`${exchange()}
      10000 C ACK seq=-1
      1000 C ACK seq=-1
      1000 C ACK seq=-1
      1000 C RST ACK`);
    expect(first).toMatchObject({ closeKind: 'timeout', rstSender: 'client' });
    expect(causes[0]).toBe('keepalive-timeout');
    expect(first.ends.client.keepaliveProbes).toBe(3);
  });

  it('a window that stays shut', () => {
    const { causes } = tell(`${exchange()}
      5 C PSH ACK 1000
      20 S ACK win=0
      220 C ACK seq=-1
      20 S ACK win=0
      440 C ACK seq=-1
      20 S ACK win=0
      880 C ACK seq=-1
      20 S ACK win=0`);
    expect(causes[0]).toBe('zero-window-timeout');
  });

  it('one loss is no timeout', () => {
    const { first } = tell(`${exchange()}
      5 C PSH ACK 40
      220 C again
      20 S ACK`);
    expect(first.closeKind).toBe('open');
    expect(first.ends.client.retransmissions).toBe(1);
  });
});

describe('one four-tuple, several incarnations', () => {
  const closed = `${exchange()}
    5 S FIN ACK
    0.1 C FIN ACK
    20 S ACK`;

  it('splits on a new SYN after the close, within 2MSL', () => {
    const { connections } = tell(`${closed}
      500 C SYN isn=7000000
      20 S SYN ACK isn=80000000
      0.1 C ACK`);
    expect(connections).toHaveLength(2);
    expect(connections[0]).toMatchObject({ closeKind: 'fin', timeWait: 'server' });
    expect(connections[1]!.verdict.cause).toBe('time-wait-reopened-by-syn');
  });

  it('does not split on idleness, nor on the same SYN again', () => {
    expect(tell(`${handshake()}\n7200000 C PSH ACK 10\n20 S ACK`).connections).toHaveLength(1);
    expect(tell('0 C SYN\n1000 C again\n20 S SYN ACK\n0.1 C ACK').connections).toHaveLength(1);
  });

  it('a SYN on a live connection is challenged, not a new one', () => {
    const { connections, causes } = tell(`${exchange()}
      500 C SYN seq=123456 nots
      20 S ACK
      50 C PSH ACK 40
      20 S ACK`);
    expect(connections).toHaveLength(1);
    expect(causes[0]).toBe('syn-challenged');
  });

  it('a restarted client on the same port: challenge, RST, SYN again', () => {
    const { connections, causes } = tell(`${exchange()}
      60000 C SYN seq=500000
      20 S ACK
      0.1 C RST
      12 C SYN isn=1500041
      20 S SYN ACK isn=70000000
      0.1 C ACK`);
    expect(connections).toHaveLength(2);
    expect(causes[0]).toBe('half-open-reconnect-same-port');
  });

  it('gives closed connections out when their 2MSL are over, before the end of the input', () => {
    const late = Array.from({ length: 300 }, (_, i) => `300 C SYN port=${40_000 + i}`).join('\n');
    const order: number[] = [];
    tell(
      `${exchange()}
      5 C SYN port=50001
      20 S SYN ACK
      0.1 C ACK
      5 C FIN ACK
      20 S FIN ACK
      0.1 C ACK
      ${late}`,
      { onConnection: (view) => order.push(view.flow) },
    );
    // Flow 1 is open to the end; at the end the rest comes in order of flow.
    expect(order[0]).toBe(2);
    expect(order[1]).toBe(1);
  });
});

describe('captures as they are', () => {
  it('a connection that began before the capture', () => {
    const { first } = tell(`0 C PSH ACK 40
      20 S ACK
      5 S PSH ACK 100
      0.1 C ACK
      5 C FIN ACK
      20 S FIN ACK
      0.1 C ACK`);
    expect(first).toMatchObject({
      opening: 'none',
      closeKind: 'fin',
      firstCloser: 'client',
      timeWait: 'client',
    });
  });

  it('the same packet captured twice is not a retransmission', () => {
    const { first } = tell(`${exchange()}
      5 C PSH ACK 40 id=900
      0.02 C PSH ACK 40 seq=-40 id=900
      20 S ACK`);
    expect(first.ends.client.retransmissions).toBe(0);
    expect(first.notes.join()).toMatch(/captured twice/);
  });

  it('FIN without ACK, SYN+FIN, RST with payload and RST+FIN are taken as they come', () => {
    for (const odd of ['C FIN', 'C SYN FIN seq=0', 'S RST ACK 20', 'S RST FIN ACK']) {
      expect(tell(`${exchange()}\n5 ${odd}`).connections).toHaveLength(1);
    }
  });

  it('collapses a scan into one finding', () => {
    const scan = Array.from(
      { length: 50 },
      (_, i) => `1 C SYN port=${1000 + i} bare\n1 S SYN ACK bare\n0.1 C RST`,
    ).join('\n');
    const { findings } = tell(scan);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ cause: 'syn-scan', count: 50 });
  });

  it('knows late segments and a new incarnation of what it had to give out early', () => {
    const others = Array.from({ length: 40 }, (_, i) => `1 C SYN port=${40_000 + i}`).join('\n');
    const { connections } = tell(
      `${exchange()}
      5 C FIN ACK
      20 S FIN ACK
      0.1 C ACK
      ${others}
      5 C SYN port=50000 isn=1000000
      0.1 C ACK seq=40 absack=9000121`,
      { maxConnections: 16 },
    );
    const again = connections.filter((c) => c.client.port === 50_000);
    expect(again).toHaveLength(2);
    expect(again[1]!.notes.join()).toContain('had been used by flow 1');
  });

  it('follows no more connections than it was allowed', () => {
    const syns = Array.from({ length: 500 }, (_, i) => `1 C SYN port=${1000 + i}`).join('\n');
    const { connections } = tell(syns, { maxConnections: 64 });
    expect(connections).toHaveLength(500);
    expect(
      connections.filter((c) => c.notes.some((n) => n.includes('given out early'))).length,
    ).toBeGreaterThan(400);
  });
});
