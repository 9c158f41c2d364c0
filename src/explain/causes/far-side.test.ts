import { describe } from 'vitest';
import { itIsNot, itShows } from '../../../test/support/causes.ts';
import { exchange } from '../../../test/support/trace.ts';

/** As seen at the client, with routers between: what reaches the server only shows by what it makes the server do. */
const far = { serverHops: 8 };
/** As seen at the server. */
const farClient = { clientHops: 6 };

const closing = (r: number) => `50 C FIN ACK
  ${r} S FIN ACK
  0.1 C ACK`;
const serverCloses = (r: number) => `50 S FIN ACK
  0.1 C FIN ACK
  ${r} S ACK`;
const goesOn = (r: number) => `500 C PSH ACK 40
  ${r} S PSH ACK 100
  0.1 C ACK
  ${closing(r)}`;
const unasked = (r: number) => `${exchange(r)}
  1000 S ACK
  ${goesOn(r)}`;
const asked = (r: number) => `${exchange(r)}
  1000 C ACK seq=-1
  ${r} S ACK
  ${goesOn(r)}`;
const opened = (r: number, isn: number) => `300 C SYN isn=${isn}
  ${r} S SYN ACK isn=${isn + 7}
  0.05 C ACK
  0.1 C PSH ACK 40
  ${r} S ACK`;
const again =
  (inTheMiddle: string) =>
  (r: number): string =>
    `${exchange(r)}
  ${closing(r)}
  ${opened(r, 5_000_000)}
  1000 ${inTheMiddle}
  ${goesOn(r)}`;
const delivered = (segment: string) => (r: number) =>
  `${exchange(r)}
  ${closing(r)}
  ${opened(r, 5_000_000)}
  ${segment}
  0.05 C ACK ack=+500
  1000 C PSH ACK 40 ack=+500
  ${r} S ACK
  50 S FIN ACK
  0.05 C ACK ack=+500`;
const acknowledgesTooMuch = (r: number) => `${exchange(r)}
  300 S PSH ACK 60 forged ack=90000
  0.05 C ACK
  500 C PSH ACK 40
  ${r} S ACK
  500 C PSH ACK 40
  ${r} S PSH ACK 100
  0.1 C ACK
  ${closing(r)}`;

describe('what happens at the far end', () => {
  itShows('rst-challenged', 'an ACK that nothing seen asks for', unasked, far);
  itShows('syn-challenged', 'the same', unasked, { ...far, beside: true });
  itShows('ack-of-unsent-data', 'the same', unasked, { ...far, beside: true });
  itShows('paws-drop', 'the same, where timestamps are on', unasked, {
    ...far,
    beside: true,
    timestamps: true,
  });
  itIsNot('rst-challenged', 'the ACK answers a keepalive probe', asked, far);

  itShows(
    'wandering-duplicate-rejected-by-paws',
    'text older than the SYN, on ports that were used before',
    again('S PSH ACK 60 seq=-60 ts=-60000'),
    { timestamps: true, flow: 1 },
  );
  itShows(
    'wandering-duplicate-rejected-by-paws',
    'an ACK that nothing asks for on such ports',
    again('S ACK'),
    {
      ...far,
      timestamps: true,
      flow: 1,
    },
  );
  itIsNot('wandering-duplicate-rejected-by-paws', 'nothing between', again('C PSH ACK 10\n20 S ACK'), {
    timestamps: true,
    flow: 1,
  });

  itShows('wandering-duplicate-accepted', 'the FIN lies below what was acknowledged', delivered('5 C ACK'), {
    timestamps: false,
    flow: 1,
  });
  itShows('wandering-duplicate-accepted', 'the old segment is seen', delivered('5 S PSH ACK 500 forged'), {
    timestamps: false,
    flow: 1,
  });
  itShows('ack-of-unsent-data', 'text and ACKs go on below it', acknowledgesTooMuch, { timestamps: false });
  itIsNot('wandering-duplicate-accepted', 'text and ACKs go on below it', acknowledgesTooMuch, {
    timestamps: false,
  });

  itShows('rst-ignored', 'an ordinary close cannot rule it out', (r) => `${exchange(r)}\n${closing(r)}`, {
    ...far,
    beside: true,
  });
  itShows(
    'time-wait-assassinated',
    'the far end keeps TIME-WAIT',
    (r) => `${exchange(r)}\n${serverCloses(r)}`,
    {
      ...far,
      beside: true,
    },
  );
  itShows('time-wait-kept-rfc1337', 'the same', (r) => `${exchange(r)}\n${serverCloses(r)}`, {
    ...far,
    beside: true,
  });
  itShows(
    'fin-three-segments',
    'and comes first all the same',
    (r) => `${exchange(r)}\n${serverCloses(r)}`,
    far,
  );
  itShows('half-open-leak', 'a connection that only stays silent', exchange, { beside: true });

  itShows(
    'conntrack-invalid-dropped',
    'a segment far outside the window leaves, and nothing answers it',
    (r) => `${exchange(r)}\n500 S ACK seq=800000000\n${goesOn(r)}`,
    farClient,
  );
  itIsNot(
    'conntrack-invalid-dropped',
    'the other end answers it',
    (r) => `${exchange(r)}\n500 S ACK seq=800000000\n${r + 1} C ACK\n${goesOn(r)}`,
    farClient,
  );
  itShows(
    'conntrack-invalid-reset',
    'the client resets a segment, and goes on',
    (r) => `${exchange(r)}
      500 S PSH ACK 60 seq=90000000
      ${r} C RST
      ${3 * r + 300} C PSH ACK 40
      0.05 S RST`,
    farClient,
  );
  itShows(
    'conntrack-invalid-reset',
    'the segment came from an address that the client does not know',
    (r) => `${exchange(r)}
      500 S PSH ACK 60 server=203.0.113.77 absack=1000041
      0.05 C RST server=203.0.113.77
      300 C PSH ACK 40
      ${r} S RST`,
    far,
  );
});
