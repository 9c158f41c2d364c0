import { Option } from '../../host/index.ts';
import { errnoName } from '../../tcp/errno.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, LOSS, PORT, pair, RTT, SECOND, text, us } from './common.ts';

export const stuckReader: Scenario = scenario({
  name: 'stuck-reader',
  title: 'a receiver that does not read: zero window, and how it ends',
  story:
    'The client uploads; the server has stopped reading. Its receive buffer fills, its window goes to 0, and the client probes: does the window open? Each ' +
    'probe is answered, so the path and the host are fine, and TCP alone would go on for ever. ends=closes: in the end the server closes, with all of ' +
    'that unread: RST. ends=gives-up: the client has set TCP_USER_TIMEOUT and gets ETIMEDOUT from a peer that answered it all the time.',
  causes: ['zero-window-then-unread-close', 'zero-window-timeout'],
  parameters: {
    ends: choice(['closes', 'gives-up'], 'how it ends'),
    after: amount(10, 4, 600, 's', 'how long the window stays shut'),
    buffer: count(8, 4, 100, 'receive buffer of the server', 'kB'),
    loss: LOSS,
    rtt: RTT,
  },
  expects: ({ ends }) => [ends === 'closes' ? 'zero-window-then-unread-close' : 'zero-window-timeout'],
  build: (lab, { ends, after, buffer, loss, rtt }) => {
    const { client, server, address } = pair(lab, { rtt, link: { loss } });
    const lastsUs = after * SECOND + 20 * us(rtt);
    let error = 0;
    let taken = 0;
    lab.start(server, 'server', function* (os) {
      const listener = os.socket();
      listener.setOption(Option.receiveBuffer, buffer * 500);
      listener.bind('0.0.0.0', PORT);
      listener.listen(8);
      const connection = yield* acceptOne(listener);
      if (ends === 'gives-up') yield* os.pause();
      yield* os.sleep(lastsUs);
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      if (ends === 'gives-up') socket.setOption(Option.userTimeout, Math.round(lastsUs / 1_000));
      yield* socket.connect(address, PORT);
      taken = socket.sendNow(text(4_000_000));
      error = yield* socket.recv();
      socket.close();
    });
    lab.lookAt(lastsUs - 1, 'just before the end');
    lab.limitUs = 2 * lastsUs + 600 * SECOND;
    lab.atEnd(() => {
      lab.fact('taken', taken, 'B', `send() took ${taken} bytes`);
      const told = error < 0 ? errnoName(error) : `${error}`;
      lab.fact('client-got', told, '', `then the client got ${told}`);
      const { TCPWinProbe } = client.counters;
      lab.fact('probes', TCPWinProbe, '', `${TCPWinProbe} probes were sent`);
    });
  },
});
