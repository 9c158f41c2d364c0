import { Errno } from '../../tcp/errno.ts';
import type { Process } from '../process.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { bound, PORT, pair, SECOND, us } from './common.ts';
import { echoServer } from './incarnations.ts';

export const shortMsl: Scenario = scenario({
  name: 'short-msl',
  title: 'a shortened 2MSL: harmless on a clean short path, not on a long jittery one',
  story:
    'One client makes connection after connection from the same port, with 2MSL cut down to a fraction of a second. On a short path without loss nothing happens: old segments are dead long before. On a long path with jitter, loss and duplicates ' +
    'the last ACK gets lost and the repeated FIN comes when TIME-WAIT is over (RST), and segments of old connections reach new ones. What 2MSL ' +
    'has to cover is the longest way that a segment can take, and the time over which a FIN is repeated.',
  causes: ['last-ack-lost-no-time-wait', 'last-ack-lost', 'syn-older-in-time-wait'],
  parameters: {
    path: choice(
      ['jittery', 'clean'],
      'clean: 1 ms, no loss; jittery: 200 ms, up to 300 ms of jitter, loss and duplicates',
    ),
    'two-msl': amount(100, 1, 60_000, 'ms', 'how long TIME-WAIT lasts'),
    loss: amount(0.05, 0, 0.5, '', 'share of packets lost on the jittery path'),
    duplicate: amount(
      0,
      0,
      0.5,
      '',
      'share of packets that come once more, 700 ms later, on the jittery path',
    ),
    connections: count(40, 1, 400, 'how many connections, one after the other'),
    pause: amount(
      5,
      0,
      600,
      's',
      'from the end of one to the beginning of the next; 0: as soon as TIME-WAIT lets it',
    ),
  },
  expects: (values) => {
    if (values.path === 'clean') return ['fin-client-first', 'fin-three-segments'];
    if (values['two-msl'] < 1_000) return ['last-ack-lost-no-time-wait', 'syn-older-in-time-wait'];
    return ['last-ack-lost', 'fin-client-first', 'tw-reuse-on'];
  },
  build: (lab, values) => {
    const mslUs = us(values['two-msl']) / 2;
    const jittery = values.path === 'jittery';
    const { client, server, address } = pair(lab, {
      rtt: jittery ? 200 : 1,
      client: { mslUs, timestamps: false },
      server: { mslUs, timestamps: false },
      link: jittery
        ? {
            jitterUs: 300_000,
            loss: values.loss,
            duplicate: values.duplicate,
            duplicateAfterUs: 700_000,
          }
        : {},
    });
    lab.mslUs = mslUs;
    lab.captureAt = 'server';
    let foreign = 0;
    let failed = 0;
    let done = 0;
    let current = '';
    lab.start(server, 'server', (os) =>
      echoServer(os, (_connection, bytes) => {
        if (current !== '' && new TextDecoder().decode(bytes) !== current) foreign++;
      }),
    );
    lab.start(client, 'client', function* (os): Process {
      for (let i = 1; i <= values.connections; i++) {
        let socket = bound(os);
        socket.quiet = i > 3;
        while ((yield* socket.connect(address, PORT)) === -Errno.EADDRNOTAVAIL) {
          socket.close();
          yield* os.sleep(us(Math.max(1, values['two-msl'] / 100)));
          socket = bound(os);
          socket.quiet = true;
        }
        const message = `message ${i}`;
        current = message;
        yield* socket.send(message);
        const got = yield* socket.recv(65_536, 30 * SECOND);
        if (got !== message.length) failed++;
        else done++;
        socket.close();
        if (values.pause > 0) yield* os.sleep(values.pause * SECOND);
      }
    });
    lab.limitUs = 3_600 * SECOND;
    lab.atEnd(() => {
      const resets = client.counters.OutRsts;
      lab.fact('connections', done, '', `${done} connections went well, ${failed} did not`);
      lab.fact(
        'resets',
        resets,
        '',
        `the client's host sent ${resets} RSTs where TIME-WAIT should have acknowledged`,
      );
      lab.fact(
        'old-bytes',
        foreign,
        '',
        `${foreign} times the server read what an earlier connection had sent`,
      );
    });
  },
});
