import { describe } from 'vitest';
import { itIsNot, itShows } from '../../../test/support/causes.ts';
import { exchange } from '../../../test/support/trace.ts';

const PROBE = '220 C ACK seq=-1';
const shut = (after: (r: number) => string) => (r: number) =>
  `${exchange(r)}
  5 C PSH ACK 4000
  ${r} S ACK win=0
  ${PROBE}
  ${r} S ACK win=0
  ${after(r)}`;
const unread = shut(() => '300 S RST ACK');
const senderGaveUp = shut((r) => `440 C ACK seq=-1\n${r} S ACK win=0\n880 C ACK seq=-1\n${r} S ACK win=0`);
const reopened = shut((r) => `300 S ACK\n0.1 C FIN ACK\n${r} S FIN ACK\n0.1 C ACK`);
const neverShut = (r: number) => `${exchange(r)}
  5 C PSH ACK 4000
  ${r} S ACK
  300 S RST ACK`;
const unheard = (r: number) => `${exchange(r)}
  5 C PSH ACK 1000
  220 C again
  440 C again
  880 C again
  ${1760 + r} C again`;

describe('peer-stuck', () => {
  itShows('zero-window-then-unread-close', 'window 0, then RST of the reader', unread, { bothWays: true });
  itIsNot('zero-window-then-unread-close', 'the window never was 0', neverShut, { bothWays: true });
  itIsNot('zero-window-then-unread-close', 'the sender gave up first', senderGaveUp, { bothWays: true });

  itShows('zero-window-timeout', 'probes, each answered with window 0', senderGaveUp, { bothWays: true });
  itIsNot('zero-window-timeout', 'the window opened again', reopened, { bothWays: true });
  itIsNot('zero-window-timeout', 'nothing answers at all', unheard, { bothWays: true });
});
