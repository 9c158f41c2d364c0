import { Flag } from '../../wire/index.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, flag } from '../values.ts';
import { answerOne, ask, listen, RTT, SECOND, settledUs, us } from './common.ts';
import { Forger, routedPair } from './paths.ts';

export const resetInTimeWait: Scenario = scenario({
  name: 'reset-in-time-wait',
  title: 'an RST arrives in TIME-WAIT, and ends it, or does not',
  story:
    'The connection is closed as it should be and one side keeps TIME-WAIT. Then an RST comes with the number that TIME-WAIT expects: from the other ' +
    'end, which got something late, or from a box that clears its tables. RFC 9293 takes it, and TIME-WAIT is over before its time: what it protects ' +
    'against can happen again (RFC 1337). With rfc1337=on (net.ipv4.tcp_rfc1337=1) the RST is ignored and TIME-WAIT lasts its 2MSL.',
  causes: ['time-wait-assassinated', 'time-wait-kept-rfc1337'],
  parameters: {
    rfc1337: flag(false, 'TIME-WAIT ignores RST'),
    closer: choice(['client', 'server'], 'who closes first and keeps TIME-WAIT'),
    after: amount(5, 0.5, 50, 's', 'how long after the close the RST comes'),
    rtt: RTT,
  },
  // Whether the RST was taken does not show.
  expects: ({ rfc1337 }) =>
    rfc1337
      ? ['time-wait-kept-rfc1337', 'time-wait-assassinated']
      : ['time-wait-assassinated', 'time-wait-kept-rfc1337'],
  build: (lab, { rfc1337, closer, after, rtt }) => {
    const config = { rfc1337 };
    const { client, server, middle, address } = routedPair(lab, { rtt, client: config, server: config });
    lab.captureAt = closer;
    const closeUs = settledUs(rtt);
    const forger = new Forger(middle, lab.addressOf(client), address, 62);
    const resetUs = closeUs + 3 * us(rtt) + SECOND / 5 + after * SECOND;
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* answerOne(listener);
      if (closer === 'server') yield* os.sleepUntil(closeUs);
      else {
        yield* connection.recv();
        yield* os.sleep(SECOND / 10);
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
        yield* os.sleep(SECOND / 10);
      }
      socket.close();
    });
    const keeper = closer === 'client' ? client : server;
    lab.at(resetUs, () => {
      const other = closer === 'client' ? forger.server : forger.client;
      forger.send(closer, { seq: other.next, flags: Flag.rst });
      lab.tell(`an RST comes for the ${closer}'s TIME-WAIT`);
    });
    lab.lookAt(resetUs - 1, 'before the RST');
    const afterUs = resetUs + us(rtt);
    lab.lookAt(afterUs, 'after it');
    lab.at(afterUs, () => {
      const kept = keeper.timeWait.size > 0;
      lab.fact('time-wait-survives', kept, '', kept ? 'TIME-WAIT is still there' : 'TIME-WAIT is gone');
    });
  },
});
