import { Option } from '../../host/index.ts';
import { errnoName } from '../../tcp/errno.ts';
import type { Lab } from '../lab.ts';
import type { Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { acceptOne, listen, PORT, PROFILE, pair, RTT, receive, settledUs, text, us } from './common.ts';

type How = 'unread' | 'disconnect' | 'operator' | 'before-accept';

/** On the wire, the RSTs of an operator and of connect(AF_UNSPEC) are those of SO_LINGER 0. */
const CAUSE: Readonly<Record<How, readonly string[]>> = {
  unread: ['close-with-unread-data'],
  disconnect: ['disconnect-af-unspec', 'linger0-abort'],
  operator: ['admin-kill', 'linger0-abort'],
  'before-accept': ['reset-before-accept'],
};

interface Values {
  readonly how: How;
  readonly request: number;
  readonly unread: number;
  readonly later: number;
  readonly profile: 'linux' | 'rfc' | 'freebsd';
  readonly rtt: number;
}

/** The client leaves before the server looks: what accept() returns is over already. */
function leaveBeforeAccept(lab: Lab, { later, profile, rtt }: Values): void {
  const { client, server, address } = pair(lab, { rtt, profile });
  const leavesUs = settledUs(rtt);
  lab.start(server, 'server', function* (os): Process {
    const listener = listen(os);
    yield* os.sleepUntil(leavesUs + us(rtt) + us(later));
    const connection = yield* acceptOne(listener);
    const result = yield* connection.recv();
    const told = result < 0 ? errnoName(result) : `${result}`;
    lab.fact('server-got', told, '', `accept() worked, and the first recv() gave ${told}`);
    connection.close();
    listener.close();
  });
  lab.start(client, 'client', function* (os): Process {
    const socket = os.socket();
    socket.setOption(Option.linger, 0);
    yield* socket.connect(address, PORT);
    yield* os.sleepUntil(leavesUs);
    socket.close();
  });
  lab.lookAt(leavesUs - 1, 'before the client leaves');
  lab.lookAt(leavesUs + us(rtt), 'when it has left');
}

/** The server answers a request; what it does then is not a close with FIN. */
function endAbruptly(lab: Lab, { how, request, unread, later, profile, rtt }: Values): void {
  const { client, server, address } = pair(lab, { rtt, profile });
  const endsUs = settledUs(rtt) + 4 * us(rtt) + us(later);
  const moreUs = settledUs(rtt) + 2 * us(rtt);
  lab.start(server, 'server', function* (os): Process {
    const listener = listen(os);
    const connection = yield* acceptOne(listener);
    yield* receive(connection, request);
    yield* connection.send('the answer');
    if (how === 'operator') {
      const result = yield* connection.recv();
      lab.fact('killed-got', errnoName(result), '', `the killed socket's recv() gave ${errnoName(result)}`);
    }
    yield* os.sleepUntil(endsUs);
    if (how === 'disconnect') connection.disconnect();
    connection.close();
    listener.close();
  });
  lab.start(client, 'client', function* (os): Process {
    const socket = os.socket();
    yield* socket.connect(address, PORT);
    yield* socket.send(text(request));
    yield* receive(socket, 'the answer'.length);
    if (how === 'unread') {
      yield* os.sleepUntil(moreUs);
      yield* socket.send(text(unread));
    }
    const result = yield* socket.recv();
    const told = result < 0 ? errnoName(result) : `${result}`;
    lab.fact('client-got', told, '', `the client's recv() gave ${told}`);
    socket.close();
  });
  if (how === 'operator')
    lab.at(endsUs, () => {
      lab.tell('an operator runs ss -K on the server');
      const row = server.sockets().find((one) => one.state === 'ESTABLISHED');
      if (row !== undefined) server.drop(row);
    });
  lab.lookAt(endsUs - 1, 'just before the end');
  lab.lookAt(endsUs + us(rtt), 'one round trip after it');
}

export const abruptEnd: Scenario = scenario({
  name: 'abrupt-end',
  title:
    'RST instead of FIN, without SO_LINGER: unread data, connect(AF_UNSPEC), an operator, a client that leaves',
  story:
    'how=unread: the server closes a connection without having read all that its kernel has taken; the data had no reader, so close() sends RST (RFC ' +
    '1122 4.2.2.13), and the client may lose the answer that was on its way. how=disconnect: the server calls connect() with AF_UNSPEC to use ' +
    'the socket once more, which aborts the connection. how=operator: somebody runs ss -K; the program that had the socket reads ECONNABORTED. ' +
    'how=before-accept: the client connects and resets before the server calls accept(): accept() works, and the first read fails.',
  causes: ['close-with-unread-data', 'disconnect-af-unspec', 'admin-kill', 'reset-before-accept'],
  parameters: {
    how: choice(['unread', 'disconnect', 'operator', 'before-accept'], 'why there is no FIN'),
    request: count(100, 1, 10_000, 'size of the request that the server reads', 'B'),
    unread: count(2_000, 1, 50_000, 'with unread: what it does not read', 'B'),
    later: amount(500, 1, 30_000, 'ms', 'from the last segment to the end; with before-accept: to accept()'),
    // FreeBSD sends FIN where data is unread.
    profile: PROFILE,
    rtt: RTT,
  },
  expects: ({ how, profile }) =>
    how === 'unread' && profile === 'freebsd'
      ? ['peer-sent-after-close', 'fin-server-first', 'fin-three-segments']
      : CAUSE[how],
  build: (lab, values) => {
    if (values.how === 'before-accept') leaveBeforeAccept(lab, values);
    else endAbruptly(lab, values);
  },
});
