import { describe } from 'vitest';
import { itIsNot, itShows } from '../../../test/support/causes.ts';
import { exchange } from '../../../test/support/trace.ts';

const closing = (r: number) => `50 C FIN ACK
  ${r} S FIN ACK
  0.1 C ACK`;
const crossing = (r: number) => `${exchange(r)}
  5000 C PSH ACK 40
  ${r / 2} S FIN ACK ack=-40
  0.1 C ACK
  ${r / 2} S RST seq=-1`;
const crossingAtServer = (r: number) => `${exchange(0.05)}
  5000 S FIN ACK
  ${r / 2} C PSH ACK 40 ack=-1
  0.05 S RST seq=-1
  ${r / 2} C ACK`;
const known = (closeAfterMs: number) => (r: number) =>
  `${exchange(r)}
  ${closeAfterMs} S FIN ACK
  0.1 C ACK
  4000 C PSH ACK 40
  ${r} S RST`;
const answered = (idleMs: number, ttl: number) => (r: number) =>
  `${exchange(r)}
  ${idleMs} C PSH ACK 40
  ${r} S RST ttl=${ttl}`;
const probeAnswered = (idleMs: number, ttl: number) => (r: number) =>
  `${exchange(r)}
  ${idleMs} C ACK seq=-1
  ${r} S RST ttl=${ttl}`;
const tries = (idleMs: number) => () =>
  `${exchange(20)}
  ${idleMs} C PSH ACK 40
  220 C again
  440 C again
  880 C again`;
const injected = (ttl: number) => (r: number) =>
  `${exchange(r)}
  3000 S RST ACK ttl=${ttl} id=4660`;
const volley = (count: number) => (r: number) =>
  `${exchange(r)}
  5 C PSH ACK 400
  3 S RST ttl=40
  ${count > 1 ? '0.1 S RST seq=1460 ttl=40\n0.1 S RST seq=4380 ttl=40' : ''}`;
const answersInFlight = (r: number) =>
  `${exchange(r)}
  5 S PSH ACK 1000
  0.1 S PSH ACK 1000
  0.1 S PSH ACK 1000
  0.1 S RST ACK ttl=56
  ${r} C ACK ack=-2000
  0.1 C ACK ack=-1000
  0.1 C ACK
  ${r / 2} S RST seq=-2000 ttl=56
  0.1 S RST seq=-1000 ttl=56
  0.1 S RST seq=0 ttl=56`;
const inexact = (seq: number, answer: string) => (r: number) =>
  `${exchange(r)}
  100 S RST seq=${seq} ttl=40
  ${answer}
  100 C PSH ACK 40
  ${r} S PSH ACK 100
  0.1 C ACK
  ${closing(r)}`;
const strangeSyn = (after: string) => (r: number) =>
  `${exchange(r)}
  500 C SYN seq=123456
  ${r} S ACK
  ${after}
  50 C PSH ACK 40
  ${r} S ACK
  ${closing(r)}`;
const stale = (ticks: number) => (r: number) =>
  `${exchange(r)}
  5000 S PSH ACK 60 seq=-60 ts=${ticks}
  0.1 C ACK
  ${closing(r)}`;
const beyondSent = (ack: number) => (r: number) =>
  `${exchange(r)}
  100 S PSH ACK 60 forged ack=${ack} nots ttl=40
  0.1 C ACK
  ${closing(r)}`;
const far = { serverHops: 8 };

describe('middlebox', () => {
  itShows('keepalive-race', 'FIN and request cross', crossing);
  itShows('keepalive-race', 'as the server sees it', crossingAtServer);
  itIsNot('keepalive-race', 'the FIN had been acknowledged', known(60_000));

  itShows('lb-idle-timeout', 'an idle close long known to the client', known(60_000));
  itIsNot('lb-idle-timeout', 'closed right after the answer', known(5));
  itIsNot('lb-idle-timeout', 'the request does not acknowledge the FIN', crossing);

  itShows('nat-idle-reset', 'after idleness, from nearer than the server', answered(300_000, 64), {
    serverHops: 5,
  });
  itShows('nat-idle-reset', 'a keepalive probe that came too late', probeAnswered(300_000, 64), {
    serverHops: 5,
  });
  itIsNot('nat-idle-reset', 'from the server, no hop away', answered(300_000, 64));

  itShows('nat-idle-drop', 'silence after idleness behind a router', tries(400_000), { serverHops: 3 });
  itIsNot('nat-idle-drop', 'silence in the midst of an exchange', tries(5), { serverHops: 3 });

  itShows('middlebox-rst', 'an RST with another path length', injected(40), far);
  itIsNot('middlebox-rst', "an RST with the sender's own", injected(56), far);

  itShows('middlebox-rst-volley', 'several RSTs with rising numbers', volley(3), far);
  itIsNot('middlebox-rst-volley', 'a single one', volley(1), far);
  itIsNot(
    'middlebox-rst-volley',
    'an abort, then answers to ACKs that were on their way',
    answersInFlight,
    far,
  );

  itShows('rst-challenged', 'inside the window, not exact', inexact(1000, '0.1 C ACK'), far);
  itIsNot('rst-challenged', 'outside the window', inexact(-50_000, ''), far);
  itShows('rst-ignored', 'outside the window', inexact(-50_000, ''), far);
  itIsNot('rst-ignored', 'inside the window', inexact(1000, '0.1 C ACK'), far);

  itShows('syn-challenged', 'a SYN on a live connection, which goes on', strangeSyn(''));
  itIsNot('syn-challenged', 'its sender knows nothing of the connection', strangeSyn('0.1 C RST'));

  itShows('paws-drop', 'data with an old timestamp', stale(-60_000), { timestamps: true });
  itIsNot('paws-drop', 'the same data with the right one', stale(0), { timestamps: true });

  itShows('ack-of-unsent-data', 'a forged segment acknowledges too much', beyondSent(5000), {
    ...far,
    timestamps: true,
  });
  itIsNot('ack-of-unsent-data', 'a forged segment with the right number', beyondSent(0), {
    ...far,
    timestamps: true,
  });

  itIsNot('nat-remapped', 'no router between', answered(100, 64));
  itShows('nat-remapped', 'a host that knows nothing, routers between', answered(100, 56), {
    ...far,
    beside: true,
  });
});
