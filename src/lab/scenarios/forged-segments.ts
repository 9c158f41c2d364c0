import { Flag, type TcpFields } from '../../wire/index.ts';
import type { Os, Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, listen, PORT, RTT, receive, SECOND, settledUs, text, us } from './common.ts';
import { Forger, routedPair, type Said } from './paths.ts';

/** RFC 5961 7: what the challenges of one connection are at least apart (Linux: tcp_invalid_ratelimit). */
const CHALLENGE_INTERVAL_US = 500_000;
const FORGED_BYTES = 100;

type Kind = 'rst-in-window' | 'rst-outside' | 'syn' | 'old-timestamp' | 'unsent-ack';

const CAUSE: Readonly<Record<Kind, string>> = {
  'rst-in-window': 'rst-challenged',
  'rst-outside': 'rst-ignored',
  syn: 'syn-challenged',
  'old-timestamp': 'paws-drop',
  'unsent-ack': 'ack-of-unsent-data',
};

/** What the forged segment says, in the name of `from`; `off` is how far its number lies off the right one. */
function forge(kind: Kind, from: Said, off: number): Partial<TcpFields> {
  const { next, ack, window, tsVal, tsEcr } = from;
  const stamp = (value: number) => [{ kind: 'timestamps', value: value | 0, echo: tsEcr }] as const;
  const data = { seq: next, ack, window, flags: Flag.ack | Flag.psh, payload: text(FORGED_BYTES, 'x') };
  switch (kind) {
    case 'rst-in-window':
      return { seq: (next + off) | 0, flags: Flag.rst };
    case 'rst-outside':
      return { seq: (next - off) | 0, flags: Flag.rst };
    case 'syn':
      return { seq: (next + off) | 0, flags: Flag.syn, window: 64_240 };
    case 'old-timestamp':
      return { ...data, options: stamp(tsVal - 1_000 * off) };
    case 'unsent-ack':
      return { ...data, ack: (ack + off) | 0, options: stamp(tsVal) };
  }
}

export const forgedSegments: Scenario = scenario({
  name: 'forged-segments',
  title: 'a segment that neither end has sent arrives in a live connection, and does no harm',
  story:
    'Two hosts talk; in a pause a third party puts one segment on the path, in the name of one of them. An RST that lies in the window, but not at ' +
    'the next number, is answered with a challenge ACK (RFC 5961 3.2); one outside the window is ignored; a SYN is challenged whatever its number ' +
    '(RFC 5961 4.2); text with an old timestamp fails PAWS, is dropped and answered with an ACK (RFC 7323 5.3); text that acknowledges what was ' +
    'never sent is dropped and answered too (RFC 5961 5.2). After it the talk goes on and the connection closes as ever.',
  causes: ['rst-challenged', 'rst-ignored', 'syn-challenged', 'paws-drop', 'ack-of-unsent-data'],
  parameters: {
    segment: choice(
      ['rst-in-window', 'rst-outside', 'syn', 'old-timestamp', 'unsent-ack'],
      'what the forged segment is',
    ),
    to: choice(['server', 'client'], 'whom it goes to'),
    off: count(1_000, 10, 20_000, 'how far its number lies off the right one; with old-timestamp: seconds'),
    answer: count(2_000, 1, 60_000, 'size of an answer', 'B'),
    pause: amount(2, 1, 60, 's', 'how long the ends had been quiet before'),
    rtt: RTT,
  },
  expects: ({ segment }) => [CAUSE[segment]],
  // What nobody answers only shows where it arrives; and the answer of who was sent much passes for news of its window.
  expectsAt: ({ segment, to }, end) =>
    end !== to && (segment === 'rst-outside' || to === 'client') ? [] : [CAUSE[segment]],
  build: (lab, { segment, to, off, answer, pause, rtt }) => {
    const { client, server, middle, address } = routedPair(lab, { rtt });
    lab.captureAt = to;
    const forger = new Forger(middle, lab.addressOf(client), address, 57);
    const forgedUs = settledUs(rtt) + us(rtt) * 4 + pause * SECOND;
    const againUs = forgedUs + 2 * us(rtt) + CHALLENGE_INTERVAL_US;
    let exchanges = 0;
    const exchange = function* (socket: ReturnType<Os['socket']>): Process {
      yield* socket.send('a request');
      if ((yield* receive(socket, answer)) === answer) exchanges++;
    };
    lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* acceptOne(listener);
      while ((yield* connection.recv()) > 0) yield* connection.send(text(answer));
      connection.close();
      listener.close();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      yield* socket.connect(address, PORT);
      yield* exchange(socket);
      yield* os.sleepUntil(againUs);
      yield* exchange(socket);
      socket.close();
    });
    lab.at(forgedUs, () => {
      forger.send(to, forge(segment, to === 'server' ? forger.client : forger.server, off));
      lab.tell(`a third party sends the ${to} a segment in the other end's name (${segment})`);
    });
    lab.lookAt(againUs - 1, 'after the forged segment');
    lab.atEnd(() => {
      lab.fact('exchanges', exchanges, '', `${exchanges} of 2 exchanges went well`);
      const { TCPChallengeACK, PAWSEstab } = lab.hosts[to === 'server' ? 1 : 0]!.counters;
      lab.fact('challenges', TCPChallengeACK, '', `the ${to} sent ${TCPChallengeACK} challenge ACKs`);
      lab.fact('paws', PAWSEstab, '', `and dropped ${PAWSEstab} segments by their timestamp`);
    });
  },
});
