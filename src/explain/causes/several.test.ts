import { describe, expect, it } from 'vitest';
import { itIsNot, itShows } from '../../../test/support/causes.ts';
import { exchange, handshake, tell } from '../../../test/support/trace.ts';

const PORTS = [50_000, 50_002, 50_004, 50_006];
const each = (ports: readonly number[], line: (port: number) => string) => ports.map(line).join('\n');
const opened = (r: number, port: number) => `1 C SYN port=${port}
  ${r} S SYN ACK port=${port}
  0.05 C ACK port=${port}`;
const talked = (r: number, port: number) => `${opened(r, port)}
  0.1 C PSH ACK 40 port=${port}
  ${r} S PSH ACK 120 port=${port}
  0.05 C ACK port=${port}`;
const endsAll = (gapMs: number, how: string) => (r: number) =>
  `${each(PORTS, (port) => talked(r, port))}
  700 S ${how} on=${PORTS[0]}
  ${each(PORTS.slice(1), (port) => `${gapMs} S ${how} on=${port}`)}`;
const idleTimer = (idleMs: number) => (r: number) => {
  const gaps = PORTS.map((_, i) => (i === 0 ? idleMs - 3 * (2 * r + 1.2) : 2 * r + 1.2));
  return `${each(PORTS, (port) => talked(r, port))}
  ${PORTS.map((port, i) => `${gaps[i]! - (i === 0 ? 0 : 0.3)} ${closed(port)}`).join('\n')}`;
};
const closed = (port: number) =>
  `S FIN ACK on=${port}\n0.1 C ACK on=${port}\n0.1 C FIN ACK on=${port}\n0.1 S ACK on=${port}`;
const closesAll = (gapMs: number) => (r: number) =>
  `${each(PORTS, (port) => talked(r, port))}
  700 ${closed(PORTS[0]!)}
  ${each(PORTS.slice(1), (port) => `${gapMs} ${closed(port)}`)}`;
/** 400 connections, one after the other and each silent for a while: each second 100 begin and 100 end, at uneven times. */
const busyServer = (r: number) => {
  const lines: { atMs: number; text: string }[] = [];
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed / 0x7fffffff;
  };
  for (let i = 0; i < 400; i++) {
    const atMs = 4_000 * random();
    const port = 20_000 + i;
    lines.push({ atMs, text: `C SYN port=${port}` }, { atMs: atMs + r, text: `S SYN ACK on=${port}` });
    lines.push({ atMs: atMs + r + 0.05, text: `C ACK on=${port}` });
    lines.push({ atMs: atMs + r + 0.1, text: `C PSH ACK 40 on=${port}` });
    lines.push({ atMs: atMs + 2 * r + 0.1, text: `S PSH ACK 120 on=${port}` });
    lines.push({ atMs: atMs + 2 * r + 200 + 1000 * random(), text: `S FIN ACK on=${port}` });
  }
  lines.sort((a, b) => a.atMs - b.atMs);
  return lines.map(({ atMs, text }, i) => `${atMs - (lines[i - 1]?.atMs ?? 0)} ${text}`).join('\n');
};
const acceptsAndCallsOff = (answer: string) => (r: number) => `${opened(r, 50_000)}\n${answer}`;
const unanswered = (port: number) => `1000 C SYN port=${port}
  1000 C again port=${port}
  2000 C again port=${port}`;
const flood = (r: number, completed: boolean) =>
  Array.from({ length: 20 }, (_, i) =>
    completed ? opened(r, 40_000 + i) : `1 C SYN port=${40_000 + i}\n${r} S SYN ACK port=${40_000 + i}`,
  ).join('\n');
const stamped = (behind: number) => (r: number) =>
  `${opened(r, 50_000)}
  ${opened(r, 50_002)}
  ${opened(r, 50_004)}
  1000 C SYN port=50006 ts=${-behind}
  1000 C again port=50006
  2000 C again port=50006`;
const silentServer = (r: number) => `${opened(r, 50_000)}
  ${opened(r, 50_002)}
  50 C PSH ACK 900 port=50002
  ${r} S ACK port=50002
  90 S RST ACK port=50002`;

