import { Option } from '../../host/index.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { count } from '../values.ts';
import { answerOne, listen, PORT, pair, RTT, settledUs, text, us } from './common.ts';

const REQUEST = 'a request';

export const lingerZero: Scenario = scenario({
  name: 'linger-zero',
  title: 'close() with SO_LINGER 0: RST at once, queued data lost, no TIME-WAIT',
  story:
    'The client sets SO_LINGER to {on, 0 s}, sends, and closes. close() becomes ABORT: what still waits in the send queue is thrown away, ' +
    "an RST goes out, and the connection is gone at both ends, without TIME-WAIT. The server's blocked recv() returns ECONNRESET. With " +
    'pending=0 the client has its answer and nothing is queued: nothing is lost, and the server gets an error all the same.',
  causes: ['linger0-abort', 'linger0-abort-data-lost'],
  parameters: {
    pending: count(200, 0, 2_000, 'data that the client sends just before it closes', 'kB'),
    rtt: RTT,
  },
  expects: ({ pending }) => (pending > 0 ? ['linger0-abort-data-lost', 'linger0-abort'] : ['linger0-abort']),
  build: (lab, { pending, rtt }) => {
    const { client, server, address } = pair(lab, { rtt });
    const closeUs = settledUs(rtt);
    let read = 0;
    let written = 0;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* answerOne(listener);
      yield* connection.drain();
      read = connection.bytesRead - REQUEST.length;
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      socket.setOption(Option.linger, 0);
      yield* socket.connect(address, PORT);
      yield* socket.send(REQUEST);
      yield* socket.recv();
      yield* os.sleepUntil(closeUs);
      if (pending > 0) written = Math.max(0, socket.sendNow(text(pending * 1_000)));
      socket.close();
    });
    lab.lookAt(closeUs - 1, 'just before the close');
    lab.lookAt(closeUs + us(rtt), 'one round trip after it');
    lab.atEnd(() => {
      lab.fact('bytes-taken', written, 'B', `send() took ${written} bytes`);
      lab.fact('bytes-lost', written - read, 'B', `${written - read} of them the server never read`);
    });
  },
});
