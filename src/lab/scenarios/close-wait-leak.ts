import { countStates } from '../../host/index.ts';
import type { LabSocket, Os, Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, ask, listen, pair, RTT, SECOND, text } from './common.ts';

const FIN_WAIT_2_US = 60 * SECOND;
const LATE_BYTES = 400;

/** Reads to EOF and, unless it is the kind that forgets, closes. */
function* serve(os: Os, connection: LabSocket, server: string, lateUs: number): Process {
  yield* connection.recv();
  yield* connection.send('the answer');
  yield* connection.recv();
  if (server === 'leaks') yield* os.pause();
  if (server === 'closes-late') {
    yield* os.sleep(lateUs);
    yield* connection.send(text(LATE_BYTES));
  }
  connection.close();
}

export const closeWaitLeak: Scenario = scenario({
  name: 'close-wait-leak',
  title: 'a server that does not close after EOF: CLOSE-WAIT for ever, one descriptor lost each time',
  story:
    "Clients ask, get their answer and close. The server's kernel acknowledges each FIN, but the server's program never calls close(). " +
    'Its sockets stay in CLOSE-WAIT: no timer ends that state, for the kernel waits for its own application. The clients wait in ' +
    'FIN-WAIT-2, which Linux ends after 60 s for a socket that nobody owns any more. With server=closes-late the program sends the ' +
    'rest of its answer and closes in the end: nobody has a reader for it any more, and an RST answers.',
  causes: ['close-wait-leak', 'fin-wait2-expired', 'peer-sent-after-close'],
  parameters: {
    server: choice(['leaks', 'closes', 'closes-late'], 'what the server does after EOF'),
    late: amount(90, 0, 600, 's', 'with closes-late: from EOF to close()'),
    connections: count(8, 2, 100, 'how many clients come, one a second'),
    rtt: RTT,
  },
  expects: ({ server, late }) => {
    if (server === 'leaks') return ['close-wait-leak'];
    if (server === 'closes-late') return [late > 61 ? 'fin-wait2-expired' : 'peer-sent-after-close'];
    return ['fin-client-first', 'fin-three-segments'];
  },
  build: (lab, { server: kind, late, connections, rtt }) => {
    const { client, server, address } = pair(lab, { rtt });
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      for (let i = 0; i < connections; i++) {
        const connection = yield* acceptOne(listener);
        os.spawn((own) => serve(own, connection, kind, late * SECOND));
      }
      listener.close();
    });
    for (let i = 0; i < connections; i++) {
      const program = function* (os: Os): Process {
        const socket = os.socket();
        yield* ask(socket, address);
        socket.close();
      };
      lab.start(client, `client ${i + 1}`, program, i * SECOND);
    }
    const lastUs = connections * SECOND;
    lab.lookAt(lastUs, 'when all clients have closed');
    lab.lookAt(lastUs + FIN_WAIT_2_US + SECOND, 'when FIN-WAIT-2 has run out');
    lab.limitUs = lastUs + Math.max(600, late + 120) * SECOND;
    lab.lookAt(lab.limitUs - 1, 'ten minutes later');
    lab.atEnd(() => {
      const left = countStates(server)['CLOSE-WAIT'] ?? 0;
      const forGood = left > 0 ? ', and no timer will ever end that' : '';
      const told = `${left} of ${connections} sockets are in CLOSE-WAIT at the end${forGood}`;
      lab.fact('close-wait', left, 'sockets', told);
    });
  },
});
