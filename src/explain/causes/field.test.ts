import { describe } from 'vitest';
import { itIsNot, itShows } from '../../../test/support/causes.ts';
import { exchange, handshake } from '../../../test/support/trace.ts';

const pooled = (r: number) => `${exchange(r)}
  5 S FIN ACK
  0.1 C ACK
  4000 C PSH ACK 40
  ${r} S RST`;
const idleClose = (r: number) => `${exchange(r)}
  60000 S FIN ACK
  0.1 C ACK
  4000 C PSH ACK 40
  ${r} S RST`;
const check = (data: string) => (r: number) =>
  [0, 1, 2, 3]
    .map(
      (i) => `1000 C SYN port=${50_000 + i}
        ${r} S SYN ACK
        0.05 C ACK
        ${data}
        0.1 C RST ACK`,
    )
    .join('\n');
const leaves = (afterMs: number) => (r: number) =>
  `${handshake(r)}
  0.1 C PSH ACK 40
  ${r} S ACK
  ${afterMs - r} C FIN ACK
  ${r} S ACK
  700 S PSH ACK 300
  0.1 C RST`;
const answeredAtTheSameTime = (r: number) =>
  `${handshake(r)}
  0.1 C PSH ACK 40
  ${r} S ACK
  5000 S PSH ACK 300
  0 C FIN ACK
  ${r} S ACK
  0.1 C RST`;
const passive = (waitMs: number, answer: string) => (r: number) =>
  `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  ${waitMs} S FIN ACK
  ${answer}`;

describe('field', () => {
  itShows('stale-pooled-connection', 'closed after the answer, used again much later', pooled);
  itIsNot('stale-pooled-connection', 'closed by an idle timer', idleClose);

  itShows('health-check-reset', 'the same again and again', check(''), { flow: 3 });
  itShows('health-check-reset', 'as the first of them', check(''), { beside: true });
  itIsNot('health-check-reset', 'data was sent', check('0.1 C PSH ACK 40\n0.1 S PSH ACK 40'), { flow: 3 });

  itShows('client-gave-up', 'closed 5 s after its request', leaves(5000));
  itIsNot('client-gave-up', 'closed soon after its request', leaves(320));
  itIsNot(
    'client-gave-up',
    'had its answer, by a coarse clock at the time of its FIN',
    answeredAtTheSameTime,
  );

  itShows('late-application-close', 'FIN and RST long after the FIN', passive(3000, '0.05 S RST ACK'), {
    bothWays: true,
  });
  itIsNot('late-application-close', 'FIN alone, as late', passive(3000, '0.1 C ACK'), { bothWays: true });
  itIsNot('late-application-close', 'FIN and RST at once', passive(5, '0.05 S RST ACK'), { bothWays: true });
});
