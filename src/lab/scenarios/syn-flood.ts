import { errnoName } from '../../tcp/errno.ts';
import { encodeSegment, Flag } from '../../wire/index.ts';
import type { Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, count, flag } from '../values.ts';
import { answerOne, listen, PORT, RTT, SECOND, us } from './common.ts';
import { routedPair } from './paths.ts';

/** TEST-NET-3: nobody is there who could answer a SYN-ACK. */
const SPOOFED = '203.0.113.';
const FLOOD_US = SECOND / 10;

export const synFlood: Scenario = scenario({
  name: 'syn-flood',
  title: 'SYNs from nowhere fill the SYN queue: with cookies it does not matter, without them nobody gets in',
  story:
    'Somebody sends SYNs with forged source addresses. The server answers each with a SYN-ACK that nobody acknowledges, and remembers it until it has ' +
    'repeated it often enough. Once as many are half open as the queue holds, a real client comes. cookies=off: its SYN is dropped, like ' +
    'those of the flood, and it tries until it gives up. cookies=on (tcp_syncookies=1): the server stops remembering and puts ' +
    'what it has to know into the sequence number of its SYN-ACK; the client connects, and sees nothing of it.',
  causes: ['syn-queue-full', 'syn-cookies'],
  parameters: {
    cookies: flag(false, 'tcp_syncookies=1'),
    backlog: count(8, 4, 12, 'as listen() is given it'),
    flood: amount(6, 4, 10, '/s', 'SYNs with forged addresses'),
    lasts: amount(150, 145, 180, 's', 'how long they come'),
    rtt: RTT,
  },
  // A connection through a cookie is one like any other.
  expects: ({ cookies }) =>
    cookies ? ['syn-cookies', 'fin-client-first', 'fin-three-segments'] : ['syn-queue-full'],
  // The flood does not pass where the client is: it only sees that nobody answers.
  expectsAt: ({ cookies }, end) => {
    if (cookies) return ['syn-cookies', 'fin-client-first', 'fin-three-segments'];
    return end === 'server' ? ['syn-queue-full'] : ['syn-queue-full', 'syn-filtered', 'accept-queue-full'];
  },
  build: (lab, { cookies, backlog, flood, lasts, rtt }) => {
    const { client, server, middle, address } = routedPair(lab, {
      rtt,
      server: { synCookies: cookies ? 1 : 0 },
      silent: true,
    });
    lab.captureAt = 'server';
    let sent = 0;
    const everyUs = SECOND / flood;
    const attack = (): void => {
      const bytes = encodeSegment({
        source: `${SPOOFED}${1 + (sent % 250)}`,
        destination: address,
        sourcePort: 1_024 + (sent % 60_000),
        destinationPort: PORT,
        seq: Math.imul(sent, 0x9e3779b1),
        flags: Flag.syn,
        window: 64_240,
        options: [{ kind: 'mss', mss: 1_460 }],
        hopLimit: 50,
      });
      middle.inject(bytes, middle.forward);
      sent++;
      if (lab.now + everyUs < lasts * SECOND) lab.at(lab.now + everyUs, attack);
    };
    lab.at(FLOOD_US, () => {
      lab.tell('SYNs with forged source addresses begin to come');
      attack();
    });
    lab.start(server, 'server', function* (os): Process {
      const listener = listen(os, backlog);
      for (;;) {
        const connection = yield* answerOne(listener);
        yield* connection.drain();
        connection.close();
      }
    });
    const comesUs = FLOOD_US + Math.ceil((4 * backlog + 8) * everyUs) + us(rtt);
    let result = 0;
    let tookUs = -1;
    lab.start(
      client,
      'client',
      function* (os): Process {
        const socket = os.socket();
        result = yield* socket.connect(address, PORT);
        tookUs = os.now - comesUs;
        if (result === 0) {
          yield* socket.send('a request');
          yield* socket.recv();
        }
        socket.close();
      },
      comesUs,
    );
    lab.lookAt(comesUs, 'when the client comes', server);
    lab.limitUs = (lasts + 200) * SECOND;
    lab.atEnd(() => {
      const { TCPReqQFullDrop, SyncookiesSent, SyncookiesRecv } = server.counters;
      const told = result === 0 ? 'connected' : `failed with ${errnoName(result)}`;
      lab.fact(
        'connect-took',
        tookUs < 0 ? null : tookUs / SECOND,
        's',
        `connect() ${told} after ${tookUs / SECOND} s`,
      );
      lab.fact('dropped', TCPReqQFullDrop, '', `${TCPReqQFullDrop} SYNs met a full queue and were dropped`);
      lab.fact(
        'cookies',
        SyncookiesSent,
        '',
        `${SyncookiesSent} cookies were sent, ${SyncookiesRecv} came back`,
      );
    });
  },
});
