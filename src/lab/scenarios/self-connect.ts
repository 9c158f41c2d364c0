import { type Scenario, scenario } from '../scenario.ts';
import { amount, count } from '../values.ts';
import { receive, SECOND, text } from './common.ts';

const FIRST_PORT = 40_000;

export const selfConnect: Scenario = scenario({
  name: 'self-connect',
  title: 'a program that waits for a local server connects to itself',
  story:
    'A program connects to a port of its own host, again and again, until the server there has started. The port lies in the range of ephemeral ' +
    'ports, and sooner or later connect() chooses just this one as its source: the SYN goes from a socket to itself, which is a simultaneous open ' +
    '(RFC 9293 Figure 7), and it succeeds without any server. The program talks to its own echo, and the server, when it starts, finds its port ' +
    'taken: EADDRINUSE. Servers belong on ports outside of the ephemeral range, or the range must leave theirs out (ip_local_reserved_ports).',
  causes: ['self-connect'],
  parameters: {
    ports: count(16, 2, 500, 'how many ephemeral ports there are'),
    every: amount(100, 1, 5_000, 'ms', 'from one attempt to the next'),
    request: count(200, 1, 20_000, 'size of what the program then says', 'B'),
  },
  expects: () => ['self-connect'],
  build: (lab, { ports, every, request }) => {
    const host = lab.host('host', {
      config: { ephemeralFrom: FIRST_PORT, ephemeralTo: FIRST_PORT + 2 * Math.ceil(ports / 2) - 1 },
    });
    const { network } = lab;
    // The link carries nothing: it lends its port to the capture of what stays within the host.
    const tap = network.tap(network.connect(host, network.router('network')), { name: 'lo' });
    host.onLoopback = ({ bytes, length }) => tap.record(network.now, tap.ports[0]!, 'out', bytes, length);
    lab.watched = { client: host, server: host, clientTap: tap, serverTap: tap };
    const address = lab.addressOf(host);
    let attempts = 0;
    let echoed = 0;
    lab.start(host, 'program', function* (os) {
      for (;;) {
        attempts++;
        const socket = os.socket();
        socket.quiet = attempts > 3;
        const result = yield* socket.connect(address, FIRST_PORT);
        if (result === 0) {
          socket.quiet = false;
          yield* socket.send(text(request, 'a'));
          echoed = yield* receive(socket, request);
          yield* os.sleep(SECOND);
          socket.close();
          break;
        }
        socket.close();
        yield* os.sleep(every * 1_000);
      }
    });
    lab.limitUs = 20_000 * SECOND;
    lab.atEnd(() => {
      lab.fact('attempts', attempts, '', `attempt ${attempts} succeeded, without a server`);
      lab.fact('echoed', echoed, 'B', `the program read back ${echoed} bytes that it had sent`);
    });
  },
});
