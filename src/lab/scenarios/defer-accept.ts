import { Option } from '../../host/index.ts';
import { errnoName } from '../../tcp/errno.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, PORT, pair, RTT, SECOND, us } from './common.ts';

export const deferAccept: Scenario = scenario({
  name: 'defer-accept',
  title: 'TCP_DEFER_ACCEPT and a client that waits for the server to speak first',
  story:
    'The server sets TCP_DEFER_ACCEPT: the kernel shall not wake it for a connection before there is a request to read. So the kernel looks past the ' +
    'last ACK of the handshake, keeps the connection half open and waits for data; when its own timer fires it repeats the SYN-ACK, and the client, ' +
    'which believes that it is connected, repeats its ACK. first=server: the client waits for a greeting, and both wait, until the time that the ' +
    'option gives is over. first=client: the request comes after a while and ends the wait.',
  causes: ['defer-accept'],
  parameters: {
    first: choice(['server', 'client'], 'who is to speak first'),
    defer: count(10, 3, 30, 'TCP_DEFER_ACCEPT', 's'),
    request: amount(2, 1.5, 60, 's', "with first=client: when the client's request comes"),
    rtt: RTT,
  },
  expects: () => ['defer-accept'],
  build: (lab, { first, defer, request, rtt }) => {
    const { client, server, address } = pair(lab, { rtt });
    let acceptedUs = -1;
    let result = 0;
    lab.start(server, 'server', function* (os) {
      const listener = os.socket();
      listener.setOption(Option.deferAccept, defer);
      listener.bind('0.0.0.0', PORT);
      listener.listen(128);
      const connection = yield* acceptOne(listener);
      acceptedUs = os.now;
      if (first === 'client') yield* connection.recv();
      yield* connection.send('hello');
      yield* connection.recv();
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      yield* socket.connect(address, PORT);
      if (first === 'client') {
        yield* os.sleep(request * SECOND);
        yield* socket.send('a request');
      }
      result = yield* socket.recv();
      socket.close();
    });
    lab.lookAt(2 * us(rtt) + SECOND, 'when the client is connected, and the server is not');
    lab.limitUs = 400 * SECOND;
    lab.atEnd(() => {
      const took = acceptedUs < 0 ? null : acceptedUs / SECOND;
      lab.fact(
        'accepted-after',
        took,
        's',
        took === null ? 'accept() never returned' : `accept() returned after ${took} s`,
      );
      lab.fact(
        'client-got',
        result < 0 ? errnoName(result) : result,
        '',
        `recv() of the client gave ${result < 0 ? errnoName(result) : `${result} B`}`,
      );
    });
  },
});
