import { describe } from 'vitest';
import { itIsNot, itShows } from '../../../test/support/causes.ts';
import { exchange } from '../../../test/support/trace.ts';

const lateFin = (answer: string) => (r: number) =>
  `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  80 S FIN ACK
  0.1 C ${answer}`;
const reused = (port: number) => (r: number) =>
  `${exchange(r)}
  100 C FIN ACK
  ${r} S FIN ACK
  0.1 C ACK
  1200 C SYN ${port === 50_000 ? 'isn=7000000' : `port=${port}`}
  ${r} S SYN ACK ${port === 50_000 ? 'isn=80000000' : ''}
  0.1 C ACK`;

describe('resources', () => {
  itShows('tw-bucket-overflow-reset', "the peer's only FIN meets no socket", lateFin('RST'), {
    bothWays: true,
  });
  itIsNot('tw-bucket-overflow-reset', 'TIME-WAIT takes the FIN', lateFin('ACK'), { bothWays: true });

  itShows('tw-reuse-on', 'the port of a TIME-WAIT is used again', reused(50_000), { flow: 1 });
  itIsNot('tw-reuse-on', 'another port', reused(50_001), { flow: 1 });
});