describe('several connections', () => {
  itShows('rolling-update', 'quiet connections ended by FIN at one moment', endsAll(0.05, 'FIN ACK'));
  itShows('rolling-update', 'or by RST', endsAll(0.05, 'RST ACK'), { flow: 2 });
  itShows('fin-server-first', 'a plain end stands beside it: a process may have died', closesAll(0.05), {
    beside: true,
  });
  itShows('fin-server-first', 'an idle timer ends them as they fell silent', idleTimer(5_000));
  itIsNot('rolling-update', 'a busy server closes many', busyServer, { flow: 60 });
  itIsNot('rolling-update', 'one after the other', endsAll(400, 'FIN ACK'), { flow: 2 });
  itIsNot('rolling-update', 'one alone', (r) => `${exchange(r)}\n700 S FIN ACK`);

  itShows(
    'syn-queue-full',
    'half-open connections without number',
    (r) => `${flood(r, false)}\n${unanswered(50_000)}`,
    {
      flow: 20,
    },
  );
  itIsNot('syn-queue-full', 'the others went on', (r) => `${flood(r, true)}\n${unanswered(50_000)}`, {
    flow: 20,
  });
  itShows('accept-queue-full', 'the others went on', (r) => `${flood(r, true)}\n${unanswered(50_000)}`, {
    flow: 20,
  });
  itShows(
    'conntrack-table-full',
    'others were answered',
    (r) => `${opened(r, 50_000)}\n${unanswered(50_002)}`,
    {
      flow: 1,
      beside: true,
    },
  );
  itShows(
    'snat-exhaustion',
    'others were answered across routers',
    (r) => `${opened(r, 50_000)}\n${unanswered(50_002)}`,
    {
      flow: 1,
      beside: true,
      serverHops: 3,
    },
  );
  it('not snat-exhaustion: no router between', () => {
    const { connections } = tell(`${opened(1, 50_000)}\n${unanswered(50_002)}`);
    expect(connections[1]!.verdict.alternatives).not.toContain('snat-exhaustion');
  });

  itShows('tw-recycle-nat', 'a timestamp below the last from that address', stamped(50_000), {
    flow: 3,
    timestamps: true,
  });
  itIsNot('tw-recycle-nat', 'its clock goes on', stamped(0), { flow: 3, timestamps: true });

  itShows('listener-closed-with-queue', 'a server that never spoke on any connection', silentServer, {
    flow: 1,
  });
  itIsNot(
    'listener-closed-with-queue',
    'it speaks on others',
    (r) => `${talked(r, 50_004)}\n${silentServer(r)}`,
    {
      flow: 2,
    },
  );

  itShows(
    'refused-after-accept',
    'an error message and FIN, without hearing the client',
    acceptsAndCallsOff('1 S PSH ACK 36\n0.1 S FIN ACK\n0.1 C FIN ACK\n0.1 S ACK'),
  );
  itShows('refused-after-accept', 'RST at once', acceptsAndCallsOff('1 S RST ACK'));
  itIsNot('refused-after-accept', 'RST later', acceptsAndCallsOff('800 S RST ACK'));
  itIsNot(
    'refused-after-accept',
    'a greeting, then a talk',
    (r) => `${acceptsAndCallsOff('1 S PSH ACK 36')(r)}
    1 C PSH ACK 20
    ${r} S PSH ACK 30
    0.1 S FIN ACK`,
  );

  itShows(
    'five-tuple-collision',
    "the client's port serves another open connection",
    (r) => `${exchange(r)}
    100 C SYN server=203.0.113.80
    ${r} S ACK server=203.0.113.80 seq=-700 absack=12345
    0.1 C RST server=203.0.113.80`,
    { flow: 1 },
  );
  itIsNot(
    'five-tuple-collision',
    'it serves no other',
    (r) => `100 C SYN
    ${r} S ACK seq=-700 absack=12345
    0.1 C RST
    10 C SYN seq=-1
    ${r} S SYN ACK`,
  );

  itShows(
    'self-connect',
    'source and destination are the same',
    () => `0 C SYN port=8080 server=192.0.2.1
    0.05 C SYN ACK port=8080 server=192.0.2.1 seq=-1
    0.05 C ACK port=8080 server=192.0.2.1
    5 C PSH ACK 10 port=8080 server=192.0.2.1
    50 C FIN ACK port=8080 server=192.0.2.1`,
  );
  itIsNot('self-connect', 'another address', exchange);
});

