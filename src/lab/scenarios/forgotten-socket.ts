import { countStates } from '../../host/index.ts';
import { errnoName } from '../../tcp/errno.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, flag } from '../values.ts';
import { acceptOne, answerOne, ask, bound, listen, PORT, pair, RTT, SECOND, settledUs } from './common.ts';

const FIN_WAIT_2_S = 60;

export const forgottenSocket: Scenario = scenario({
  name: 'forgotten-socket',
  title: 'half closed for ever: a descriptor that nobody closes',
  story:
    'case=fin-wait-2: the client shuts its side down, keeps the descriptor open and waits for the EOF of a server that never closes. tcp_fin_timeout ' +
    'ends FIN-WAIT-2 only for sockets that nobody has any more: this one stays for ever, and so does the CLOSE-WAIT at the server. case=port-again: the ' +
    "client did close; its FIN-WAIT-2 ran out after a minute, while the server's socket leaks in CLOSE-WAIT. Then the client connects once more from the " +
    'same port. Its SYN meets the old connection: the server answers with a challenge ACK (RFC 5961 4.2), the client, which knows nothing of that, with RST, ' +
    'and its next SYN gets through.',
  causes: ['fin-wait2-stuck', 'close-wait-port-reused'],
  parameters: {
    case: choice(['fin-wait-2', 'port-again'], 'what is forgotten'),
    wait: amount(
      120,
      FIN_WAIT_2_S + 2,
      3_600,
      's',
      'how long until somebody looks, or the client comes again',
    ),
    timestamps: flag(true, 'both ends use timestamps'),
    rtt: RTT,
  },
  expects: ({ case: which }) => [which === 'fin-wait-2' ? 'fin-wait2-stuck' : 'close-wait-port-reused'],
  build: (lab, { case: which, wait, timestamps, rtt }) => {
    const { client, server, address } = pair(lab, { rtt, client: { timestamps }, server: { timestamps } });
    const closeUs = settledUs(rtt);
    const againUs = closeUs + wait * SECOND;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const leaked = yield* answerOne(listener);
      yield* leaked.recv();
      if (which === 'fin-wait-2') yield* os.pause();
      const second = yield* acceptOne(listener);
      yield* second.recv();
      yield* second.send('the answer');
      yield* second.recv();
      second.close();
      const got = yield* leaked.recv();
      lab.fact(
        'old-got',
        got < 0 ? errnoName(got) : got,
        '',
        `the leaked socket's recv() gives ${got < 0 ? errnoName(got) : got}`,
      );
      leaked.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = bound(os);
      yield* ask(socket, address);
      yield* os.sleepUntil(closeUs);
      if (which === 'port-again') socket.close();
      else {
        socket.shutdown(1);
        yield* socket.recv();
      }
    });
    if (which === 'port-again')
      lab.start(
        client,
        'client, again',
        function* (os) {
          const socket = bound(os);
          const result = yield* socket.connect(address, PORT);
          const took = (os.now - againUs) / SECOND;
          const told = result === 0 ? 'worked' : `failed with ${errnoName(result)}`;
          lab.fact('connect-took', took, 's', `connect() ${told} after ${took} s`);
          yield* socket.send('a request');
          yield* socket.recv();
          yield* os.sleep(SECOND);
          socket.close();
        },
        againUs,
      );
    lab.lookAt(closeUs + SECOND, 'a second after the client is done');
    lab.lookAt(againUs - 1, 'much later');
    lab.limitUs = againUs + 130 * SECOND;
    lab.at(againUs - 1, () => {
      const stuck = countStates(client)['FIN-WAIT-2'] ?? 0;
      const leaked = countStates(server)['CLOSE-WAIT'] ?? 0;
      lab.fact(
        'fin-wait-2',
        stuck,
        'sockets',
        `after ${wait} s ${stuck} sockets of the client are in FIN-WAIT-2`,
      );
      lab.fact('close-wait', leaked, 'sockets', `and ${leaked} of the server in CLOSE-WAIT`);
    });
  },
});
