import { Option } from '../../host/index.ts';
import { errnoName } from '../../tcp/errno.ts';
import type { Lab } from '../lab.ts';
import type { LabSocket, Os, Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { choice, count } from '../values.ts';
import {
  acceptOne,
  answerOne,
  ask,
  listen,
  type Pair,
  PORT,
  pair,
  RTT,
  SECOND,
  settledUs,
  text,
  us,
} from './common.ts';

type Case = 'close-wait' | 'last-ack' | 'fin-wait-2' | 'waits' | 'waits-in-vain';

const NORMAL = ['fin-client-first', 'fin-three-segments'];

/** That close() blocks leaves nothing on the wire. */
const CAUSE: Readonly<Record<Case, readonly string[]>> = {
  'close-wait': ['linger0-in-close-wait'],
  'last-ack': ['linger0-in-last-ack'],
  'fin-wait-2': ['linger2-negative'],
  waits: ['fin-with-linger', ...NORMAL],
  'waits-in-vain': ['linger-timeout', ...NORMAL],
};

interface Values {
  readonly linger: number;
  readonly pending: number;
  readonly rtt: number;
}

/** The client closes its side; the server, which knows of it, closes with SO_LINGER 0. */
function abortAfterFin(lab: Lab, { client, server, address }: Pair, values: Values, owes: boolean): void {
  const { pending, rtt } = values;
  const closeUs = settledUs(rtt) + 2 * us(rtt);
  lab.start(server, 'server', function* (os): Process {
    const listener = listen(os);
    const connection = yield* answerOne(listener);
    if (owes) connection.sendNow(text(pending * 1_000));
    yield* connection.recv();
    connection.setOption(Option.linger, 0);
    yield* os.sleep(SECOND / 10);
    // The FIN waits behind what the client's window does not let go.
    if (owes) connection.shutdown(1);
    if (owes) yield* os.sleep(SECOND / 10);
    connection.close();
    listener.close();
  });
  lab.start(client, 'client', function* (os): Process {
    const socket = os.socket();
    socket.setOption(Option.receiveBuffer, 4_096);
    yield* ask(socket, address);
    yield* os.sleepUntil(closeUs);
    socket.shutdown(1);
    yield* os.sleep(2 * SECOND + 4 * us(rtt));
    const got = yield* socket.drain();
    lab.fact(
      'client-got',
      got === 0 ? 'EOF' : errnoName(got),
      '',
      `the client's recv() gave ${got === 0 ? 'EOF' : errnoName(got)}`,
    );
    socket.close();
  });
  lab.lookAt(closeUs + us(rtt) + SECOND / 5 - 1, 'just before the RST');
  lab.lookAt(closeUs + 2 * us(rtt) + SECOND / 2, 'after it');
}

function abortInFinWait2(lab: Lab, { client, server, address }: Pair, { rtt }: Values): void {
  const closeUs = settledUs(rtt);
  lab.start(server, 'server', function* (os): Process {
    const listener = listen(os);
    const connection = yield* answerOne(listener);
    yield* connection.recv();
    yield* os.sleep(3 * SECOND + 4 * us(rtt));
    const sent = yield* connection.send('the rest');
    const told = sent < 0 ? errnoName(sent) : 'no error';
    lab.fact('server-got', told, '', `the server's send() gave ${told}`);
    connection.close();
    listener.close();
  });
  lab.start(client, 'client', function* (os): Process {
    const socket = os.socket();
    socket.setOption(Option.linger2, -1);
    yield* ask(socket, address);
    yield* os.sleepUntil(closeUs);
    socket.shutdown(1);
    yield* os.sleep(SECOND + 2 * us(rtt));
    socket.close();
  });
  lab.lookAt(closeUs + SECOND, 'in FIN-WAIT-2');
  lab.lookAt(closeUs + SECOND + 4 * us(rtt), 'after close()');
}

/** close() waits for the ACK of its FIN, `linger` seconds at most. */
function waitForAck(lab: Lab, { client, server, address }: Pair, values: Values, isInVain: boolean): void {
  const { linger, pending, rtt } = values;
  const bytes = pending * 1_000;
  const readsUs = settledUs(rtt) + 2 * us(rtt) + (linger + 2) * SECOND;
  lab.start(server, 'server', function* (os: Os): Process {
    const listener = listen(os);
    listener.setOption(Option.receiveBuffer, isInVain ? 4_096 : 131_072);
    const connection: LabSocket = yield* acceptOne(listener);
    if (isInVain) yield* os.sleepUntil(readsUs);
    yield* connection.drain();
    const told = `${connection.bytesRead} of ${bytes} bytes arrived all the same`;
    lab.fact('arrived', connection.bytesRead, 'B', told);
    connection.close();
    listener.close();
  });
  lab.start(client, 'client', function* (os): Process {
    const socket = os.socket();
    socket.setOption(Option.linger, linger);
    socket.setOption(Option.sendBuffer, 4 * bytes);
    yield* socket.connect(address, PORT);
    yield* os.sleepUntil(settledUs(rtt));
    socket.sendNow(text(bytes));
    const beganUs = os.now;
    const result = yield* socket.closeLingering();
    const took = (os.now - beganUs) / SECOND;
    lab.fact('close-took', took, 's', `close() returned ${result} after ${took} s`);
  });
  lab.lookAt(settledUs(rtt) + us(rtt) / 2 + 1, 'while close() waits');
  lab.lookAt(readsUs + SECOND + 20 * us(rtt), 'when all is over');
}

export const lingerStates: Scenario = scenario({
  name: 'linger-states',
  title: 'what SO_LINGER and TCP_LINGER2 do, state by state',
  story:
    'case=close-wait: the client has closed; the server answers that with a close of SO_LINGER 0: RST where a FIN was due. case=last-ack: the client has ' +
    'closed its side and does not read; the server shuts down with data that does not fit the window, so that its FIN waits behind it, and then closes ' +
    'with SO_LINGER 0: the data is lost. case=fin-wait-2: the client has shut its side down, its FIN is acknowledged, and TCP_LINGER2 is negative: close() ' +
    'does not wait in FIN-WAIT-2 but sends RST. case=waits: SO_LINGER with a time, as it was meant: close() blocks until the FIN is acknowledged and ' +
    'returns 0. case=waits-in-vain: the server does not read, the window is shut, and the time runs out: close() returns 0 all the same, and the ' +
    'kernel goes on trying.',
  causes: [
    'linger0-in-close-wait',
    'linger0-in-last-ack',
    'linger2-negative',
    'fin-with-linger',
    'linger-timeout',
  ],
  parameters: {
    case: choice(
      ['close-wait', 'last-ack', 'fin-wait-2', 'waits', 'waits-in-vain'],
      'which option in which state',
    ),
    linger: count(3, 1, 30, 'with waits and waits-in-vain: SO_LINGER', 's'),
    pending: count(60, 20, 200, 'data that is queued at the close', 'kB'),
    rtt: RTT,
  },
  expects: ({ case: which }) => CAUSE[which],
  build: (lab, values) => {
    const { case: which } = values;
    const ends = pair(lab, { rtt: values.rtt });
    lab.limitUs = 600 * SECOND;
    if (which === 'close-wait' || which === 'last-ack')
      abortAfterFin(lab, ends, values, which === 'last-ack');
    else if (which === 'fin-wait-2') abortInFinWait2(lab, ends, values);
    else waitForAck(lab, ends, values, which === 'waits-in-vain');
  },
});
