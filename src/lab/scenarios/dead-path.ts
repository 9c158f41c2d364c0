import { Option } from '../../host/index.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import {
  acceptOne,
  listen,
  PORT,
  PROFILE,
  pair,
  RTT,
  receive,
  SECOND,
  settledUs,
  text,
  us,
} from './common.ts';

/** Longer than any sender of the lab goes on trying. */
const GIVEN_UP_S = 1_200;

const EXPECTED = {
  sends: ['retransmission-timeout'],
  'sends-with-timeout': ['user-timeout', 'retransmission-timeout'],
  closes: ['orphan-retries-exhausted'],
} as const;

export const deadPath: Scenario = scenario({
  name: 'dead-path',
  title: 'the path dies under a connection: what TCP_USER_TIMEOUT changes, and what becomes of a FIN',
  story:
    'In the middle of a connection a cable is pulled: nothing passes any more, and nobody is told. does=sends: the client sends; its segment goes ' +
    'out again and again, at doubling intervals, and the application waits a quarter of an hour for its ETIMEDOUT. does=sends-with-timeout: with ' +
    'TCP_USER_TIMEOUT it waits no longer than it wants to. On the wire both look the same: silence after some retransmissions. ' +
    'does=closes: the application closes instead. It is told that all went well; the FIN goes out until the kernel has tried ' +
    'tcp_orphan_retries times, and then the closed socket is forgotten without a word. When the cable is back, the server, which knows nothing ' +
    'of all this, sends and is answered with RST.',
  causes: ['user-timeout', 'orphan-retries-exhausted'],
  parameters: {
    does: choice(['sends', 'sends-with-timeout', 'closes'], 'what the client does when the path is dead'),
    'user-timeout': amount(10, 3, 600, 's', 'with sends-with-timeout: TCP_USER_TIMEOUT of the client'),
    back: amount(GIVEN_UP_S, GIVEN_UP_S, 10_000, 's', 'how long the path is dead'),
    pending: count(1_000, 1, 100_000, 'what the client sends, or has sent just before', 'B'),
    profile: PROFILE,
    rtt: RTT,
  },
  expects: ({ does }) => EXPECTED[does],
  // Nothing of it arrives at the server; of the close it hears when it sends.
  expectsAt: ({ does }, end) => (end === 'server' && does !== 'closes' ? [] : EXPECTED[does]),
  build: (lab, { does, 'user-timeout': userTimeout, back, pending, profile, rtt }) => {
    const { client, server, link, address } = pair(lab, { rtt, profile });
    const deadUs = settledUs(rtt) + 2 * us(rtt);
    const backUs = deadUs + back * SECOND;
    let failedS = -1;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* acceptOne(listener);
      yield* receive(connection, pending);
      yield* connection.send('the answer');
      if (does === 'closes') {
        yield* os.sleepUntil(backUs + SECOND);
        yield* connection.send('more of it');
      }
      yield* connection.recv();
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      if (does === 'sends-with-timeout')
        socket.setOption(Option.userTimeout, Math.round(userTimeout * 1_000));
      yield* socket.connect(address, PORT);
      yield* socket.send(text(pending));
      yield* socket.recv();
      yield* os.sleepUntil(deadUs + SECOND / 10);
      if (does !== 'closes') {
        yield* socket.send(text(pending));
        const beganUs = os.now;
        if ((yield* socket.recv()) < 0) failedS = (os.now - beganUs) / SECOND;
      }
      socket.close();
    });
    lab.at(deadUs, () => {
      link.down();
      lab.tell('the cable is pulled');
    });
    lab.at(backUs, () => {
      link.up();
      lab.tell('the cable is back');
    });
    lab.lookAt(deadUs + 20 * SECOND, '20 s after the cable was pulled');
    lab.lookAt(backUs - 1, 'before the cable is back');
    lab.limitUs = Math.max(backUs, deadUs + GIVEN_UP_S * SECOND) + 100 * SECOND;
    lab.atEnd(() => {
      const told = `the application was told after ${failedS.toFixed(1)} s`;
      const never =
        does === 'closes' ? 'close() had returned 0: nobody was told' : 'the application still waits';
      lab.fact('told-after', failedS < 0 ? null : failedS, 's', failedS < 0 ? never : told);
      lab.fact(
        'retransmissions',
        client.counters.RetransSegs,
        '',
        `${client.counters.RetransSegs} segments went out again`,
      );
      lab.fact(
        'resets',
        client.counters.OutRsts,
        '',
        `the client's host answered ${client.counters.OutRsts} segments with RST`,
      );
    });
  },
});
