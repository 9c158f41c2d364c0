import { Option } from '../../host/index.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, listen, PORT, RTT, receive, SECOND, text, us } from './common.ts';

const NAT_ADDRESS = '203.0.113.1';
/** Until the client's timers have run out: tcp_retries2 is 15 retransmissions. */
const GIVE_UP_S = 1_000;

interface Idle {
  readonly forgets: 'drop' | 'reset' | 'remap';
  readonly timeout: number;
  readonly idle: number;
  readonly keepalive: number;
}

/** Something passes before the box forgets. */
function isKept({ timeout, idle, keepalive }: Idle): boolean {
  return idle < timeout || (keepalive > 0 && keepalive < timeout);
}

function expected(values: Idle): readonly string[] {
  const { forgets, idle, keepalive } = values;
  if (isKept(values)) return ['fin-client-first', 'fin-three-segments'];
  if (forgets === 'reset') return ['nat-idle-reset'];
  if (forgets === 'remap') return ['nat-remapped'];
  // Probes that come too late to keep the connection find out that it is lost.
  return keepalive > 0 && keepalive < idle ? ['keepalive-timeout', 'nat-idle-drop'] : ['nat-idle-drop'];
}

export const natIdle: Scenario = scenario({
  name: 'nat-idle',
  title: 'a NAT forgets an idle connection: the next request is dropped, reset, or comes from another port',
  story:
    'A client behind a NAT asks, is idle for longer than the NAT keeps an idle connection, and asks again on the same connection. The NAT knows ' +
    'nothing of it any more. forgets=drop: it drops the request and all that repeats it, until the client gives up after a quarter of an hour ' +
    "(ETIMEDOUT). forgets=reset: it answers with RST in the server's name (ECONNRESET); the hop limit of that RST is its own. forgets=remap: it " +
    'takes the request for a new connection and gives it another source port; the server knows no such connection, and its RST comes back ' +
    'translated. In all three the server keeps its end open: it heard nothing. The cure is a keepalive more frequent than the timeout: keepalive=30.',
  causes: ['nat-idle-drop', 'nat-idle-reset', 'nat-remapped'],
  parameters: {
    forgets: choice(
      ['drop', 'reset', 'remap'],
      'what the NAT does with a segment of a connection it has forgotten',
    ),
    timeout: amount(60, 5, 7_440, 's', 'how long the NAT keeps an idle connection'),
    idle: amount(90, 1, 10_000, 's', 'how long the client is idle between its requests'),
    keepalive: count(
      0,
      0,
      7_200,
      "TCP_KEEPIDLE and TCP_KEEPINTVL of the client's socket, s; 0: no SO_KEEPALIVE",
    ),
    answer: count(500, 1, 100_000, 'size of an answer', 'B'),
    rtt: RTT,
  },
  expects: expected,
  // The server hears nothing after its first answer, or a stranger.
  expectsAt: (values, end) => {
    if (isKept(values) || end === 'client') return expected(values);
    return values.forgets === 'remap' ? ['nat-remapped', 'stray-ack-to-listener'] : [];
  },
  build: (lab, values) => {
    const { forgets, timeout, idle, keepalive, answer, rtt } = values;
    const client = lab.host('client', { addresses: ['10.0.0.2'] });
    const server = lab.host('server');
    const { network } = lab;
    const home = network.router('home router');
    const nat = network.nat('nat', {
      outside: [NAT_ADDRESS],
      idleUs: timeout * SECOND,
      preservePorts: forgets !== 'remap',
      strayInside: forgets === 'remap' ? 'adopt' : forgets,
    });
    const provider = network.router('provider');
    const accessUs = Math.round(us(rtt) / 20);
    network.connect(client, home, { delayUs: accessUs });
    network.connect(home, nat.inside, { delayUs: accessUs });
    network.connect(nat.outside, provider, { delayUs: Math.round(us(rtt) / 2) - 3 * accessUs });
    network.connect(provider, server, { delayUs: accessUs });
    lab.watch(client, server);
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      for (;;) {
        const connection = yield* acceptOne(listener);
        os.spawn(function* () {
          while ((yield* connection.recv()) > 0) yield* connection.send(text(answer));
          connection.close();
        });
      }
    });
    // By the time of the first answer, and then idle.
    const againUs = 3 * us(rtt) + idle * SECOND;
    let failed = '';
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      if (keepalive > 0) {
        socket.setOption(Option.keepAlive, 1);
        socket.setOption(Option.keepAliveIdle, keepalive);
        socket.setOption(Option.keepAliveInterval, keepalive);
      }
      yield* socket.connect(lab.addressOf(server), PORT);
      yield* socket.send('a request');
      yield* receive(socket, answer);
      yield* os.sleep(idle * SECOND);
      yield* socket.send('another request');
      if ((yield* receive(socket, answer)) < answer)
        failed = `after ${((os.now - againUs) / SECOND).toFixed(3)} s`;
      socket.close();
    });
    lab.lookAt(againUs - 1, 'before the second request', client, server);
    lab.lookAt(againUs + GIVE_UP_S * SECOND, 'when the client has given up', client, server);
    lab.limitUs = againUs + (GIVE_UP_S + 200) * SECOND;
    lab.atEnd(() => {
      lab.fact('flows', nat.counters.opened, '', `the NAT opened ${nat.counters.opened} flows`);
      lab.fact(
        'strays',
        nat.counters.strayInside,
        '',
        `${nat.counters.strayInside} segments from inside belonged to none`,
      );
      lab.fact(
        'second-answer',
        failed === '',
        '',
        failed === '' ? 'the second request was answered' : `the second request failed ${failed}`,
      );
    });
  },
});
