import { errnoName } from '../../tcp/errno.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, count, flag } from '../values.ts';
import { acceptOne, ask, listen, PORT, pair, RTT, SECOND, us } from './common.ts';

const FIRST_PORT = 40_000;

export const timeWaitReuse: Scenario = scenario({
  name: 'time-wait-reuse',
  title: 'all ports are in TIME-WAIT: tcp_tw_reuse=1 takes one that is a second old',
  story:
    'A client with few ephemeral ports closes each of its connections first, until every port is held by a TIME-WAIT. Its next connect() fails with ' +
    'EADDRNOTAVAIL; without reuse it would for most of a minute. With reuse=on (net.ipv4.tcp_tw_reuse=1) the kernel takes the port of a TIME-WAIT that is ' +
    'older than a second: timestamps tell the segments of the old connection from those of the new one (RFC 6191), so it needs them at both ends.',
  causes: ['tw-reuse-on'],
  parameters: {
    reuse: flag(true, 'tcp_tw_reuse=1 at the client'),
    ports: count(8, 2, 200, 'ephemeral ports of the client'),
    wait: amount(1.5, 0, 50, 's', 'from the last close to the next connect()'),
    rtt: RTT,
  },
  // connect() that fails sends nothing: what is seen are the connections before.
  expects: ({ reuse, wait }) =>
    reuse && wait > 1.1 ? ['tw-reuse-on'] : ['tw-reuse-on', 'fin-client-first', 'fin-three-segments'],
  build: (lab, { reuse, ports, wait, rtt }) => {
    const even = ports + (ports % 2);
    const { client, server, address } = pair(lab, {
      rtt,
      client: {
        ephemeralFrom: FIRST_PORT,
        ephemeralTo: FIRST_PORT + even - 1,
        timeWaitReuse: reuse ? 1 : 0,
      },
    });
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      for (;;) {
        const connection = yield* acceptOne(listener);
        yield* connection.recv();
        yield* connection.send('the answer');
        yield* connection.recv();
        connection.close();
      }
    });
    lab.start(client, 'client', function* (os) {
      for (let i = 0; i < even; i++) {
        const socket = os.socket();
        yield* ask(socket, address);
        socket.close();
      }
      yield* os.sleep(2 * us(rtt) + wait * SECOND);
      lab.look('when all ports are used', client);
      const socket = os.socket();
      const result = yield* socket.connect(address, PORT);
      const told = result === 0 ? 'worked' : `failed with ${errnoName(result)}`;
      lab.fact('next-connect', result === 0, '', `the next connect() ${told}`);
      if (result === 0) {
        yield* socket.send('a request');
        yield* socket.recv();
        lab.fact('reused-port', socket.raw.localPort, '', `from port ${socket.raw.localPort}`);
      }
      socket.close();
    });
    lab.limitUs = (wait + 200) * SECOND + even * 4 * us(rtt);
    lab.atEnd(() =>
      lab.fact('recycled', client.counters.TWRecycled, '', `TWRecycled counts ${client.counters.TWRecycled}`),
    );
  },
});
