import { Option } from '../../host/index.ts';
import type { Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, listen, PORT, pair, RTT, SECOND } from './common.ts';

export const healthChecks: Scenario = scenario({
  name: 'health-checks',
  title: 'a health check that resets: connect, nothing, RST, again and again',
  story:
    'A load balancer asks every few seconds whether the server is alive: it connects, and when the handshake is done it knows enough and closes ' +
    "with SO_LINGER 0, so that no TIME-WAIT is left. The server's accept() works, and its first read fails with ECONNRESET: the log fills with " +
    'errors of connections on which nothing was ever said. With leaves=fin the check closes normally, and nobody complains.',
  causes: ['health-check-reset'],
  parameters: {
    leaves: choice(['rst', 'fin'], 'how the check ends'),
    every: amount(5, 1, 60, 's', 'from one check to the next'),
    checks: count(10, 4, 200, 'how many checks'),
    rtt: RTT,
  },
  expects: ({ leaves }) =>
    leaves === 'rst' ? ['health-check-reset'] : ['fin-client-first', 'fin-three-segments'],
  build: (lab, { leaves, every, checks, rtt }) => {
    const { client, server, address } = pair(lab, { rtt });
    let errors = 0;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      for (let i = 0; i < checks; i++) {
        const connection = yield* acceptOne(listener);
        if ((yield* connection.recv()) < 0) errors++;
        connection.close();
      }
      listener.close();
    });
    lab.start(client, 'load balancer', function* (os): Process {
      for (let i = 0; i < checks; i++) {
        const socket = os.socket();
        if (leaves === 'rst') socket.setOption(Option.linger, 0);
        yield* socket.connect(address, PORT);
        socket.close();
        yield* os.sleep(every * SECOND);
      }
    });
    lab.limitUs = (checks * (every + 10) + 100) * SECOND;
    lab.atEnd(() => {
      lab.fact(
        'errors',
        errors,
        '',
        `${errors} of ${checks} connections failed with ECONNRESET in the server`,
      );
    });
  },
});
