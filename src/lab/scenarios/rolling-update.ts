import { Option } from '../../host/index.ts';
import type { LabSocket } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, listen, PORT, PROFILE, pair, SECOND, text, us } from './common.ts';

export const rollingUpdate: Scenario = scenario({
  name: 'rolling-update',
  title: 'a server is replaced: all its idle connections end at one moment',
  story:
    'Clients keep connections to a server open and use them now and then. The server is updated: its process is told to stop, and it closes all its ' +
    'connections within milliseconds, or resets them where it does not even do that. No connection by itself shows why: each looks like an idle close. ' +
    'Together they do: many of one server, idle for different times, ended at one moment. The cure is to drain before the stop: to answer ' +
    'with Connection: close for a while, and to take the server out of the rotation first.',
  causes: ['rolling-update'],
  parameters: {
    ends: choice(['fin', 'rst'], 'how the connections end'),
    clients: count(6, 4, 60, 'how many clients have one open'),
    apart: amount(0.7, 0.3, 3, 's', 'from the last request of one client to that of the next'),
    idle: amount(5, 2, 60, 's', 'how long the last one has been idle then'),
    answer: count(1_000, 1, 20_000, 'size of an answer', 'B'),
    profile: PROFILE,
    rtt: amount(20, 0.1, 300, 'ms', 'round trip between the two hosts'),
  },
  expects: () => ['rolling-update'],
  build: (lab, { ends, clients, apart, idle, answer, profile, rtt }) => {
    const { client, server, address } = pair(lab, { rtt, profile });
    const stopUs = SECOND + 20 * us(rtt) + Math.round((clients * apart + idle) * SECOND);
    const open: LabSocket[] = [];
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      os.spawn(function* () {
        yield* os.sleepUntil(stopUs);
        lab.tell('the server is told to stop');
        for (const connection of open) {
          if (ends === 'rst') connection.setOption(Option.linger, 0);
          connection.close();
        }
        listener.close();
      });
      for (let i = 0; i < clients; i++) {
        const connection = yield* acceptOne(listener);
        open.push(connection);
        os.spawn(function* () {
          if ((yield* connection.recv()) > 0) yield* connection.send(text(answer));
        });
      }
    });
    let lost = 0;
    for (let i = 0; i < clients; i++)
      lab.start(
        client,
        `client ${i + 1}`,
        function* (os) {
          const socket = os.socket();
          yield* socket.connect(address, PORT);
          yield* socket.send('a request');
          yield* socket.drain();
          lost++;
          yield* os.sleep(SECOND / 10);
          socket.close();
        },
        Math.round(i * apart * SECOND),
      );
    lab.lookAt(stopUs - 1, 'before the server stops');
    lab.lookAt(stopUs + us(rtt), 'one round trip later');
    lab.limitUs = stopUs + 100 * SECOND;
    lab.atEnd(() => lab.fact('lost', lost, '', `${lost} of ${clients} connections ended at that moment`));
  },
});
