import { Flag } from '../../wire/index.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, listen, PORT, RTT, SECOND, settledUs, text, us } from './common.ts';
import { Forger, routedPair } from './paths.ts';

/** What the box has sent in one burst: guesses of where the other end is by now, a segment and three further on. */
const VOLLEY = [0, 1_460, 4_380] as const;

export const middleboxResets: Scenario = scenario({
  name: 'middlebox-resets',
  title: 'a box on the path resets the connection in the name of both ends',
  story:
    'A firewall, an intrusion detector or a filter on the path sees the request and does not like it. It lets the request pass and sends RSTs in the ' +
    "name of the ends: with ends=both each end believes that the other one reset, with one of them only that end does and the other one's next " +
    'segment meets nobody. With rsts=three it sends several at rising sequence numbers, for it does not know how far the ends will have come when ' +
    'they arrive: the mark of a content filter. Neither application did anything; the captures at the two ends contradict each other, and the hop ' +
    'limit of the RSTs is not that of the ends.',
  causes: ['middlebox-rst', 'middlebox-rst-volley'],
  parameters: {
    ends: choice(['both', 'client', 'server'], 'whom the box resets'),
    rsts: choice(['one', 'three'], 'one at the right number, or a volley'),
    'hop-limit': count(100, 20, 255, 'of what the box sends'),
    request: count(100, 1, 1_400, 'size of the request', 'B'),
    think: amount(100, 0, 10_000, 'ms', 'how long the server works on its answer'),
    rtt: RTT,
  },
  expects: ({ rsts }) => [rsts === 'three' ? 'middlebox-rst-volley' : 'middlebox-rst'],
  expectsAt: ({ ends, rsts }, end) => {
    // Where the RSTs do not go, the other end's own answer to what it no longer knows is all that is seen.
    if (ends !== 'both' && ends !== end) return ['middlebox-rst', 'peer-restarted'];
    return [rsts === 'three' ? 'middlebox-rst-volley' : 'middlebox-rst'];
  },
  build: (lab, { ends, rsts, 'hop-limit': hopLimit, request, think, rtt }) => {
    const { client, server, middle, address } = routedPair(lab, { rtt });
    lab.captureAt = ends === 'server' ? 'server' : 'client';
    const forger = new Forger(middle, lab.addressOf(client), address, hopLimit);
    const requestUs = settledUs(rtt);
    const wanted = ends === 'both' ? (['client', 'server'] as const) : ([ends] as const);
    let isSeen = false;
    middle.forward.gate.add((_packet, { segment, now }) => {
      if (isSeen || segment.payloadLength < request || now < requestUs) return 'pass';
      isSeen = true;
      lab.at(now, reset);
      return 'pass';
    });
    const reset = (): void => {
      lab.tell(
        `a box on the path sees the request and sends RSTs to ${ends === 'both' ? 'both ends' : `the ${ends}`}`,
      );
      for (const to of wanted) {
        const from = to === 'client' ? forger.server : forger.client;
        const other = to === 'client' ? forger.client : forger.server;
        const right = to === 'client' ? other.ack : from.next;
        for (const ahead of rsts === 'three' ? VOLLEY : [0])
          forger.send(to, { seq: (right + ahead) | 0, ack: other.next, flags: Flag.rst | Flag.ack });
      }
    };
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* acceptOne(listener);
      yield* connection.recv();
      yield* connection.send('hello');
      if ((yield* connection.recv()) > 0) {
        yield* os.sleep(us(think));
        yield* connection.send('the answer');
        yield* connection.recv();
      }
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      yield* socket.connect(address, PORT);
      yield* socket.send('hi');
      yield* socket.recv();
      yield* os.sleepUntil(requestUs);
      yield* socket.send(text(request));
      yield* socket.recv();
      socket.close();
    });
    lab.lookAt(requestUs + us(rtt), 'one round trip after the request');
    lab.limitUs = requestUs + 300 * SECOND;
    lab.atEnd(() => {
      const own = client.counters.OutRsts + server.counters.OutRsts;
      const got = wanted.length * (rsts === 'three' ? VOLLEY.length : 1);
      lab.fact('injected', got, '', `the box sent ${got} RSTs`);
      lab.fact('resets-of-ends', own, '', `the ends themselves sent ${own}`);
    });
  },
});
