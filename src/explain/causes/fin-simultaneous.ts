import { isSimultaneous } from '../outcome.ts';
import type { Cause } from './cause.ts';
import { plainClose } from './signs/closing.ts';
import { between, timeWaitWords } from './signs/words.ts';

export const finSimultaneous: Cause = {
  id: 'fin-simultaneous',
  group: 'orderly',
  severity: 'ok',
  title: 'both ends closed at once: the FINs crossed',
  summary:
    'Both ends close within one round trip. Each FIN is sent before the other one arrived; both ends ' +
    'pass through CLOSING and both keep TIME-WAIT.',
  recognise:
    'Two FINs of which neither acknowledges the other; each is then acknowledged alone. Order in the ' +
    'capture proves nothing: near one end the local FIN always comes first. If the second FIN ' +
    'acknowledges the first it is a normal close.',
  remedy:
    'Nothing is wrong; both sides pay a TIME-WAIT. Agree in the protocol which side closes (the one ' +
    'that got the last answer), and let the other one wait for EOF. Check: only one side of the ' +
    'four-tuple shows in `ss -tan state time-wait`.',
  wouldSettle: [],
  references: [
    'RFC 9293 section 3.6, figure 13 (simultaneous close sequence)',
    'RFC 9293 section 3.10.7.4 (CLOSING)',
    'Linux: tcp_fin, tcp_rcv_state_process (TCP_CLOSING)',
  ],
  scenario: 'simultaneous-close',
  kinds: ['fin'],
  fit: (k) => (plainClose(k) && isSimultaneous(k.c) ? 0.95 : 0),
  story: (k) =>
    `The FINs were seen ${between(k.client.finAtUs, k.server.finAtUs)} apart and neither acknowledges the other: they crossed, and both ends passed CLOSING. ${timeWaitWords(k)}`,
};
