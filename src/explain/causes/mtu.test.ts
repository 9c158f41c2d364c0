import { describe } from 'vitest';
import { itIsNot, itShows } from '../../../test/support/causes.ts';
import { exchange } from '../../../test/support/trace.ts';

const closing = (r: number) => `50 C FIN ACK
  ${r} S FIN ACK
  0.1 C ACK`;
/** Three full segments are missing, the short one after them came: as seen where they should have arrived. */
const holed = (r: number) => `${exchange(r)}
  5 C PSH ACK 300 seq=4380
  0.05 S ACK`;
const filled = (afterMs: number, sizes: readonly number[]) => (r: number) =>
  `${holed(r)}
  ${afterMs} C ACK ${sizes[0]}
  ${sizes
    .slice(1)
    .map((size) => `0.1 C ACK ${size}`)
    .join('\n')}
  0.1 C PSH ACK 300
  0.05 S ACK
  ${closing(r)}`;
const small = [1000, 1000, 1000, 1000, 380];
const full = [1460, 1460, 1460];
const triedInVain = (r: number) => `${exchange(r)}
  5 C ACK 1448
  220 C again
  440 C again`;
const shrinks = (r: number) => `${triedInVain(r)}
  880 C ACK 1000 seq=-1448
  ${r} S ACK ack=-448
  0.1 C PSH ACK 448 seq=-448
  ${r} S ACK
  ${closing(r)}`;
const goesThrough = (r: number) => `${triedInVain(r)}
  880 C again
  ${r} S ACK
  ${closing(r)}`;

describe('path MTU', () => {
  itShows('pmtu-discovered', 'what was lost comes at once in smaller segments', filled(5, small));
  itIsNot('pmtu-discovered', 'a full segment fills the hole', filled(5, full), { timestamps: false });
  itShows('pmtu-probing-recovers', 'the same after timeouts', filled(1500, small));
  itIsNot('pmtu-probing-recovers', 'at once', filled(5, small));
  itShows('pmtu-blackhole', 'what was lost never comes', holed);
  itIsNot('pmtu-blackhole', 'it comes', filled(5, small));

  itShows('pmtu-probing-recovers', 'the same bytes in a smaller segment after some tries', shrinks);
  itIsNot('pmtu-probing-recovers', 'the same segment gets through in the end', goesThrough);
  itShows('pmtu-blackhole', 'no full segment ever got through', (r) => `${triedInVain(r)}\n880 C again`);
});
