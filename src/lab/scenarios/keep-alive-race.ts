import type { Os, Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount } from '../values.ts';
import { acceptOne, listen, PORT, RTT, SECOND, us } from './common.ts';

/** How long Linux keeps FIN-WAIT-2 of a closed socket. */
const FIN_WAIT_2_S = 60;
const REQUEST = 'GET / HTTP/1.1';
const ANSWER = 'HTTP/1.1 200 OK';
const BAD_GATEWAY = 'HTTP/1.1 502 Bad Gateway';

/** The server closes after the second answer; a load balancer that keeps its end open too long meets nobody any more. */
function answeredInTime(values: { 'server-idle': number; 'balancer-idle': number }): readonly string[] {
  const keepsOpenS = values['balancer-idle'] - values['server-idle'];
  if (keepsOpenS > FIN_WAIT_2_S - 1) return ['fin-wait2-expired', 'fin-wait2-stuck', 'close-wait-leak'];
  return ['fin-server-first', 'fin-three-segments'];
}

export const keepAliveRace: Scenario = scenario({
  name: 'keep-alive-race',
  title: "keep-alive race behind a load balancer: the server's idle close crosses the next request",
  story:
    'A load balancer keeps its connection to the server open for the next request; the server closes connections that were idle for so many ' +
    'seconds. A request that comes just before that time is up leaves the load balancer while the FIN is on its way to it: they cross, the ' +
    "server has no reader any more and answers with RST, and the load balancer's recv() fails although nobody did anything wrong: 502. A " +
    "request that comes after the FIN finds the load balancer's connection half-closed, which a pool that does not look uses all the same. " +
    'The cure is a limit in the load balancer that is shorter than that of the server: balancer-idle below server-idle.',
  causes: ['keepalive-race', 'lb-idle-timeout', 'stale-pooled-connection'],
  parameters: {
    'server-idle': amount(5, 0.5, 600, 's', 'the server closes connections that were idle so long'),
    'balancer-idle': amount(60, 0.5, 600, 's', 'the load balancer closes them after so long'),
    gap: amount(
      -4,
      -10_000,
      10_000,
      'ms',
      'when the next request leaves, against the moment when the server closes',
    ),
    rtt: RTT,
  },
  expects: (values) => {
    if (values['balancer-idle'] < values['server-idle']) return ['fin-client-first', 'fin-three-segments'];
    if (values.gap <= -values.rtt / 2) return answeredInTime(values);
    return values.gap < values.rtt / 2 ? ['keepalive-race'] : ['lb-idle-timeout', 'stale-pooled-connection'];
  },
  build: (lab, values) => {
    const { gap, rtt } = values;
    const serverIdleUs = values['server-idle'] * SECOND;
    const balancerIdleUs = values['balancer-idle'] * SECOND;
    const user = lab.host('user');
    const balancer = lab.host('balancer');
    const server = lab.host('server');
    lab.join(user, balancer);
    lab.join(balancer, server, us(rtt));
    lab.watch(balancer, server);
    const backend = lab.addressOf(server);
    // The server's timer starts when its answer leaves: half a round trip after the request did.
    const timerUs = SECOND + Math.round(us(rtt) / 2) + serverIdleUs;
    // However early, not before the first answer is there.
    const secondUs = Math.max(SECOND + 2 * us(rtt), timerUs + us(gap));

    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      for (;;) {
        const connection = yield* acceptOne(listener);
        os.spawn(function* () {
          let got = yield* connection.recv();
          while (got > 0) {
            yield* connection.send(ANSWER);
            got = yield* connection.recv(65_536, serverIdleUs);
          }
          connection.close();
        });
      }
    });

    lab.start(balancer, 'balancer', function* (os) {
      const listener = listen(os);
      const downstream = yield* acceptOne(listener);
      let upstream = os.socket();
      yield* upstream.connect(backend, PORT);
      let idleSince = os.now;
      while ((yield* downstream.recv()) > 0) {
        if (os.now - idleSince >= balancerIdleUs) {
          upstream = os.socket();
          yield* upstream.connect(backend, PORT);
        }
        yield* upstream.send(REQUEST);
        const answered = (yield* upstream.recv()) > 0;
        idleSince = os.now;
        yield* downstream.send(answered ? ANSWER : BAD_GATEWAY);
        if (answered) os.spawn(idleClose(upstream, balancerIdleUs));
      }
      downstream.close();
      listener.close();
    });

    lab.start(
      user,
      'user',
      function* (os) {
        const socket = os.socket();
        yield* socket.connect(lab.addressOf(balancer), PORT);
        yield* os.sleepUntil(SECOND - 10_000);
        yield* socket.send(REQUEST);
        yield* socket.recv();
        yield* os.sleepUntil(secondUs - 10_000);
        yield* socket.send(REQUEST);
        yield* socket.recv();
        const answer = new TextDecoder().decode(socket.received);
        lab.fact('user-gets', answer, '', `the user's second request is answered with "${answer}"`);
        socket.close();
      },
      0,
    );
    lab.lookAt(secondUs - us(rtt), 'just before the second request', balancer, server);
    lab.lookAt(secondUs + 2 * us(rtt), 'two round trips later', balancer, server);
    lab.limitUs = secondUs + 200 * SECOND;

    function idleClose(upstream: ReturnType<Os['socket']>, afterUs: number) {
      return function* (os: Os): Process {
        const before = upstream.bytesRead;
        yield* os.sleep(afterUs);
        if (upstream.bytesRead === before) upstream.close();
      };
    }
  },
});
