import { describe } from 'vitest';
import { itIsNot, itShows } from '../../../test/support/causes.ts';
import { exchange } from '../../../test/support/trace.ts';

const clientFirst = (r: number) => `${exchange(r)}
  100 C FIN ACK
  ${r} S FIN ACK
  0.1 C ACK`;
const serverFirst = (r: number) => `${exchange(r)}
  100 S FIN ACK
  0.1 C FIN ACK
  ${r} S ACK`;
const finAgain = (r: number) => `${exchange(r)}
  100 C FIN ACK
  ${250 + r} C again
  ${r} S FIN ACK
  0.1 C ACK`;
const lastAckAgain = (answer: string) => (r: number) =>
  `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  10 S FIN ACK
  0.1 C ${answer}
  ${250 + r} S again
  0.1 C ${answer}`;
const noTimeWait = (r: number) => `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  10 S FIN ACK
  ${250 + r} S again
  0.1 C RST`;
const late = (waitMs: number) => (r: number) =>
  `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  ${waitMs} S PSH ACK 500
  0.1 C RST`;
const lateFin = (waitMs: number) => (r: number) =>
  `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  ${waitMs} S FIN ACK
  0.1 C RST`;
const resetAfter = (r: number) => `${clientFirst(r)}
  1000 S RST`;
const oldDuplicate = (r: number) => `${clientFirst(r)}
  1000 S PSH ACK 120 seq=-121
  0.1 C ACK
  ${r} S RST`;
const reopened = (r: number) => `${serverFirst(r)}
  500 C SYN isn=7000000
  ${r} S SYN ACK isn=80000000
  0.1 C ACK`;
const olderSyn = (synAckIsn: number) => (r: number) =>
  `${serverFirst(r)}
  500 C SYN isn=900000
  ${r} S ACK absack=1000042
  0.1 C RST seq=100041
  12 C SYN isn=900000
  ${r} S SYN ACK isn=${synAckIsn}
  0.1 C ACK`;
const wandering = (ticks: number) => (r: number) =>
  `${reopened(r)}
  0.1 S PSH ACK 60
  0.1 C ACK
  1000 S PSH ACK 60 seq=-60 ts=${ticks}
  0.1 C ACK`;
const freshPort = (r: number) => `${serverFirst(r)}
  500 C SYN port=50001
  ${r} S SYN ACK
  0.1 C ACK`;

const finProbe = (r: number) => `${exchange(r)}
  100 C FIN ACK
  8 C again
  ${r} S FIN ACK
  0.1 C ACK`;
describe('time-wait', () => {
  itShows('fin-lost', 'a FIN sent twice', finAgain, { bothWays: true });
  itIsNot('fin-lost', 'each FIN sent once', clientFirst, { bothWays: true });

  itShows('last-ack-lost', 'the passive FIN sent again and answered again', lastAckAgain('ACK'), {
    bothWays: true,
  });
  itIsNot('last-ack-lost', 'the FIN that was lost is the first one', finAgain, { bothWays: true });

  itShows('last-ack-lost-no-time-wait', 'the FIN sent again meets no TIME-WAIT', noTimeWait, {
    bothWays: true,
  });
  itIsNot('last-ack-lost-no-time-wait', 'TIME-WAIT answers', lastAckAgain('ACK'), { bothWays: true });

  itShows('fin-wait2-expired', 'late data after more than a minute', late(61_000), { bothWays: true });
  itIsNot('fin-wait2-expired', 'late data after 50 ms', late(50), { bothWays: true });
  itShows('fin-wait2-expired', 'a FIN alone after more than a minute', lateFin(90_000), { bothWays: true });
  itIsNot('fin-wait2-expired', 'a FIN alone after a second', lateFin(1000), { bothWays: true });

  itShows('time-wait-assassinated', 'RST at the exact number', resetAfter);
  itShows('time-wait-kept-rfc1337', 'the same picture', resetAfter, { beside: true });
  itIsNot('time-wait-assassinated', 'an old duplicate provoked it', oldDuplicate);
  itShows('time-wait-assassinated-by-old-duplicate', 'duplicate, ACK, RST', oldDuplicate);
  itShows('old-duplicate-in-time-wait', 'the same picture', oldDuplicate, { beside: true });
  itIsNot('time-wait-assassinated-by-old-duplicate', 'no duplicate came', resetAfter);
  itIsNot('time-wait-kept-rfc1337', 'no RST came', clientFirst);
  itIsNot('old-duplicate-in-time-wait', 'no duplicate came', clientFirst);

  itShows('time-wait-reopened-by-syn', 'a newer SYN, accepted at once', reopened, { flow: 1 });
  itIsNot('time-wait-reopened-by-syn', 'another port', freshPort, { flow: 1 });
  itShows(
    'wandering-duplicate-rejected-by-paws',
    'an old timestamp on a port used again',
    wandering(-60_000),
    {
      flow: 1,
      timestamps: true,
      beside: true,
    },
  );
  itIsNot('wandering-duplicate-rejected-by-paws', 'all timestamps are in order', wandering(0), {
    flow: 1,
    timestamps: true,
  });
  itShows('syn-older-in-time-wait', 'ACK, RST, SYN again', olderSyn(80_000_000), { flow: 1 });
  itShows('syn-older-in-time-wait', 'numbers of both ends a little lower', olderSyn(8_990_000), { flow: 1 });
  itIsNot('syn-older-in-time-wait', 'accepted at once', reopened, { flow: 1 });
  itIsNot('fin-lost', 'the FIN goes again sooner than any timeout', finProbe);
});
