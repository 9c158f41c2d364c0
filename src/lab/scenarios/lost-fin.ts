import { Flag } from '../../wire/index.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { answerOne, ask, listen, PROFILE, pair, RTT, SECOND, settledUs, us } from './common.ts';

export const lostFin: Scenario = scenario({
  name: 'lost-fin',
  title: 'the path loses a FIN: it goes again, and the close takes longer',
  story:
    'The FIN takes a place among the sequence numbers and is acknowledged like data: where it is lost, it goes again after the retransmission ' +
    'timeout, at doubling intervals. The closer stays in FIN-WAIT-1 until then; the other side has noticed nothing. Close() had returned long ago, so ' +
    'no application waits, unless it waits for EOF.',
  causes: ['fin-lost'],
  parameters: {
    closer: choice(['client', 'server'], 'who closes first'),
    lost: count(1, 1, 4, 'how many of its FINs are lost'),
    think: amount(300, 0, 5_000, 'ms', "from EOF to the other side's close"),
    profile: PROFILE,
    rtt: RTT,
  },
  expects: () => ['fin-lost'],
  // Where the FIN does not arrive, its repetition is the first that is seen.
  expectsAt: ({ closer }, end) =>
    end === closer ? ['fin-lost'] : ['fin-lost', `fin-${closer}-first`, 'fin-three-segments'],
  build: (lab, { closer, lost, think, profile, rtt }) => {
    const { client, server, link, address } = pair(lab, { rtt, profile });
    lab.captureAt = closer;
    const closeUs = settledUs(rtt);
    link.on(
      { source: lab.addressOf(closer === 'client' ? client : server), flags: Flag.fin, nth: [1, lost] },
      'drop',
    );
    let eofUs = -1;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* answerOne(listener);
      if (closer === 'server') yield* os.sleepUntil(closeUs);
      else {
        yield* connection.recv();
        eofUs = os.now;
        yield* os.sleep(us(think));
      }
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      yield* ask(socket, address);
      if (closer === 'client') yield* os.sleepUntil(closeUs);
      else {
        yield* socket.recv();
        eofUs = os.now;
        yield* os.sleep(us(think));
      }
      socket.close();
    });
    lab.lookAt(closeUs + us(rtt), 'when the first FIN is lost');
    lab.limitUs = closeUs + 600 * SECOND;
    lab.atEnd(() => {
      const took = eofUs < 0 ? null : (eofUs - closeUs) / SECOND;
      lab.fact('eof-after', took, 's', took === null ? 'EOF never came' : `EOF came ${took} s after close()`);
    });
  },
});
