import type { Cause } from './cause.ts';
import { plainClose } from './signs/closing.ts';
import { between, namesOf, timeWaitWords } from './signs/words.ts';

export const finThreeSegments: Cause = {
  id: 'fin-three-segments',
  group: 'orderly',
  severity: 'ok',
  title: 'closed in three segments: FIN, FIN+ACK, ACK',
  summary:
    "The passive side's application closes before its delayed ACK goes out, so one segment carries " +
    'both the ACK of the first FIN and the second FIN.',
  recognise:
    'The second FIN is also the first acknowledgement of the first FIN. A separate bare ACK before it ' +
    "makes it fin-client-first or fin-server-first; the difference is only how fast the passive side's " +
    'application closed (within about 40 ms on Linux).',
  remedy:
    'Nothing is wrong: a quick reader closes on EOF at once. TIME-WAIT is held by the side that closed ' +
    'first, as with four segments.',
  wouldSettle: [],
  references: [
    'RFC 9293 section 3.6, figure 12 (normal close sequence)',
    'RFC 9293 section 3.8.6.3 (delayed acknowledgements)',
    'Linux: tcp_fin, tcp_send_fin',
  ],
  scenario: 'three-segment-close',
  kinds: ['fin'],
  usual: true,
  fit: (k) => (plainClose(k) && k.o.closeForm === 'three-segments' ? 0.95 : 0),
  story: (k) => {
    const { closer, passive } = namesOf(k);
    return `The ${passive}'s own FIN, ${between(k.closer!.finAtUs, k.passive!.finAtUs)} after the first, also acknowledges the ${closer}'s: two segments in one. ${timeWaitWords(k)}`;
  },
};
