import type { Lab } from '../lab.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice } from '../values.ts';
import { answerOne, ask, listen, PROFILE, pair, RTT, SECOND, settledUs, us } from './common.ts';

interface Close {
  readonly rtt: number;
  readonly profile: 'linux' | 'rfc' | 'freebsd';
  readonly closer: 'client' | 'server';
  /** From EOF to the passive side's close. */
  readonly thinkUs: number;
}

/** One request, one answer; then one side closes, and the other one follows. */
function build(lab: Lab, { rtt, profile, closer, thinkUs }: Close): void {
  const { client, server, address } = pair(lab, { rtt, profile });
  const closeUs = settledUs(rtt);
  lab.start(server, 'server', function* (os) {
    const listener = listen(os);
    const connection = yield* answerOne(listener);
    if (closer === 'server') yield* os.sleepUntil(closeUs);
    else {
      yield* connection.recv();
      yield* os.sleep(thinkUs);
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
      yield* os.sleep(thinkUs);
    }
    socket.close();
  });
  const mslUs = lab.mslUs;
  const overUs = closeUs + 2 * us(rtt) + thinkUs;
  lab.lookAt(overUs + SECOND, 'after the close');
  lab.lookAt(overUs + 2 * mslUs - 5 * SECOND, '5 s before 2MSL are over');
  lab.lookAt(overUs + 2 * mslUs + SECOND, 'when 2MSL are over');
}

const LONGEST_DELAYED_ACK_MS = 200;
const CLOSER = choice(['client', 'server'], 'who closes first and keeps TIME-WAIT');

export const fourWayClose: Scenario = scenario({
  name: 'four-way-close',
  title: 'the normal close: FIN, ACK, FIN, ACK, and TIME-WAIT on the side that closed first',
  story:
    'A request, an answer, and then one side closes: the active closer. Its FIN says that it sends no more, and is acknowledged at ' +
    'once; the passive side still has the time to send, reads EOF, and closes when it is done. The active closer goes through ' +
    'FIN-WAIT-1 and FIN-WAIT-2 into TIME-WAIT and stays there for 2MSL, so that it can acknowledge a repeated FIN and so that old ' +
    'segments die before the four-tuple is used again; the passive closer goes through CLOSE-WAIT and LAST-ACK and is done.',
  causes: ['fin-client-first', 'fin-server-first'],
  parameters: {
    closer: CLOSER,
    rtt: RTT,
    think: amount(100, 0, 10_000, 'ms', "from EOF to the passive side's close"),
    profile: PROFILE,
  },
  // A close that comes before the delayed ACK of the FIN carries it.
  expects: ({ closer, think }) => [
    closer === 'client' ? 'fin-client-first' : 'fin-server-first',
    ...(think < LONGEST_DELAYED_ACK_MS ? ['fin-three-segments'] : []),
  ],
  build: (lab, { closer, rtt, think, profile }) => build(lab, { closer, rtt, profile, thinkUs: us(think) }),
});

export const threeSegmentClose: Scenario = scenario({
  name: 'three-segment-close',
  title: 'the close in three segments: the second FIN also acknowledges the first',
  story:
    'As four-way-close, but the passive side closes as soon as it reads EOF, before its delayed ACK of the FIN has left. One segment ' +
    'then carries both that ACK and its own FIN. The states and TIME-WAIT are the same.',
  causes: ['fin-three-segments'],
  parameters: { closer: CLOSER, rtt: RTT },
  expects: () => ['fin-three-segments'],
  build: (lab, { closer, rtt }) => build(lab, { closer, rtt, profile: 'linux', thinkUs: 0 }),
});

export const simultaneousClose: Scenario = scenario({
  name: 'simultaneous-close',
  title: 'both ends close at once: the FINs cross, both go through CLOSING, both keep TIME-WAIT',
  story:
    'Both applications close at the same moment, so that the FINs cross on the way. Each end gets a FIN while its own is not yet ' +
    'acknowledged: FIN-WAIT-1, then CLOSING, then, when the ACK comes, TIME-WAIT. Neither saw a passive side, and both pay with a ' +
    'TIME-WAIT.',
  causes: ['fin-simultaneous'],
  parameters: {
    rtt: RTT,
    apart: amount(
      0,
      0,
      1_000,
      'ms',
      'how much later the server closes; from half a round trip on it is an ordinary close',
    ),
    profile: PROFILE,
  },
  expects: ({ rtt, apart }) =>
    apart < rtt / 2 ? ['fin-simultaneous'] : ['fin-client-first', 'fin-three-segments'],
  build: (lab, { rtt, apart, profile }) => {
    const { client, server, address } = pair(lab, { rtt, profile });
    const closeUs = settledUs(rtt);
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* answerOne(listener);
      yield* os.sleepUntil(closeUs + us(apart));
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      yield* ask(socket, address);
      yield* os.sleepUntil(closeUs);
      socket.close();
    });
    lab.lookAt(closeUs + us(rtt) / 2 + 1, 'when the FINs have crossed');
    lab.lookAt(closeUs + SECOND + us(apart), 'a second later');
    lab.lookAt(closeUs + SECOND + us(apart) + 2 * lab.mslUs, 'when 2MSL are over');
  },
});
