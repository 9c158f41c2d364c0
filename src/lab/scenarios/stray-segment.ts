import { Option } from '../../host/index.ts';
import type { Os, Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, listen, PORT, pair, RTT, receive, SECOND, settledUs, text, us } from './common.ts';

function* server(os: Os, answer: number): Process {
  const listener = listen(os);
  for (;;) {
    const connection = yield* acceptOne(listener);
    os.spawn(function* () {
      while ((yield* connection.recv()) > 0) yield* connection.send(text(answer));
      connection.close();
    });
  }
}

export const straySegment: Scenario = scenario({
  name: 'stray-segment',
  title: 'a capture that begins too late: a segment of an unknown connection reaches a listener',
  story:
    'A server was replaced: the one that has its address now listens on the same port and knows none of the connections that its predecessor had. ' +
    'The capture begins after the change. Then a client that knows nothing of it goes on: it sends its next request, or its keepalive probes for ' +
    'the connection, and an RST is all that it gets. In the capture there is no handshake: only a segment out of nothing, and the RST.',
  causes: ['stray-ack-to-listener'],
  parameters: {
    sends: choice(['request', 'keepalive'], 'what comes out of nothing'),
    idle: amount(30, 5, 600, 's', 'how long the client was idle before'),
    request: count(300, 1, 5_000, 'size of a request', 'B'),
    answer: count(2_000, 1, 100_000, 'size of the answer before the change', 'B'),
    rtt: RTT,
  },
  expects: () => ['stray-ack-to-listener'],
  build: (lab, { sends, idle, request, answer, rtt }) => {
    const { client, server: host, address } = pair(lab, { rtt });
    lab.captureAt = 'server';
    const idleUs = Math.round(idle * SECOND);
    const changeUs = settledUs(rtt) + 20 * us(rtt);
    lab.start(host, 'server', (os) => server(os, answer));
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      if (sends === 'keepalive') {
        socket.setOption(Option.keepAlive, 1);
        socket.setOption(Option.keepAliveIdle, Math.ceil(idle) + Math.ceil(changeUs / SECOND));
      }
      yield* socket.connect(address, PORT);
      yield* socket.send(text(request));
      yield* receive(socket, answer);
      if (sends === 'request') {
        yield* os.sleepUntil(changeUs + idleUs);
        yield* socket.send(text(request));
      }
      yield* socket.recv();
      socket.close();
    });
    lab.at(changeUs, () => {
      lab.crash(host);
      const { clientTap, serverTap } = lab.watched!;
      for (const tap of [clientTap, serverTap]) tap.packets.length = 0;
      lab.tell('another server has the address now, and the capture begins');
    });
    lab.start(host, 'server, the new one', (os) => server(os, answer), changeUs + 1);
    lab.lookAt(changeUs + 2, 'after the change');
    lab.limitUs = changeUs + idleUs + 120 * SECOND;
    lab.atEnd(() =>
      lab.fact('resets', host.counters.OutRsts, '', `the server sent ${host.counters.OutRsts} RSTs`),
    );
  },
});
