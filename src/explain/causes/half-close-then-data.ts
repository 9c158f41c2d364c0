import { formatBytes } from '../text.ts';
import type { Cause } from './cause.ts';
import { halfClosed, plainClose } from './signs/closing.ts';
import { lateTextEvidence } from './signs/evidence.ts';
import { between, namesOf, unackedText } from './signs/words.ts';

export const halfCloseThenData: Cause = {
  id: 'half-close-then-data',
  group: 'orderly',
  severity: 'ok',
  title: 'half-close: the other side went on sending, then closed',
  summary:
    'One side ends its sending with shutdown(SHUT_WR); the other one goes on sending data, all of it ' +
    'is acknowledged, and then closes.',
  recognise:
    'Payload from the passive side after it acknowledged the first FIN, acknowledged by the closer, ' +
    'and no RST: the closer kept its socket open to read. An RST to that payload means close() instead ' +
    'of shutdown(): peer-sent-after-close.',
  remedy:
    'Nothing is wrong: shutdown(SHUT_WR) ends one direction only. Some proxies and NATs give ' +
    'half-closed flows a short timeout (HAProxy `timeout client-fin`, `timeout tunnel`; NAT tables): ' +
    'keep the second half short, or raise those. Node needs `allowHalfOpen: true` to do the same on ' +
    'the passive side.',
  wouldSettle: [],
  references: [
    'RFC 9293 section 3.6.1 (half-closed connections)',
    'RFC 1122 section 4.2.2.13',
    'Linux: tcp_shutdown, tcp_data_queue (FIN_WAIT2)',
  ],
  scenario: 'half-close',
  kinds: ['fin'],
  fit: (k) => (plainClose(k) && halfClosed(k) ? 0.85 : 0),
  story: (k) => {
    const { closer, passive } = namesOf(k);
    const p = k.passive!;
    return `After it had acknowledged the ${closer}'s FIN, the ${passive} sent ${formatBytes(p.bytesAfterPeerFin)} more, the first ${between(p.firstDataAfterPeerFinAtUs, k.closer!.finAtUs)} after that FIN; the ${closer} acknowledged ${unackedText(p) === 0 ? 'all of it' : `all but ${formatBytes(unackedText(p))}`} and sent no RST.`;
  },
  evidence: lateTextEvidence,
};
