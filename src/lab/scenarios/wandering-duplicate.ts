import { Errno } from '../../tcp/errno.ts';
import type { Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice } from '../values.ts';
import { bound, PORT, pair, receive, SECOND } from './common.ts';
import { ECHO_RTT_MS, echoServer, exchangeBytes, exchangeUntil, SynWatch, Wanderer } from './incarnations.ts';

/** Of the same length, so that the one can stand in the other's place. */
const OLD = 'pay 900 to Mallory';
const NEW = 'pay 005 to Alice..';
const SHORT_MSL_US = 50_000;
const TALK_US = 400_000;
const AGAIN_US = 700_000;

export const wanderingDuplicate: Scenario = scenario({
  name: 'wandering-duplicate',
  title: 'a segment of the old connection arrives in the new one',
  story:
    'A connection sends fast, says "pay 900 to Mallory" and closes; the network made a copy of that segment, which arrives seconds later. With ' +
    'guard=time-wait the four-tuple is in TIME-WAIT for 2MSL: the next connection cannot begin before the copy is dead. With guard=none 2MSL is ' +
    'a tenth of a second: the next connection is open when the copy arrives, its sequence number is just the one expected, and the server reads ' +
    "the old bytes in the new connection. The client's own message then counts as a repetition and is thrown away, and it is told that it " +
    'arrived. With guard=timestamps the same copy carries an old timestamp: PAWS drops it (RFC 7323 section 5).',
  causes: ['wandering-duplicate-accepted', 'wandering-duplicate-rejected-by-paws'],
  parameters: {
    guard: choice(['none', 'time-wait', 'timestamps'], 'what keeps the old segment out'),
    late: amount(5, 2, 50, 's', 'when the copy arrives'),
  },
  expects: ({ guard }) =>
    ({
      none: ['wandering-duplicate-accepted'],
      timestamps: ['wandering-duplicate-rejected-by-paws'],
      'time-wait': ['fin-client-first', 'fin-three-segments', 'harmless-rst-after-close'],
    })[guard],
  build: (lab, { guard, late }) => {
    const timestamps = guard === 'timestamps';
    const mslUs = guard === 'time-wait' ? 30 * SECOND : SHORT_MSL_US;
    const { client, server, link, address } = pair(lab, {
      rtt: ECHO_RTT_MS,
      client: { timestamps, mslUs },
      server: { timestamps, mslUs },
    });
    lab.mslUs = mslUs;
    lab.usePeer = true;
    const syns = new SynWatch(lab, link, client);
    const old = new Wanderer(lab, link, OLD);
    old.arriveAt(late * SECOND);
    const read = ['', '', ''];
    lab.start(server, 'server', (os) =>
      echoServer(os, (connection, bytes) => {
        if (bytes.length === OLD.length) read[connection] += new TextDecoder().decode(bytes);
      }),
    );
    lab.start(client, 'client, first', function* (os) {
      const socket = bound(os);
      yield* socket.connect(address, PORT);
      yield* exchangeUntil(os, socket, TALK_US);
      yield* socket.send(OLD);
      yield* receive(socket, OLD.length);
      socket.close();
    });
    lab.start(
      client,
      'client, again',
      function* (os): Process {
        let socket = bound(os);
        while ((yield* socket.connect(address, PORT)) === -Errno.EADDRNOTAVAIL) {
          socket.close();
          yield* os.sleep(10 * SECOND);
          socket = bound(os);
        }
        lab.fact(
          'open-again',
          (os.now - AGAIN_US) / 1e6,
          's',
          `the next connection on the same ports was open ${(os.now - AGAIN_US) / 1e6} s after it was wanted`,
        );
        // Bytes up to the sequence number of the copy: where the new connection happens to be when it arrives.
        yield* exchangeBytes(socket, Math.max(0, (old.seq - syns.seqs.at(-1)! - 1) | 0));
        yield* os.sleepUntil((late + 1) * SECOND);
        yield* socket.send(NEW);
        yield* socket.recv(65_536, 5 * SECOND);
        socket.close();
      },
      AGAIN_US,
    );
    lab.lookAt(AGAIN_US - 1, 'before the next connection');
    lab.lookAt(late * SECOND - 1, 'just before the copy arrives');
    lab.lookAt(late * SECOND + 500_000, 'after it has arrived');
    lab.limitUs = 200 * SECOND;
    lab.atEnd(() => {
      lab.fact('sent', NEW, '', `the client sent "${NEW}" in the second connection`);
      lab.fact('read', read[2]!, '', `the server read "${read[2]}" in it`);
      const accepted = read[2]!.includes(OLD);
      lab.fact(
        'old-bytes-accepted',
        accepted ? OLD.length : 0,
        'B',
        accepted
          ? 'bytes of the old connection were delivered in the new one'
          : 'no byte of the old connection was delivered in the new one',
      );
    });
  },
});
