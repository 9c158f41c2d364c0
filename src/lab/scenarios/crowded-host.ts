import { Option } from '../../host/index.ts';
import { errnoName } from '../../tcp/errno.ts';
import type { Lab } from '../lab.ts';
import type { Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, ask, listen, PORT, pair, RTT, SECOND, text, us } from './common.ts';

type Limit = 'orphans' | 'buckets' | 'buckets-late-fin';

/** A TIME-WAIT that was never kept is missed by nobody at once; and the RST of an orphan is that of a close that lost data. */
const CAUSE: Readonly<Record<Limit, readonly string[]>> = {
  orphans: ['orphan-overflow', 'linger0-abort-data-lost', 'linger0-abort'],
  buckets: ['tw-bucket-overflow', 'fin-client-first', 'fin-three-segments'],
  'buckets-late-fin': ['tw-bucket-overflow-reset'],
};

interface Values {
  readonly limit: Limit;
  readonly room: number;
  readonly more: number;
  readonly think: number;
  readonly rtt: number;
}

function settingsOf({ limit, room }: Values): object {
  return limit === 'orphans' ? { maxOrphans: room } : { maxTimeWait: room };
}

function closeMany(lab: Lab, values: Values): void {
  const { limit, room, more, think, rtt } = values;
  const { client, server, address } = pair(lab, { rtt, client: settingsOf(values) });
  const connections = room + more;
  const closeUs = SECOND + 6 * us(rtt);
  const errors = new Map<string, number>();
  lab.start(server, 'server', function* (os): Process {
    const listener = listen(os, connections);
    listener.setOption(Option.receiveBuffer, 4_096);
    for (let i = 0; i < connections; i++) {
      const connection = yield* acceptOne(listener);
      os.spawn(function* (own): Process {
        if (limit === 'orphans') yield* own.sleepUntil(closeUs + 5 * SECOND + 4 * us(rtt));
        if (limit !== 'orphans') {
          yield* connection.recv();
          yield* connection.send('the answer');
        }
        const result = yield* connection.drain();
        if (result < 0) errors.set(errnoName(result), (errors.get(errnoName(result)) ?? 0) + 1);
        if (limit === 'buckets-late-fin') yield* own.sleep(us(think));
        connection.close();
      });
    }
  });
  for (let i = 0; i < connections; i++)
    lab.start(client, `client ${i + 1}`, function* (os): Process {
      const socket = os.socket();
      if (limit === 'orphans') {
        yield* socket.connect(address, PORT);
        yield* os.sleepUntil(closeUs);
        socket.sendNow(text(60_000));
      } else {
        yield* ask(socket, address);
        yield* os.sleepUntil(closeUs);
      }
      socket.close();
    });
  lab.lookAt(closeUs - 1, 'before the clients close', client);
  lab.lookAt(closeUs + us(rtt), 'one round trip after', client);
  lab.limitUs = closeUs + us(think) + 300 * SECOND;
  lab.atEnd(() => {
    const { TCPAbortOnMemory, TCPTimeWaitOverflow, OutRsts } = client.counters;
    const over = limit === 'orphans' ? TCPAbortOnMemory : TCPTimeWaitOverflow;
    const name = limit === 'orphans' ? 'TCPAbortOnMemory' : 'TCPTimeWaitOverflow';
    lab.fact('overflows', over, '', `${name} counts ${over} of ${connections}`);
    lab.fact('resets', OutRsts, '', `the client's kernel sent ${OutRsts} RSTs`);
    const told = [...errors].map(([error, n]) => `${n} ${error}`).join(', ');
    lab.fact('server-got', told, '', told === '' ? 'the server got no error' : `the server got ${told}`);
  });
}

export const crowdedHost: Scenario = scenario({
  name: 'crowded-host',
  title: 'more closed sockets than the kernel wants to remember: orphans and TIME-WAIT over their limits',
  story:
    'A closed socket costs memory that no program can free. limit=orphans: many sockets are closed with data that the server does not take; beyond ' +
    'net.ipv4.tcp_max_orphans the kernel does not wait for that but resets them, and the data is lost. limit=buckets: many clients close at once; ' +
    'beyond net.ipv4.tcp_max_tw_buckets TIME-WAIT is not kept, and nobody notices, yet. limit=buckets-late-fin: the server needs a while for its own ' +
    "close. FIN-WAIT-2 of a closed socket counts among those buckets too and is not kept either: the server's FIN is answered with RST.",
  causes: ['orphan-overflow', 'tw-bucket-overflow', 'tw-bucket-overflow-reset'],
  parameters: {
    limit: choice(['orphans', 'buckets', 'buckets-late-fin'], 'which limit is reached'),
    room: count(3, 0, 50, 'the limit'),
    more: count(5, 1, 50, 'connections beyond it'),
    think: amount(300, 250, 20_000, 'ms', "with buckets-late-fin: from EOF to the server's close"),
    rtt: RTT,
  },
  expects: ({ limit }) => CAUSE[limit],
  build: closeMany,
});
