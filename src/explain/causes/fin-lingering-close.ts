import { formatBytes } from '../text.ts';
import type { Cause } from './cause.ts';
import { halfClosed, plainClose } from './signs/closing.ts';
import { lateTextEvidence } from './signs/evidence.ts';
import { isHttpResponse } from './signs/text.ts';
import { between } from './signs/words.ts';

export const finLingeringClose: Cause = {
  id: 'fin-lingering-close',
  group: 'orderly',
  severity: 'ok',
  title: 'server ended its side and drained the upload: no RST',
  summary:
    'The server answers early, shuts its writing down, reads and discards what the client still sends, ' +
    'and closes only at EOF or after a delay. The client can read the whole answer.',
  recognise:
    "The server's answer and FIN come while the client's upload still runs; the upload goes on being " +
    'acknowledged after the FIN, and no RST follows. The same start with an RST is ' +
    'close-with-unread-data or peer-sent-after-close.',
  remedy:
    'Nothing is wrong: this is the cure for an answer lost to close-with-unread-data. nginx does it by ' +
    'default (`lingering_close on`, `lingering_time`, `lingering_timeout`); in own code: ' +
    'shutdown(SHUT_WR), read until EOF or a limit, then close(). Price: the upload is still paid for ' +
    'in bandwidth; bound the drain in bytes and time.',
  wouldSettle: [],
  references: ['RFC 9112 section 9.6 (tear-down)', 'RFC 9293 section 3.6.1 (half-closed connections)'],
  scenario: 'half-close',
  kinds: ['fin'],
  fit: (k) => {
    if (!plainClose(k) || !halfClosed(k) || k.closer !== k.server) return 0;
    return isHttpResponse(k.server.lastDataPayload) && k.server.turns === 1 && k.passive === k.opener
      ? 0.9
      : 0.4;
  },
  story: (k) => {
    const p = k.passive!;
    return `The server had answered with ${formatBytes(k.server.turnBytes)} and sent its FIN while the client was still sending: ${formatBytes(p.bytesAfterPeerFin)} came after it, over ${between(p.firstDataAfterPeerFinAtUs, p.lastDataAtUs)}, and were acknowledged instead of refused.`;
  },
  evidence: lateTextEvidence,
};
