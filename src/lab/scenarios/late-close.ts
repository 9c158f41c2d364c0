import { type Scenario, scenario } from '../scenario.ts';
import { amount, count } from '../values.ts';
import { acceptOne, listen, PORT, pair, RTT, SECOND, text } from './common.ts';

export const lateClose: Scenario = scenario({
  name: 'late-close',
  title: 'an event loop that comes back seconds late: FIN and RST in one breath',
  story:
    "A client sends its last words and closes. The server's kernel acknowledges the FIN at once, but its only thread is busy with something else " +
    'for seconds. When it comes back it works through what has piled up: it finishes its side (shutdown) and closes the connection without reading ' +
    'what came last. FIN and RST leave within microseconds, long after the FIN that they answer: no timer of TCP has such a length, only a ' +
    'program that did not run.',
  causes: ['late-application-close'],
  parameters: {
    busy: amount(4, 1, 50, 's', 'how long the thread is busy'),
    last: count(200, 1, 20_000, 'size of the last words that are never read', 'B'),
    clients: count(3, 1, 20, 'how many connections are closed while it is busy'),
    rtt: RTT,
  },
  expects: () => ['late-application-close'],
  build: (lab, { busy, last, clients, rtt }) => {
    const { client, server, address } = pair(lab, { rtt });
    const quietUs = clients * SECOND + 10 * rtt * 1_000;
    let late = 0;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const open = [];
      for (let i = 0; i < clients; i++) {
        const connection = yield* acceptOne(listener);
        yield* connection.recv();
        yield* connection.send('the answer');
        open.push(connection);
      }
      yield* os.sleepUntil(quietUs);
      lab.tell(`the server's thread is busy for ${busy} s`);
      yield* os.sleep(busy * SECOND + 2 * rtt * 1_000);
      for (const connection of open) {
        connection.shutdown(1);
        connection.close();
        late++;
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
          yield* socket.send('a request');
          yield* socket.recv();
          yield* os.sleepUntil(quietUs);
          yield* socket.send(text(last));
          socket.close();
        },
        i * SECOND,
      );
    lab.lookAt(quietUs + rtt * 1_000 + SECOND / 2, 'while the thread is busy');
    lab.limitUs = quietUs + (busy + 100) * SECOND;
    lab.atEnd(() => {
      lab.fact('closed-late', late, '', `${late} connections were closed ${busy} s after their EOF`);
      lab.fact('resets', server.counters.OutRsts, '', `the server sent ${server.counters.OutRsts} RSTs`);
    });
  },
});
