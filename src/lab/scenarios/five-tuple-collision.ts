import type { Os, Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, count } from '../values.ts';
import { acceptOne, bound, listen, PORT, RTT, receive, SECOND, settledUs, text, us } from './common.ts';

const FRONTS = ['198.51.100.1', '198.51.100.2'] as const;
const BACKEND = '10.1.0.7';

/** Serves for ever, on as many connections as come. */
function* serve(os: Os, answer: number): Process {
  const listener = listen(os);
  for (;;) {
    const connection = yield* acceptOne(listener);
    os.spawn(function* () {
      while ((yield* connection.recv()) > 0) yield* connection.send(text(answer));
      connection.close();
    });
  }
}

export const fiveTupleCollision: Scenario = scenario({
  name: 'five-tuple-collision',
  title: 'one client port through two front addresses: for the server it is one connection',
  story:
    "Two load balancers stand before one server, and both keep the client's address and port (client address preservation). A client may use one " +
    'source port for connections to two addresses: to it they are two. Behind the balancers they are the same four-tuple. The SYN of the second ' +
    'meets the first in ESTABLISHED: the server challenges it with an ACK of the first; the client gets an answer to its SYN that makes no sense and ' +
    'sends RST; that kills the first connection, and the SYN, sent again, succeeds. Whoever used the first connection gets ECONNRESET.',
  causes: ['five-tuple-collision'],
  parameters: {
    idle: amount(2, 1, 60, 's', 'how old the first connection is when the second begins'),
    answer: count(1_000, 1, 20_000, 'size of an answer', 'B'),
    rtt: RTT,
  },
  expects: () => ['five-tuple-collision'],
  // At the server both are one four-tuple, which a client that had crashed would also use again.
  expectsAt: (_values, end) =>
    end === 'client' ? ['five-tuple-collision'] : ['five-tuple-collision', 'half-open-reconnect-same-port'],
  build: (lab, { idle, answer, rtt }) => {
    const { network } = lab;
    const client = lab.host('client');
    const server = lab.host('server', { addresses: [BACKEND] });
    const router = network.router('router');
    const balancers = FRONTS.map((address, i) =>
      network.balancer(`balancer ${i + 1}`, { address, port: PORT, backends: [BACKEND] }),
    );
    const accessUs = Math.round(us(rtt) / 20);
    network.connect(client, router, { delayUs: accessUs });
    network.connect(router, balancers[0]!.outside, { delayUs: Math.round(us(rtt) / 2) - 3 * accessUs });
    network.connect(balancers[0]!.inside, balancers[1]!.outside, { delayUs: accessUs });
    network.connect(balancers[1]!.inside, server, { delayUs: accessUs });
    lab.watch(client, server);
    const secondUs = settledUs(rtt) + idle * SECOND;
    let firstError = '';
    lab.start(server, 'server', (os) => serve(os, answer));
    lab.start(client, 'client, first', function* (os) {
      const socket = bound(os);
      yield* socket.connect(FRONTS[0], PORT);
      yield* socket.send('a request');
      yield* receive(socket, answer);
      yield* os.sleepUntil(secondUs + 4 * us(rtt) + SECOND);
      if ((yield* socket.send('another request')) < 0 || (yield* socket.recv()) <= 0) firstError = 'failed';
      socket.close();
    });
    lab.start(
      client,
      'client, second',
      function* (os) {
        const socket = bound(os);
        yield* socket.connect(FRONTS[1], PORT);
        yield* socket.send('a request');
        yield* receive(socket, answer);
        socket.close();
      },
      secondUs,
    );
    lab.lookAt(secondUs - 1, 'before the second connection', client, server);
    lab.lookAt(secondUs + 3 * us(rtt), 'three round trips later', client, server);
    lab.atEnd(() =>
      lab.fact(
        'first-survives',
        firstError === '',
        '',
        firstError === ''
          ? 'the first connection went on'
          : 'the first connection failed with its next request',
      ),
    );
  },
});
