import { Option } from '../../host/index.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, listen, PORT, pair, RTT, SECOND, text, us } from './common.ts';

const BUSY = 'too many connections\n';

export const connectionLimit: Scenario = scenario({
  name: 'connection-limit',
  title: 'a server over its limit accepts and hangs up at once',
  story:
    'A server takes so many connections and no more. The kernel knows nothing of that limit: it completes the handshake, and the program accepts and ' +
    'closes at once, with a word or without, with FIN or with RST. To the client it looks as if its connection had worked and then broke; the ' +
    'connections that were there before go on undisturbed.',
  causes: ['refused-after-accept'],
  parameters: {
    says: choice(['nothing', 'message', 'reset'], 'how the server turns a client away'),
    limit: count(3, 0, 50, 'how many connections it takes'),
    clients: count(6, 1, 100, 'how many clients come, a tenth of a second apart'),
    holds: amount(20, 5, 600, 's', 'how long a client stays'),
    rtt: RTT,
  },
  expects: ({ limit, clients }) =>
    clients > limit ? ['refused-after-accept'] : ['fin-client-first', 'fin-three-segments'],
  build: (lab, { says, limit, clients, holds, rtt }) => {
    const { client, server, address } = pair(lab, { rtt });
    let open = 0;
    let refused = 0;
    let served = 0;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      for (let i = 0; i < clients; i++) {
        const connection = yield* acceptOne(listener);
        if (open >= limit) {
          refused++;
          if (says === 'message') yield* connection.send(BUSY);
          if (says === 'reset') connection.setOption(Option.linger, 0);
          connection.close();
        } else {
          open++;
          os.spawn(function* () {
            while ((yield* connection.recv()) > 0) yield* connection.send('the answer');
            connection.close();
            open--;
          });
        }
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
          // Waits for a greeting, which there is none of where it is welcome.
          if ((yield* socket.recv(65_536, 2 * us(rtt) + SECOND)) === -11) {
            yield* socket.send(text(50));
            if ((yield* socket.recv()) > 0) served++;
            yield* os.sleep(holds * SECOND);
          }
          socket.close();
        },
        i * (SECOND / 10),
      );
    lab.lookAt(clients * (SECOND / 10) + us(rtt) + SECOND, 'when all have come');
    lab.limitUs = (clients / 10 + holds + 100) * SECOND;
    lab.atEnd(() => {
      lab.fact('served', served, '', `${served} clients were served`);
      lab.fact('refused', refused, '', `${refused} were turned away`);
    });
  },
});
