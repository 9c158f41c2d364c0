import { describe } from 'vitest';
import { itIsNot, itShows } from '../../../test/support/causes.ts';
import { exchange, handshake } from '../../../test/support/trace.ts';

const TRIES = '220 C again\n440 C again\n880 C again\n1760 C again';
const TIMED = { bothWays: true };
const comesBack = (r: number) => `${exchange(r)}
  60000 C SYN seq=500000
  ${r} S ACK
  0.1 C RST
  12 C SYN isn=1500041
  ${r} S SYN ACK isn=70000000
  0.1 C ACK`;
const forged = (r: number) => `${exchange(r)}
  500 C SYN seq=123456
  ${r} S ACK
  50 C PSH ACK 40
  ${r} S ACK`;
const forgotten = (r: number) => `${exchange(r)}
  5000 C PSH ACK 40
  ${r} S RST`;
const forgottenAfterTries = (r: number) => `${exchange(r)}
  5000 C PSH ACK 40
  ${TRIES}
  ${r} S RST`;
const aborted = (r: number) => `${exchange(r)}
  5000 C PSH ACK 40
  ${r} S RST ACK`;
const probed = (answer: (r: number) => string) => (r: number) =>
  `${exchange(r)}
  10000 C ACK seq=-1
  ${answer(r)}
  1000 C ACK seq=-1
  ${answer(r)}
  1000 C ACK seq=-1
  ${answer(r)}
  1000 C RST ACK`;
const silence = (idleMs: number) => (r: number) =>
  `${exchange(r)}
  ${idleMs} C PSH ACK 40
  ${TRIES}`;
const lastWord = (waitMs: number) => (r: number) =>
  `${silence(5)(r)}
  ${[3_200, 6_400, 12_800].map((gap) => `${gap} C again`).join('\n')}
  ${waitMs} C RST ACK`;
const oneLoss = (r: number) => `${exchange(r)}
  5 C PSH ACK 40
  220 C again
  ${r} S ACK
  10 S RST ACK`;
const orphan = (after: (r: number) => string) => (r: number) =>
  `${exchange(r)}
  100 C FIN ACK
  ${TRIES}
  ${after(r)}`;
const stray = (r: number) => `0 C PSH ACK 40
  ${r} S RST`;
const known = (r: number) => `${handshake(r)}
  0.1 C PSH ACK 40
  ${r} S PSH ACK 100
  0.1 C ACK
  3000 C PSH ACK 40
  ${r} S RST`;

const heardAgain = (r: number) => `${exchange(r)}
  5 S PSH ACK 1000
  220 S again
  440 S again
  880 S again
  9000 C PSH ACK 100 ack=-1000
  ${r} S RST`;
describe('peer-gone', () => {
  itShows('half-open-reconnect-same-port', 'challenge ACK, RST, SYN again', comesBack);
  itIsNot('half-open-reconnect-same-port', 'the connection goes on', forged);

  itShows('peer-restarted', 'data is answered by a host that knows nothing', forgotten, { bothWays: true });
  itShows('peer-restarted', 'after tries that nothing answered', forgottenAfterTries, { bothWays: true });
  itIsNot('peer-restarted', 'a live socket resets', aborted, { bothWays: true });

  itShows(
    'keepalive-timeout',
    'probes without an answer',
    probed(() => ''),
    { bothWays: true },
  );
  itIsNot(
    'keepalive-timeout',
    'probes with answers',
    probed((r) => `${r} S ACK`),
    { bothWays: true },
  );

  itShows('retransmission-timeout', 'data without an answer', silence(5), TIMED);
  itIsNot('retransmission-timeout', 'the same after idleness behind a router', silence(400_000), {
    serverHops: 3,
  });
  itShows('retransmission-timeout', 'with the RST that FreeBSD sends in the end', lastWord(25_600), TIMED);
  itIsNot('retransmission-timeout', 'an RST before the next try was due', lastWord(5_000), TIMED);
  itIsNot('retransmission-timeout', 'one loss', oneLoss, TIMED);

  itShows(
    'orphan-retries-exhausted',
    'a FIN without an answer',
    orphan(() => ''),
    TIMED,
  );
  itShows(
    'orphan-retries-exhausted',
    'and RST when the other end is back',
    orphan((r) => `${5000 + r} S PSH ACK 40 ack=-1\n0.1 C RST`),
  );
  itIsNot(
    'orphan-retries-exhausted',
    'the FIN came through at last',
    orphan((r) => `${r} S FIN ACK\n0.1 C ACK`),
    TIMED,
  );

  itShows('stray-ack-to-listener', 'no connection before', stray);
  itIsNot('stray-ack-to-listener', 'a connection that had been opened', known);
  itShows('retransmission-timeout', 'it gave up, and was asked again long after', heardAgain);
  itIsNot('peer-restarted', 'it gave up, and was asked again long after', heardAgain);
});
