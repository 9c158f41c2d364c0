import { Option } from '../../host/index.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, LOSS, listen, PORT, PROFILE, pair, RTT, SECOND, text, us } from './common.ts';

const TOO_LARGE =
  'HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 20\r\n\r\nthat is too much...\n';
const HEAD = 'POST /upload HTTP/1.1\r\nHost: example.com\r\nContent-Length: 100000000\r\n\r\n';

export const halfClose: Scenario = scenario({
  name: 'half-close',
  title:
    'one direction is closed and the other goes on: as it was meant, and as the cure of an upload that is refused',
  story:
    'shutdown(SHUT_WR) ends one direction and leaves the other. who=client: the client has sent all it has and says so by its FIN; the server, in ' +
    'CLOSE-WAIT, goes on sending for as long as it likes, and closes when it is done. who=server: an HTTP server refuses an upload that is under way. ' +
    'Were it to answer 413 and close, the rest of the upload would meet a closed socket, and the RST could destroy the answer before the client ' +
    'reads it. So it answers, shuts its side down, reads what still comes and throws it away until the client, which has read the answer, closes.',
  causes: ['half-close-then-data', 'fin-lingering-close'],
  parameters: {
    who: choice(['client', 'server'], 'who closes its direction first'),
    more: count(100, 60, 500, 'what the other one sends after that, at the least', 'kB'),
    think: amount(300, 50, 10_000, 'ms', 'how long the server works before it sends the rest'),
    profile: PROFILE,
    loss: LOSS,
    rtt: RTT,
  },
  expects: ({ who, loss }) => [
    who === 'client' ? 'half-close-then-data' : 'fin-lingering-close',
    // The client may have read the answer and closed before the lost FIN behind it came again.
    ...(loss > 0 ? ['fin-lost', 'fin-simultaneous'] : []),
  ],
  build: (lab, { who, more, think, profile, loss, rtt }) => {
    const { client, server, address } = pair(lab, { rtt, profile, link: { loss } });
    const bytes = more * 1_000;
    let answered = 0;
    let drained = 0;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* acceptOne(listener);
      if (who === 'client') {
        while ((yield* connection.recv()) > 0);
        yield* os.sleep(us(think));
        yield* connection.send(text(bytes));
      } else {
        yield* connection.recv();
        yield* connection.send(TOO_LARGE);
        connection.shutdown(1);
        yield* connection.drain();
        drained = connection.bytesRead;
      }
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      yield* socket.connect(address, PORT);
      if (who === 'client') {
        yield* socket.send('the request, and no more');
        socket.shutdown(1);
        yield* socket.drain();
        answered = socket.bytesRead;
      } else {
        socket.setOption(Option.sendBuffer, bytes);
        yield* socket.send(HEAD);
        yield* socket.send(text(bytes));
        yield* socket.recv();
        answered = socket.bytesRead;
      }
      socket.close();
    });
    lab.lookAt(3 * us(rtt), 'with one direction closed');
    lab.limitUs = 300 * SECOND;
    lab.atEnd(() => {
      lab.fact('answer', answered, 'B', `the client read ${answered} bytes`);
      if (who === 'server') lab.fact('drained', drained, 'B', `the server threw away ${drained} bytes`);
      const resets = client.counters.OutRsts + server.counters.OutRsts;
      lab.fact('resets', resets, '', `${resets} RSTs were sent`);
    });
  },
});
