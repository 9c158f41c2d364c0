import { errnoName } from '../../tcp/errno.ts';
import type { Os, Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { listen, PORT, pair, RTT, SECOND, us } from './common.ts';

type Meets = 'late-syn' | 'burst-ignored' | 'burst-cookies' | 'burst-aborted';

const CAUSE: Readonly<Record<Meets, string>> = {
  'late-syn': 'accept-queue-full',
  'burst-ignored': 'accept-queue-full-ack-ignored',
  'burst-cookies': 'accept-queue-full-ack-ignored',
  'burst-aborted': 'accept-queue-full-abort',
};

/** When each client comes. In a burst, all that find a place left come at once: as many as the SYN queue takes without cookies. */
function arrivals(meets: Meets, backlog: number, more: number, rtt: number): readonly number[] {
  const apartUs = 2 * us(rtt) + SECOND / 10;
  if (meets === 'late-syn' || meets === 'burst-cookies')
    return Array.from({ length: backlog + 1 + more }, (_, i) => (meets === 'late-syn' ? i * apartUs : 0));
  return Array.from(
    { length: backlog + 1 + Math.min(more, backlog) },
    (_, i) => Math.min(i, backlog) * apartUs,
  );
}

export const acceptQueue: Scenario = scenario({
  name: 'accept-queue',
  title: 'the server does not accept: its accept queue is full',
  story:
    'The program listens and does not call accept(): it hangs, or has too much to do. The kernel completes handshakes for it until backlog + 1 ' +
    'connections wait. meets=late-syn: who comes then is not answered at all; its SYN goes again, and connect() fails after two minutes, or goes ' +
    'through late if the program wakes before. meets=burst-ignored: several come at once while one place is left, and the first takes it while the ' +
    "others' handshakes are under way. The last ACK of those that do not fit is ignored: the client believes that it is connected and sends, the server's kernel knows " +
    'nothing of it and repeats its SYN-ACK. meets=burst-cookies: more come at once than the SYN queue holds, and the rest get SYN cookies. Of those the kernel ' +
    'keeps nothing that it could repeat: silence, and RST when it takes no cookies any more. meets=burst-aborted: the same with tcp_abort_on_overflow=1: an RST answers that ACK.',
  causes: [...new Set(Object.values(CAUSE))],
  parameters: {
    meets: choice(
      ['late-syn', 'burst-ignored', 'burst-cookies', 'burst-aborted'],
      'what the clients that do not fit meet',
    ),
    backlog: count(2, 1, 100, 'as listen() is given it'),
    more: count(3, 1, 50, 'clients beyond those that fit; in a burst at most as many as the backlog'),
    hangs: amount(300, 150, 1_000, 's', 'how long the program does not accept'),
    request: count(100, 1, 10_000, 'what a client sends', 'B'),
    rtt: RTT,
  },
  expects: ({ meets }) => [CAUSE[meets]],
  build: (lab, { meets, backlog, more, hangs, request, rtt }) => {
    const abortOnOverflow = meets === 'burst-aborted';
    const { client, server, address } = pair(lab, { rtt, server: { abortOnOverflow } });
    const times = arrivals(meets, backlog, more, rtt);
    const clients = times.length;
    let served = 0;
    const errors = new Map<string, number>();
    lab.start(server, 'server', function* (os): Process {
      const listener = listen(os, backlog);
      yield* os.sleep(hangs * SECOND);
      for (;;) {
        const connection = yield* listener.accept();
        if (typeof connection === 'number') return;
        os.spawn(function* (): Process {
          if ((yield* connection.recv()) > 0) yield* connection.send('the answer');
          yield* connection.drain();
          connection.close();
        });
      }
    });
    const fail = (result: number): void => {
      const name = result === 0 ? 'EOF' : errnoName(result);
      errors.set(name, (errors.get(name) ?? 0) + 1);
    };
    for (const [i, atUs] of times.entries())
      lab.start(
        client,
        `client ${i + 1}`,
        function* (os: Os): Process {
          const socket = os.socket();
          const result = yield* socket.connect(address, PORT);
          if (result < 0) fail(result);
          else {
            yield* socket.send(new Uint8Array(request).fill(97));
            const got = yield* socket.recv();
            if (got > 0) served++;
            else fail(got);
          }
          socket.close();
        },
        atUs,
      );
    lab.lookAt(times.at(-1)! + 2 * us(rtt) + SECOND, 'when all have come');
    lab.limitUs = (hangs + 1_200) * SECOND;
    lab.atEnd(() => {
      const { ListenOverflows } = server.counters;
      const told = [...errors].map(([name, n]) => `${n} ${name}`).join(', ');
      lab.fact('served', served, '', `${served} of ${clients} clients got an answer`);
      lab.fact('errors', told, '', told === '' ? 'nobody got an error' : `the others got ${told}`);
      lab.fact('overflows', ListenOverflows, '', `the server's kernel counted ${ListenOverflows} overflows`);
    });
  },
});
