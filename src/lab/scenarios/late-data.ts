import { errnoName } from '../../tcp/errno.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, ask, listen, pair, RTT, receive, SECOND, settledUs, text, us } from './common.ts';

type How = 'both-ways' | 'reading' | 'last-word';

/** On the wire, shutdown(SHUT_RDWR) is a close; and SHUT_RD is nothing. */
const CAUSE: Readonly<Record<How, readonly string[]>> = {
  'both-ways': ['peer-sent-after-shutdown-rdwr', 'peer-sent-after-close'],
  reading: ['shutdown-rd-ignored', 'fin-client-first', 'fin-three-segments'],
  'last-word': ['harmless-rst-after-close'],
};

/** RFC 8446 6.1: a close_notify as it goes over the wire, encrypted. */
const CLOSE_NOTIFY = Uint8Array.of(0x17, 3, 3, 0, 19, ...new Array<number>(19).fill(0x5a));

export const lateData: Scenario = scenario({
  name: 'late-data',
  title: 'data for a side that does not read any more: RST, or not',
  story:
    'how=both-ways: the server calls shutdown(SHUT_RDWR) and keeps the descriptor. Its FIN goes out; the client ignores the EOF and sends: there is no ' +
    'reader, and the kernel answers with RST. how=reading: the server calls shutdown(SHUT_RD). That sends nothing and refuses nothing: what the ' +
    'client sends is acknowledged, and the client never learns of it. how=last-word: both are done; the server closes, and the client answers its ' +
    'FIN with the last word of its protocol, a TLS close_notify, before it closes too. The server has gone and answers RST, which nobody misses.',
  causes: ['peer-sent-after-shutdown-rdwr', 'shutdown-rd-ignored', 'harmless-rst-after-close'],
  parameters: {
    how: choice(['both-ways', 'reading', 'last-word'], 'what the server has ended'),
    late: count(1_000, 100, 10_000, 'what the client sends then (with last-word: a close_notify)', 'B'),
    think: amount(100, 1, 5_000, 'ms', 'from the FIN, or the shutdown, to what the client sends'),
    rtt: RTT,
  },
  expects: ({ how }) => CAUSE[how],
  build: (lab, { how, late, think, rtt }) => {
    const { client, server, address } = pair(lab, { rtt });
    const endsUs = settledUs(rtt);
    let error = 0;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* acceptOne(listener);
      yield* connection.recv();
      yield* connection.send('the answer');
      if (how !== 'both-ways') yield* os.sleepUntil(endsUs);
      if (how === 'last-word') connection.close();
      else connection.shutdown(how === 'both-ways' ? 2 : 0);
      yield* os.sleep(us(think) + 2 * us(rtt) + 3 * SECOND);
      if (how === 'reading') yield* connection.drain();
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      yield* ask(socket, address);
      if (how === 'reading') yield* os.sleepUntil(endsUs + us(rtt));
      else yield* receive(socket, 1);
      yield* os.sleep(us(think));
      yield* socket.send(how === 'last-word' ? CLOSE_NOTIFY : text(late));
      if (how !== 'last-word') {
        yield* os.sleep(SECOND + us(rtt));
        error = yield* socket.send('more');
      }
      socket.close();
    });
    const sentUs = endsUs + us(rtt) + us(think);
    lab.lookAt(endsUs + us(rtt), 'one round trip after the server has ended it');
    lab.lookAt(sentUs + 2 * us(rtt), 'when the late data has arrived');
    lab.limitUs = sentUs + 300 * SECOND;
    lab.atEnd(() => {
      lab.fact(
        'resets',
        server.counters.OutRsts,
        '',
        `the server's kernel sent ${server.counters.OutRsts} RSTs`,
      );
      const told = error < 0 ? errnoName(error) : 'no error';
      if (how !== 'last-word') lab.fact('client-got', told, '', `the client's next send() gave ${told}`);
    });
  },
});
