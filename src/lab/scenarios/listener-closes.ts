import { migrateRequests, Option } from '../../host/index.ts';
import { errnoName } from '../../tcp/errno.ts';
import type { LabSocket, Os, Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { PORT, pair, RTT, SECOND, text, us } from './common.ts';

type Server = 'alone' | 'reuseport' | 'reuseport-migrates';

const CLOSES_US = 2 * SECOND;

function listenWith(os: Os, reusePort: boolean): LabSocket {
  const listener = os.socket();
  listener.setOption(Option.reuseAddress, 1);
  if (reusePort) listener.setOption(Option.reusePort, 1);
  listener.bind('0.0.0.0', PORT);
  listener.listen(128);
  return listener;
}

function* serve(os: Os, listener: LabSocket): Process {
  for (;;) {
    const connection = yield* listener.accept();
    if (typeof connection === 'number') return;
    os.spawn(function* (): Process {
      while ((yield* connection.recv()) > 0) yield* connection.send('the answer');
      connection.close();
    });
  }
}

/** With SO_REUSEPORT every connection that was in the queue of the closed one went on, or none did. */
const CAUSE: Readonly<Record<Server, readonly string[]>> = {
  alone: ['listener-closed-with-queue'],
  reuseport: ['reuseport-listener-closed', 'listener-closed-with-queue'],
  // A connection that moved is one like any other.
  'reuseport-migrates': ['reuseport-migrated', 'fin-client-first', 'fin-three-segments'],
};

export const listenerCloses: Scenario = scenario({
  name: 'listener-closes',
  title: 'a server stops listening while connections wait to be accepted',
  story:
    'A server is told to stop. It closes its listening socket while connections that its kernel has opened wait in the accept queue: nobody can accept ' +
    'them any more, and the kernel resets them, requests and all. server=reuseport: an old and a new process listen side by side with SO_REUSEPORT, ' +
    'and the kernel deals connections out to both. When the old one goes, those in its own queue are reset although the new one would ' +
    'gladly have had them. server=reuseport-migrates: the same with tcp_migrate_req=1, which hands them over; no client notices.',
  causes: ['listener-closed-with-queue', 'reuseport-listener-closed', 'reuseport-migrated'],
  parameters: {
    server: choice(['alone', 'reuseport', 'reuseport-migrates'], 'who listens'),
    clients: count(6, 2, 100, 'how many have connected when the listener closes'),
    request: count(100, 0, 10_000, 'what each has sent by then', 'B'),
    late: amount(500, 0, 1_900, 'ms', 'how long before that they came, at least'),
    rtt: RTT,
  },
  expects: ({ server }) => CAUSE[server],
  build: (lab, { server: kind, clients, request, late, rtt }) => {
    const { client, server, address } = pair(lab, { rtt });
    if (kind === 'reuseport-migrates') migrateRequests(server);
    const closesUs = CLOSES_US + us(late) + 3 * us(rtt);
    let answered = 0;
    const errors = new Map<string, number>();
    lab.start(server, 'server, the old one', function* (os): Process {
      const listener = listenWith(os, kind !== 'alone');
      yield* os.sleepUntil(closesUs);
      listener.close();
    });
    // The new one has its own queue, and no time to look at it either until then.
    if (kind !== 'alone')
      lab.start(server, 'server, the new one', function* (os): Process {
        const listener = listenWith(os, true);
        yield* os.sleepUntil(closesUs + SECOND / 10);
        yield* serve(os, listener);
      });
    for (let i = 0; i < clients; i++)
      lab.start(
        client,
        `client ${i + 1}`,
        function* (os): Process {
          const socket = os.socket();
          yield* socket.connect(address, PORT);
          if (request > 0) yield* socket.send(text(request));
          const result = yield* socket.recv();
          if (result > 0) answered++;
          else errors.set(errnoName(result), (errors.get(errnoName(result)) ?? 0) + 1);
          socket.close();
        },
        Math.round((CLOSES_US * i) / clients),
      );
    lab.lookAt(closesUs - 1, 'just before the listener closes');
    lab.lookAt(closesUs + us(rtt) + SECOND, 'a second after');
    lab.limitUs = closesUs + 300 * SECOND;
    lab.atEnd(() => {
      const lost = [...errors].map(([name, n]) => `${n} got ${name}`).join(', ');
      lab.fact('answered', answered, '', `${answered} of ${clients} clients got an answer`);
      lab.fact('errors', lost, '', lost === '' ? 'none got an error' : lost);
      lab.fact(
        'resets',
        server.counters.OutRsts,
        '',
        `the server's kernel sent ${server.counters.OutRsts} RSTs`,
      );
    });
  },
});