const olderSyn = (rounds: number, end: string) => (r: number) => {
  const round = `${r} S ACK seq=0 absack=777\n0.1 C RST seq=9000000\n1000 C SYN seq=-1`;
  return `${exchange(r)}
    50 S FIN ACK
    0.1 C FIN ACK
    ${r} S ACK
    200 C SYN isn=70000000
    ${Array.from({ length: rounds }, () => round).join('\n')}
    ${end}`;
};
const firstWords = (client: string, server: string) => (r: number) =>
  `${handshake(r)}
  0.1 C PSH ACK 60 text=${client}
  ${r} S PSH ACK 40 text=${server}
  0.1 S FIN ACK
  0.1 C FIN ACK
  ${r} S ACK`;
const HELLO = '\u0016\u0003\u0001\u0002';
const ALERT = '\u0015\u0003\u0001\u0002';
const opens = (answer: string) => (r: number) =>
  `0 C SYN
  ${r} ${answer}
  0.05 C ACK
  0.1 C PSH ACK 40
  ${r} S PSH ACK 120
  0.05 C ACK
  0.1 C PSH ACK 40
  ${r} S PSH ACK 120
  0.05 C ACK`;
const upload = (lastWindow: number, windowOfReset: number) => (r: number) =>
  `${handshake(r)}
  ${Array.from({ length: 20 }, (_, i) => `0.1 C PSH ACK 1400\n${i === 0 ? r : 0.05} S ACK win=${501 - Math.round((501 - lastWindow) * ((i + 1) / 20))}`).join('\n')}
  400 S RST ACK win=${windowOfReset}`;

describe('openings, first words and windows', () => {
  itShows('syn-older-in-time-wait-rfc1337', 'every SYN meets the same ACK', olderSyn(3, ''), { flow: 1 });
  itIsNot(
    'syn-older-in-time-wait-rfc1337',
    'the second SYN is accepted',
    olderSyn(1, '20 S SYN ACK isn=90000000\n0.1 C ACK'),
    {
      flow: 1,
    },
  );

  itShows('tls-plaintext-mismatch', 'ClientHello, plain text back', firstWords(HELLO, 'HTTP/1.1'));
  itShows('tls-plaintext-mismatch', 'plain text, a TLS alert back', firstWords('GET', ALERT));
  itIsNot('tls-plaintext-mismatch', 'ClientHello, TLS back', firstWords(HELLO, HELLO));
  itIsNot('tls-plaintext-mismatch', 'plain text both ways', firstWords('GET', 'HTTP/1.1'));

  itShows('syn-proxy', 'the SYN-ACK offers no window', opens('S SYN ACK win=0'));
  itShows('syn-proxy', 'the SYN-ACK comes from nearer than all else', opens('S SYN ACK ttl=60'), {
    serverHops: 8,
  });
  itIsNot('syn-proxy', 'an ordinary SYN-ACK', opens('S SYN ACK'), { serverHops: 8 });

  itShows(
    'bad-ack-in-syn-sent',
    'an RST of its own before the SYN',
    (r) => `0 C RST seq=5000
    10 C SYN
    ${r} S SYN ACK
    0.05 C ACK
    0.1 C PSH ACK 40
    ${r} S PSH ACK 120`,
  );
  itShows(
    'bad-ack-in-syn-sent',
    'an RST of its own between two SYNs',
    (r) => `0 C SYN
    0.05 S SYN ACK
    ${r} C RST seq=50000
    10 C SYN seq=-1
    ${r} C ACK
    0.1 C PSH ACK 40
    0.1 S PSH ACK 120`,
  );
  itIsNot(
    'bad-ack-in-syn-sent',
    'an RST long before the SYN',
    (r) => `0 C RST seq=5000\n60000 C SYN\n${r} S SYN ACK\n0.05 C ACK`,
    {
      flow: 1,
    },
  );

  itShows(
    'bad-handshake-ack',
    'the third packet acknowledges too little',
    (r) => `0 C SYN
    0.05 S SYN ACK
    ${r} C ACK ack=-70000
    0.05 S RST seq=-70000
    ${r} C PSH ACK 40
    0.05 S ACK`,
  );

  itShows('close-with-unread-data', 'the RST offers the whole window again', upload(280, 501));
  itShows('listener-closed-with-queue', 'the RST offers what was left', upload(280, 280));
  itShows('linger0-abort', 'all had been read', upload(501, 501), { beside: true });
});
