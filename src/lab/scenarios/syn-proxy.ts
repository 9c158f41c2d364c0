import { type Scenario, scenario } from '../scenario.ts';
import { choice, count } from '../values.ts';
import { answerOne, listen, PORT, RTT, SECOND, text, us } from './common.ts';

export const synProxy: Scenario = scenario({
  name: 'syn-proxy',
  title: 'a SYN proxy answers in the name of a server that it has not asked yet',
  story:
    'A box before the server keeps SYN floods away: it answers every SYN itself, with a window of 0 and hardly any options, remembers nothing, and asks ' +
    'the server only when the client has acknowledged. Then it shifts sequence numbers for as long as the connection lasts, and neither end has ' +
    'timestamps, window scaling or SACK, for nobody agreed to them. With server=listens all goes well, a round trip later. With server=closed the ' +
    "client's connect() succeeds, although nobody listens: the RST comes after the handshake, and the client reports ECONNRESET, not ECONNREFUSED.",
  causes: ['syn-proxy'],
  parameters: {
    server: choice(['listens', 'closed'], 'what the proxy finds when it asks'),
    mss: count(1_460, 536, 1_460, 'what the proxy offers', 'B'),
    answer: count(3_000, 1, 50_000, 'size of the answer', 'B'),
    rtt: RTT,
  },
  expects: () => ['syn-proxy'],
  // Behind the proxy its SYN looks as bare as that of any simple stack, and a connection follows as any other.
  expectsAt: ({ server }, end) => {
    if (end === 'client') return ['syn-proxy'];
    return server === 'closed' ? ['syn-proxy', 'port-closed'] : [];
  },
  build: (lab, { server: kind, mss, answer, rtt }) => {
    const { network } = lab;
    const client = lab.host('client');
    const server = lab.host('server');
    const near = network.router('near router');
    const proxy = network.synProxy('syn proxy', { mss });
    const accessUs = Math.round(us(rtt) / 20);
    network.connect(client, near, { delayUs: accessUs });
    network.connect(near, proxy.outside, { delayUs: Math.round(us(rtt) / 2) - 2 * accessUs });
    network.connect(proxy.inside, server, { delayUs: accessUs });
    lab.watch(client, server);
    if (kind === 'listens')
      lab.start(server, 'server', function* (os) {
        const listener = listen(os);
        const connection = yield* answerOne(listener);
        yield* connection.send(text(answer));
        yield* connection.recv();
        connection.close();
        listener.close();
      });
    let connected = false;
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      connected = (yield* socket.connect(lab.addressOf(server), PORT)) === 0;
      if ((yield* socket.send('a request')) > 0) {
        yield* os.sleep(SECOND + 10 * us(rtt));
        yield* socket.recv();
      }
      socket.close();
    });
    lab.lookAt(us(rtt) - accessUs, 'when the client has its answer');
    lab.lookAt(4 * us(rtt), 'three round trips later');
    lab.atEnd(() => {
      lab.fact('connected', connected, '', `the client's connect() ${connected ? 'succeeded' : 'failed'}`);
      lab.fact(
        'opened',
        proxy.counters.opened,
        '',
        `the proxy asked the server ${proxy.counters.opened} times`,
      );
    });
  },
});
