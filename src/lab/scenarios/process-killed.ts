import { errnoName } from '../../tcp/errno.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, count } from '../values.ts';
import { acceptOne, listen, PORT, pair, RTT, receive, SECOND, settledUs, text, us } from './common.ts';

export const processKilled: Scenario = scenario({
  name: 'process-killed',
  title: 'the server process is killed: FIN where it had read all, RST where it had not',
  story:
    'The server process dies from SIGKILL (kill -9, the OOM killer, a crash). It makes no last call, but its kernel closes its sockets for it, with ' +
    'the rules of close(): with all data read a normal FIN goes out, and to the client it looks as if the server had closed; with unread=0 that is ' +
    'what happens. With data that had arrived and was not read, RST. Whoever connects then is refused, for the listening socket is gone too.',
  causes: ['fin-by-process-kill', 'process-kill-unread'],
  parameters: {
    unread: count(0, 0, 50_000, 'what has arrived and was not read when it dies', 'B'),
    request: count(100, 1, 10_000, 'size of the request before that', 'B'),
    quiet: amount(500, 1, 30_000, 'ms', 'from the last segment to the kill'),
    rtt: RTT,
  },
  // The kernel closes as the program would have.
  expects: ({ unread }) =>
    unread > 0
      ? ['process-kill-unread', 'close-with-unread-data']
      : ['fin-by-process-kill', 'fin-server-first', 'fin-three-segments'],
  build: (lab, { unread, request, quiet, rtt }) => {
    const { client, server, address } = pair(lab, { rtt });
    const moreUs = settledUs(rtt) + 4 * us(rtt);
    const killUs = moreUs + us(rtt) + us(quiet) + (unread > 20_000 ? 4 * us(rtt) : 0);
    const program = lab.start(server, 'server', function* (os) {
      const listener = listen(os);
      const connection = yield* acceptOne(listener);
      yield* receive(connection, request);
      yield* connection.send('the answer');
      // It is busy with something else.
      yield* os.pause();
    });
    lab.at(killUs, () => {
      lab.tell('the server process is killed');
      program.kill();
    });
    lab.start(client, 'client', function* (os) {
      const socket = os.socket();
      yield* socket.connect(address, PORT);
      yield* socket.send(text(request));
      yield* receive(socket, 'the answer'.length);
      if (unread > 0) {
        yield* os.sleepUntil(moreUs);
        yield* socket.send(text(unread));
      }
      const result = yield* socket.recv();
      const told = result === 0 ? 'EOF' : errnoName(result);
      lab.fact('client-got', told, '', `the client's recv() gave ${told}`);
      socket.close();
    });
    lab.start(
      client,
      'client, again',
      function* (os) {
        const socket = os.socket();
        const result = yield* socket.connect(address, PORT);
        lab.fact('again-got', errnoName(result), '', `the next connect() gave ${errnoName(result)}`);
        socket.close();
      },
      killUs + SECOND,
    );
    lab.lookAt(killUs - 1, 'before the kill');
    lab.lookAt(killUs + 2 * us(rtt), 'two round trips after it');
  },
});
