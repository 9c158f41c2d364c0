import { describe } from 'vitest';
import { itIsNot, itShows } from '../../../test/support/causes.ts';
import { exchange, handshake } from '../../../test/support/trace.ts';

const vanishing = (length: number) => (r: number) =>
  `${exchange(r)}
  5 C PSH ACK 100
  ${r} S ACK
  5 C PSH ACK ${length}
  0.1 C PSH ACK 50
  ${r} S ACK ack=${-length - 50}
  220 C PSH ACK ${length} seq=${-length - 50}
  440 C PSH ACK ${length} seq=${-length - 50}
  880 C PSH ACK ${length} seq=${-length - 50}`;
const tooBig = (icmp: string) => (r: number) =>
  `${handshake(r)}
  5 C PSH ACK 1448
  ${icmp}
  10 C PSH ACK 1200 seq=-1448
  ${r} S ACK ack=-248
  0.1 C PSH ACK 248 seq=-248
  ${r} S ACK
  50 C FIN ACK
  ${r} S FIN ACK
  0.1 C ACK`;

describe('path', () => {
  itShows('pmtu-blackhole', 'full segments vanish where small ones passed', vanishing(1448));
  itIsNot('pmtu-blackhole', 'small segments vanish', vanishing(100));

  itShows('pmtu-discovered', 'ICMP says the segment was too big', tooBig('1 ICMP 3/4 mtu=1300'));
  itIsNot('pmtu-discovered', 'no ICMP came', tooBig(''));
});
