import { describe } from 'vitest';
import { itIsNot, itShows } from '../../../test/support/causes.ts';
import { exchange } from '../../../test/support/trace.ts';

const LATER = '70000 C SYN port=60000';
const stuck = (r: number) => `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  ${LATER}`;
const several = (r: number) =>
  `${[50_000, 50_001, 50_002]
    .map(
      (port) => `0 C SYN port=${port}
        ${r} S SYN ACK
        0.05 C ACK
        0.1 C PSH ACK 40
        ${r} S PSH ACK 120
        0.1 C FIN ACK
        ${r} S ACK`,
    )
    .join('\n')}
  ${LATER}`;
const closedAfterAll = (r: number) => `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  50000 S FIN ACK
  0.1 C ACK`;
const comesBack = (closing: string) => (r: number) =>
  `${exchange(r)}
  ${closing}
  61000 C SYN seq=500000
  ${r} S ACK
  0.1 C RST
  12 C SYN isn=1500041
  ${r} S SYN ACK isn=70000000
  0.1 C ACK`;

describe('app-bug', () => {
  itShows('close-wait-leak', 'one of several that the server never closed', several, { flow: 1 });
  itShows('close-wait-leak', 'a single one', stuck, { beside: true });
  itIsNot('close-wait-leak', 'the server closed after all', closedAfterAll);

  itShows('fin-wait2-stuck', 'a single half-closed connection', stuck);
  itIsNot('fin-wait2-stuck', 'many at one server are its leak', several, { flow: 1 });
  itIsNot('fin-wait2-stuck', 'the other end closed after all', closedAfterAll);

  itShows(
    'close-wait-port-reused',
    'the port comes back while the server is in CLOSE-WAIT',
    comesBack('100 C FIN ACK\n0.1 S ACK'),
  );
  itIsNot('close-wait-port-reused', 'no FIN had been sent', comesBack(''));
});
