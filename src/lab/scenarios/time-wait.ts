import type { Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, flag } from '../values.ts';
import {
  acceptOne,
  answerOne,
  bound,
  listen,
  PORT,
  pair,
  RTT,
  receive,
  SECOND,
  settledUs,
  us,
} from './common.ts';
import { ECHO_RTT_MS, exchangeUntil, Wanderer } from './incarnations.ts';

const REQUEST = 'a request';
const BYE = 'goodbye';

export const timeWaitAssassination: Scenario = scenario({
  name: 'time-wait-assassination',
  title: 'an old duplicate ends TIME-WAIT early (RFC 1337)',
  story:
    'The server closes first and holds TIME-WAIT; the client is done and knows nothing any more. Then a copy of the request arrives late. ' +
    'TIME-WAIT answers what it cannot take with an ACK, as it must; that ACK reaches a host without such a connection, which answers with RST; ' +
    'and the RST has the exact number that ends TIME-WAIT, long before 2MSL are over. With rfc1337=on (net.ipv4.tcp_rfc1337=1) TIME-WAIT ignores ' +
    'the RST.',
  causes: ['time-wait-assassinated-by-old-duplicate', 'old-duplicate-in-time-wait'],
  parameters: {
    rfc1337: flag(false, 'TIME-WAIT ignores RST'),
    late: amount(20, 20, 50, 's', 'when the copy arrives'),
    rtt: RTT,
  },
  expects: ({ rfc1337 }) => [
    rfc1337 ? 'old-duplicate-in-time-wait' : 'time-wait-assassinated-by-old-duplicate',
  ],
  build: (lab, { rfc1337, late, rtt }) => {
    const { client, server, link, address } = pair(lab, { rtt, server: { rfc1337 } });
    new Wanderer(lab, link, REQUEST).arriveAt(late * SECOND);
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* answerOne(listener);
      yield* os.sleepUntil(settledUs(rtt));
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      yield* socket.connect(address, PORT);
      yield* socket.send(REQUEST);
      yield* socket.recv();
      yield* socket.recv();
      yield* os.sleep(100_000);
      socket.close();
    });
    const afterUs = late * SECOND + 2 * us(rtt);
    lab.lookAt(late * SECOND - 1, 'before the copy arrives');
    lab.lookAt(afterUs, 'two round trips later');
    lab.at(afterUs + 1, () => {
      const kept = server.timeWait.size > 0;
      lab.fact('time-wait-survives', kept, '', kept ? 'TIME-WAIT is still there' : 'TIME-WAIT is gone');
    });
  },
});

const TALK_US = 500_000;
const AGAIN_US = 800_000;

export const timeWaitReopen: Scenario = scenario({
  name: 'time-wait-reopen',
  title: "a new SYN meets the server's TIME-WAIT: taken, or answered with an ACK of the old connection",
  story:
    'The server closed first and holds TIME-WAIT; the client connects again from the same port. With isn=higher the SYN has a sequence number ' +
    "above the old connection's last: it cannot be an old duplicate, and TIME-WAIT gives way at once (RFC 1122 4.2.2.13). With isn=lower (the old " +
    'connection sent faster than the clock of initial sequence numbers ticks) it may be old: TIME-WAIT acknowledges the old connection, the ' +
    'client answers that with RST, the RST ends TIME-WAIT, and the repeated SYN succeeds a second late. With rfc1337=on the RST is ignored, and ' +
    'no SYN is taken until 2MSL are over. With timestamps=on a newer timestamp is enough whatever the number (RFC 6191).',
  causes: ['time-wait-reopened-by-syn', 'syn-older-in-time-wait', 'syn-older-in-time-wait-rfc1337'],
  parameters: {
    isn: choice(['higher', 'lower'], "the new SYN's sequence number, against the old connection's last"),
    rfc1337: flag(false, 'TIME-WAIT ignores RST'),
    timestamps: flag(false, 'both ends use timestamps'),
  },
  expects: ({ isn, rfc1337, timestamps }) => {
    if (isn === 'higher' || timestamps) return ['time-wait-reopened-by-syn'];
    // That the RST was ignored does not show; that connect() took longer than 2MSL does.
    return ['syn-older-in-time-wait', ...(rfc1337 ? ['syn-older-in-time-wait-rfc1337'] : [])];
  },
  build: (lab, { isn, rfc1337, timestamps }) => {
    const { client, server, address } = pair(lab, {
      rtt: ECHO_RTT_MS,
      client: { timestamps },
      server: { timestamps, rfc1337 },
    });
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      for (;;) {
        const connection = yield* acceptOne(listener);
        connection.quiet = true;
        while ((yield* connection.recv()) > 0) {
          const bytes = connection.received;
          if (bytes.length === BYE.length) break;
          yield* connection.send(bytes);
        }
        connection.quiet = false;
        connection.close();
      }
    });
    lab.start(client, 'client, first', function* (os) {
      const socket = bound(os);
      yield* socket.connect(address, PORT);
      if (isn === 'lower') yield* exchangeUntil(os, socket, TALK_US);
      else yield* os.sleepUntil(TALK_US);
      yield* socket.send(BYE);
      yield* socket.recv();
      yield* os.sleep(60_000);
      socket.close();
    });
    lab.start(
      client,
      'client, again',
      function* (os): Process {
        const socket = bound(os);
        const error = yield* socket.connect(address, PORT);
        const took = (os.now - AGAIN_US) / 1e6;
        lab.fact('connect-took', took, 's', `connect() took ${took} s${error < 0 ? ' and failed' : ''}`);
        if (error === 0) {
          yield* socket.send(REQUEST);
          yield* receive(socket, REQUEST.length);
        }
        socket.close();
      },
      AGAIN_US,
    );
    lab.lookAt(AGAIN_US - 1, 'before the new SYN');
    lab.lookAt(AGAIN_US + SECOND / 2, 'half a second after it');
    lab.lookAt(AGAIN_US + 5 * SECOND, '5 s after it');
    lab.limitUs = 300 * SECOND;
  },
});
