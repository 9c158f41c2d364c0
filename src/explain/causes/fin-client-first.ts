import { isSimultaneous } from '../outcome.ts';
import type { Cause } from './cause.ts';
import { plainClose } from './signs/closing.ts';
import { plainCloseWords } from './signs/words.ts';

export const finClientFirst: Cause = {
  id: 'fin-client-first',
  group: 'orderly',
  severity: 'ok',
  title: 'the client closed first, with FIN',
  summary:
    'The client sends FIN, the server acknowledges it, ends its own side after EOF, and the client ' +
    'acknowledges that FIN. Everything sent was acknowledged; TIME-WAIT stays on the client.',
  recognise:
    "The first FIN comes from the client, the server's FIN acknowledges it, and the client " +
    "acknowledges the server's FIN; no RST, no data after the first FIN. Where the server's FIN rides " +
    "on the ACK of the client's FIN it is fin-three-segments. Whether close(), process exit or a kill " +
    'sent the FIN cannot be seen.',
  remedy:
    'Nothing is wrong. TIME-WAIT is held by the side that closed first, 60 s on Linux (compiled in; ' +
    'net.ipv4.tcp_fin_timeout does not change it). If TIME-WAIT uses up ports on the client, keep ' +
    'connections open or let the server close first; then the server holds the entry and its restart ' +
    'needs SO_REUSEADDR. Check: `ss -tan state time-wait | wc -l` on both hosts.',
  wouldSettle: [
    '`ss -tnp` or a system call trace on the client, to tell close() from the exit of the process',
  ],
  references: [
    'RFC 9293 section 3.6 (closing a connection)',
    'RFC 9293 section 3.10.4 (CLOSE call)',
    'Linux: __tcp_close, tcp_fin, tcp_time_wait',
  ],
  scenario: 'four-way-close',
  kinds: ['fin'],
  usual: true,
  fit: (k) =>
    plainClose(k) && k.c.firstFinFrom === 0 && !isSimultaneous(k.c) && k.o.closeForm !== 'three-segments'
      ? 0.95
      : 0,
  story: plainCloseWords,
};
