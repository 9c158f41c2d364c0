import { Option } from '../../host/index.ts';
import type { Os, Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice } from '../values.ts';
import { acceptOne, ask, bound, listen, pair, RTT, SECOND } from './common.ts';

/** Late enough for the longest round trip. */
const CRASH_US = 10 * SECOND;

/** Starts at boot, and once more after a crash: serves for ever. */
function* server(os: Os): Process {
  const listener = listen(os);
  for (;;) {
    const connection = yield* acceptOne(listener);
    os.spawn(function* () {
      for (;;) {
        if ((yield* connection.recv()) <= 0) break;
        if ((yield* connection.send('the answer')) < 0) break;
      }
      connection.close();
    });
  }
}

const EXPECTED = {
  sends: ['peer-restarted'],
  'stays-down': ['retransmission-timeout'],
  keepalive: ['keepalive-timeout'],
  // Silence, as of a healthy connection that is idle.
  waits: [],
  reconnects: ['half-open-reconnect-same-port'],
} as const;

export const halfOpenCrash: Scenario = scenario({
  name: 'half-open-crash',
  title: 'a peer that crashed: the other end stays ESTABLISHED until it tries',
  story:
    'In the middle of an idle connection one host loses power: no FIN, no RST. The other end knows nothing of it and stays ESTABLISHED: the ' +
    'connection is half-open. after=sends: the server comes back and gets a segment of a connection that it does not know: RST, and the ' +
    "client's call fails with ECONNRESET. after=stays-down: nobody answers the retransmissions, ETIMEDOUT in the end. after=keepalive: the " +
    'client sends nothing but has SO_KEEPALIVE, and probes find it out. after=waits: neither, and the socket stays for ever. after=reconnects: ' +
    'it is the client that crashed, and its new SYN comes from the same port: the server answers with an ACK of the old connection, the ' +
    'client with RST, and the next SYN succeeds.',
  causes: [
    'peer-restarted',
    'retransmission-timeout',
    'keepalive-timeout',
    'half-open-leak',
    'half-open-reconnect-same-port',
  ],
  parameters: {
    after: choice(['sends', 'stays-down', 'keepalive', 'waits', 'reconnects'], 'what follows the crash'),
    away: amount(10, 0.1, 3_600, 's', 'how long the crashed host is down'),
    rtt: RTT,
  },
  expects: ({ after }) => EXPECTED[after],
  // The path ends where the server was: what the client sends into it does not pass there.
  expectsAt: ({ after }, end) =>
    end === 'server' && (after === 'stays-down' || after === 'keepalive') ? [] : EXPECTED[after],
  build: (lab, { after, away, rtt }) => {
    const { client, server: serverHost, link, address } = pair(lab, { rtt });
    const backUs = CRASH_US + away * SECOND;
    const clientCrashes = after === 'reconnects';
    const staysDown = after === 'stays-down' || after === 'keepalive' || after === 'waits';
    lab.start(serverHost, 'server', server);
    lab.start(client, 'client', function* (os) {
      const socket = bound(os);
      if (after === 'keepalive') {
        socket.setOption(Option.keepAlive, 1);
        socket.setOption(Option.keepAliveIdle, 30);
        socket.setOption(Option.keepAliveInterval, 5);
        socket.setOption(Option.keepAliveCount, 4);
      }
      yield* ask(socket, address);
      if (clientCrashes) yield* os.pause();
      if (after === 'sends') yield* os.sleepUntil(backUs + SECOND);
      if (after === 'stays-down') yield* os.sleepUntil(CRASH_US + SECOND);
      if (after === 'sends' || after === 'stays-down') yield* socket.send('another request');
      yield* socket.recv();
      socket.close();
    });
    lab.at(CRASH_US, () => {
      lab.crash(clientCrashes ? client : serverHost);
      if (!clientCrashes) link.down();
    });
    if (!staysDown) {
      lab.at(backUs, () => {
        link.up();
        lab.tell(`${clientCrashes ? 'client' : 'server'} is back, and knows of no connection`);
      });
    }
    if (!staysDown && !clientCrashes) lab.start(serverHost, 'server, after the boot', server, backUs);
    if (clientCrashes) {
      lab.start(
        client,
        'client, after the boot',
        function* (os): Process {
          const socket = bound(os);
          yield* ask(socket, address);
          socket.close();
        },
        backUs,
      );
    }
    lab.lookAt(CRASH_US + SECOND / 2, 'half a second after the crash');
    lab.lookAt(backUs + SECOND / 2, staysDown ? 'later' : 'after the boot');
    lab.limitUs = CRASH_US + 3_600 * SECOND;
    lab.lookAt(lab.limitUs - 1, 'an hour later');
  },
});
