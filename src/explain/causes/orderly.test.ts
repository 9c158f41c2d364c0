import { describe } from 'vitest';
import { itIsNot, itShows } from '../../../test/support/causes.ts';
import { exchange, handshake } from '../../../test/support/trace.ts';

const fourSegments = (r: number) => `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  30 S FIN ACK
  0.1 C ACK`;
const serverFirst = (r: number) => `${exchange(r)}
  100 S FIN ACK
  0.1 C ACK
  30 C FIN ACK
  ${r} S ACK`;
const threeSegments = (r: number) => `${exchange(r)}
  100 S FIN ACK
  0.1 C FIN ACK
  ${r} S ACK`;
const crossed = (r: number) => `${exchange(r)}
  100 C FIN ACK
  ${r / 2} S FIN ACK ack=-1
  0.1 C ACK
  ${r / 2} S ACK`;
const halfClose = (r: number) => `${exchange(r)}
  100 C FIN ACK
  ${r} S ACK
  30 S PSH ACK 500
  0.1 C ACK
  ${r} S FIN ACK
  0.1 C ACK`;
const upload = (answer: string) => (r: number) =>
  `${handshake(r)}
  0.1 C PSH ACK 1000
  ${r} S ACK
  0.1 C PSH ACK 1000
  ${r} S PSH ACK 200 text=${answer}
  0.1 S FIN ACK
  0.1 C ACK
  0.1 C PSH ACK 1000
  ${r} S ACK
  0.1 C FIN ACK
  ${r} S ACK`;

describe('orderly', () => {
  itShows('fin-client-first', 'four segments', fourSegments);
  itIsNot('fin-client-first', 'the server sent the first FIN', serverFirst);

  itShows('fin-server-first', 'four segments', serverFirst);
  itIsNot('fin-server-first', 'the client sent the first FIN', fourSegments);
  itIsNot('fin-server-first', 'the FINs crossed', crossed);

  itShows('fin-simultaneous', 'neither FIN acknowledges the other', crossed, { bothWays: true });
  itIsNot('fin-simultaneous', 'the second FIN acknowledges the first', threeSegments);

  itShows('fin-three-segments', 'the second FIN is the ACK of the first', threeSegments);
  itIsNot('fin-three-segments', 'the ACK of the first FIN came alone', fourSegments);

  itShows('half-close-then-data', 'data after the acknowledged FIN', halfClose, { bothWays: true });
  itIsNot('half-close-then-data', 'all data came before the FIN', fourSegments);

  itShows('fin-lingering-close', 'an HTTP answer, FIN, and the upload still taken', upload('HTTP/1.1'));
  itIsNot('fin-lingering-close', 'the same with another protocol', upload('gruezi'));
});
