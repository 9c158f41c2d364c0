import { Option } from '../../host/index.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, listen, PORT, PROFILE, pair, RTT, receive, SECOND, text, us } from './common.ts';

export const impatientClient: Scenario = scenario({
  name: 'impatient-client',
  title: 'a client that does not wait for the answer: its timeout is shorter than the server is slow',
  story:
    'A client asks, the server works on the answer, and the client has a timeout: when it is over the client closes (with FIN, or with RST where its ' +
    'library destroys the socket). Its kernel acknowledged nothing wrong; the server notices only when it answers: RST, and EPIPE or ECONNRESET ' +
    'with the next write. Proxies write 499. The mark is a round time from the request to the FIN, the same on connection after connection.',
  causes: ['client-gave-up'],
  parameters: {
    gives: choice(['fin', 'rst'], 'how the client leaves: close(), or SO_LINGER 0 and close()'),
    timeout: count(5, 1, 60, "the client's timeout", 's'),
    slow: amount(8, 1, 600, 's', 'how long the server takes for its answer'),
    request: count(300, 1, 4_000, 'size of the request', 'B'),
    answer: count(2_000, 1, 60_000, 'size of the answer', 'B'),
    clients: count(3, 1, 20, 'how many such clients, a second after each other'),
    profile: PROFILE,
    rtt: RTT,
  },
  expects: ({ timeout, slow, rtt }) => {
    if (timeout <= slow + rtt / 1_000) return ['client-gave-up'];
    return ['fin-client-first', 'fin-three-segments'];
  },
  build: (lab, { gives, timeout, slow, request, answer, clients, profile, rtt }) => {
    const { client, server, address } = pair(lab, { rtt, profile });
    let gaveUp = 0;
    let failed = 0;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      for (let i = 0; i < clients; i++) {
        const connection = yield* acceptOne(listener);
        os.spawn(function* () {
          yield* receive(connection, request);
          yield* os.sleep(slow * SECOND);
          const sent = yield* connection.send(text(answer));
          if (sent < 0) failed++;
          // The RST that the answer met comes back, where the client had gone.
          yield* os.sleep(2 * us(rtt));
          while (sent > 0) {
            const got = yield* connection.recv();
            if (got < 0) failed++;
            if (got <= 0) break;
          }
          connection.close();
        });
      }
      listener.close();
    });
    for (let i = 0; i < clients; i++)
      lab.start(
        client,
        `client ${i + 1}`,
        function* (os) {
          const socket = os.socket();
          yield* socket.connect(address, PORT);
          yield* socket.send(text(request));
          const got = yield* socket.recv(65_536, timeout * SECOND);
          if (got > 0) yield* receive(socket, answer - got);
          else {
            gaveUp++;
            if (gives === 'rst') socket.setOption(Option.linger, 0);
          }
          socket.close();
        },
        i * SECOND,
      );
    lab.lookAt((timeout + 0.5) * SECOND, 'half a second after the first timeout');
    lab.limitUs = (clients + Math.max(timeout, slow) + 100) * SECOND;
    lab.atEnd(() => {
      lab.fact('gave-up', gaveUp, '', `${gaveUp} of ${clients} clients gave up`);
      lab.fact('failed', failed, '', `${failed} of the server's calls failed with it`);
    });
  },
});
