import { type Host, Option } from '../../host/index.ts';
import type { Lab } from '../lab.ts';
import type { Os, Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { choice, flag } from '../values.ts';
import { acceptOne, answerOne, ask, FIXED_PORT, PORT, pair, RTT, SECOND } from './common.ts';

/** Late enough for the longest round trip. */
const CLOSE_US = 10 * SECOND;
const RESTART_US = 20 * SECOND;

/** Binds and listens; -1 where it may not. */
function tryListen(
  os: Os,
  option: Option | null,
): { readonly ok: boolean; readonly error: number; close(): void } {
  const listener = os.socket();
  if (option !== null) listener.setOption(option, 1);
  const error = listener.bind('0.0.0.0', PORT) || listener.listen(128);
  return { ok: error === 0, error, close: () => listener.close() };
}

/** One connection that the server closes first: its port is left with a TIME-WAIT. */
function firstLife(lab: Lab, server: Host, client: Host, address: string, option: Option | null): void {
  lab.start(server, 'server', function* (os) {
    const listener = os.socket();
    if (option !== null) listener.setOption(option, 1);
    listener.bind('0.0.0.0', PORT);
    listener.listen(128);
    const connection = yield* answerOne(listener);
    yield* os.sleepUntil(CLOSE_US);
    connection.close();
    listener.close();
  });
  lab.start(client, 'client', function* (os) {
    const socket = os.socket();
    yield* ask(socket, address);
    yield* socket.recv();
    yield* os.sleep(100_000);
    socket.close();
  });
  lab.lookAt(RESTART_US - 1, 'before the restart');
}

/** The server starts again over its own TIME-WAIT, trying every 5 s until it may. */
function restart(lab: Lab, server: Host, option: Option | null): void {
  lab.start(
    server,
    'server, restarted',
    function* (os): Process {
      const from = os.now;
      for (;;) {
        const listener = tryListen(os, option);
        if (listener.ok) {
          const waited = (os.now - from) / 1e6;
          lab.fact('restart-after', waited, 's', `the restarted server could listen after ${waited} s`);
          lab.look('when the restarted server listens', server);
          return;
        }
        listener.close();
        yield* os.sleep(5 * SECOND);
      }
    },
    RESTART_US,
  );
}

/** Two programs want the same port at the same time. */
function twoServers(lab: Lab, server: Host, option: Option | null, atUs: number): void {
  let second = 0;
  lab.start(
    server,
    'one server',
    function* (os) {
      tryListen(os, option);
      yield* os.sleep(2 * SECOND);
    },
    atUs,
  );
  lab.start(
    server,
    'another server',
    function* (os) {
      second = tryListen(os, option).error;
      lab.fact(
        'second-server',
        second === 0,
        '',
        second === 0
          ? 'a second server may listen on the port too'
          : 'a second server may not listen on the port',
      );
      lab.look('two servers on one port', server);
      yield* os.sleep(SECOND);
    },
    atUs + SECOND,
  );
}

/** A client that wants its own port again, and the same server, while it holds TIME-WAIT on that four-tuple. */
function clientAgain(lab: Lab, server: Host, client: Host, address: string, option: Option | null): void {
  lab.start(server, 'server', function* (os) {
    const listener = os.socket();
    listener.setOption(Option.reuseAddress, 1);
    listener.bind('0.0.0.0', PORT);
    listener.listen(128);
    const connection = yield* acceptOne(listener);
    yield* connection.recv();
    connection.close();
    yield* os.sleep(30 * SECOND);
    listener.close();
  });
  lab.start(client, 'client', function* (os) {
    const first = os.socket();
    if (option !== null) first.setOption(option, 1);
    first.bind('0.0.0.0', FIXED_PORT);
    yield* first.connect(address, PORT);
    yield* os.sleepUntil(CLOSE_US);
    first.close();
    yield* os.sleepUntil(RESTART_US);
    lab.look('before the client tries again', client);
    const second = os.socket();
    if (option !== null) second.setOption(option, 1);
    const error = second.bind('0.0.0.0', FIXED_PORT) || (yield* second.connect(address, PORT));
    lab.fact(
      'client-again',
      error === 0,
      '',
      error === 0
        ? 'the client got its four-tuple again'
        : 'the client may not use its four-tuple again while it is in TIME-WAIT',
    );
  });
}

export const reuseAddress: Scenario = scenario({
  name: 'reuse-address',
  title: 'SO_REUSEADDR and SO_REUSEPORT: what they allow a server, and what neither does for a client',
  story:
    'case=restart: a server that closed first leaves TIME-WAIT on its own port, stops, and starts again: without an option bind() fails with ' +
    'EADDRINUSE until 2MSL are over; with SO_REUSEADDR (set by the old process too) it may at once. case=two-servers: two programs listen on ' +
    'one port: EADDRINUSE, also with SO_REUSEADDR, for one of them listens already; with SO_REUSEPORT in both they share it. case=client: a ' +
    'client that closed first wants the same four-tuple again: neither option helps, for the four-tuple itself is in TIME-WAIT. Only timestamps do: ' +
    'with timestamps=on Linux lets a client that named its port take over its own TIME-WAIT.',
  causes: ['addrinuse-time-wait', 'reuseaddr-over-time-wait', 'addrinuse-live-listener'],
  parameters: {
    case: choice(['restart', 'two-servers', 'client'], 'what is tried'),
    option: choice(['none', 'reuseaddr', 'reuseport'], 'set on all sockets'),
    timestamps: flag(false, 'both ends use timestamps'),
    rtt: RTT,
  },
  expects: ({ case: kind }) =>
    kind === 'client' ? ['fin-client-first', 'fin-three-segments'] : ['fin-server-first'],
  build: (lab, { case: kind, option: name, timestamps, rtt }) => {
    const { client, server, address } = pair(lab, { rtt, client: { timestamps }, server: { timestamps } });
    const option =
      name === 'reuseaddr' ? Option.reuseAddress : name === 'reuseport' ? Option.reusePort : null;
    if (kind === 'client') return clientAgain(lab, server, client, address, option);
    firstLife(lab, server, client, address, option);
    if (kind === 'restart') restart(lab, server, option);
    else twoServers(lab, server, option, 120 * SECOND);
  },
});
