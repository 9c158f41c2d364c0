import { isSimultaneous } from '../outcome.ts';
import type { Cause } from './cause.ts';
import { plainClose } from './signs/closing.ts';
import { plainCloseWords } from './signs/words.ts';

export const finServerFirst: Cause = {
  id: 'fin-server-first',
  group: 'orderly',
  severity: 'ok',
  title: 'the server closed first, with FIN',
  summary:
    'The server sends FIN, the client acknowledges it, ends its own side after EOF, and the server ' +
    'acknowledges that FIN. Everything sent was acknowledged; TIME-WAIT stays on the server.',
  recognise:
    'As fin-client-first with the roles exchanged. A FIN after a long idle time points to an idle ' +
    'timer (lb-idle-timeout, keepalive-race) only if the client sends again; without that it is this. ' +
    'A FIN on many connections at one instant is rolling-update.',
  remedy:
    'Nothing is wrong. The server holds TIME-WAIT for 60 s on its own port: this costs no client ' +
    'ports, but a restarted server must set SO_REUSEADDR before bind(), and the old process must have ' +
    "set it too. Check: `ss -tan state time-wait '( sport = :PORT )' | wc -l` on the server.",
  wouldSettle: ["the server's log: a `Connection: close`, an idle timer or a shutdown at that time"],
  references: [
    'RFC 9293 section 3.6 (closing a connection)',
    'RFC 9112 section 9.6 (tear-down)',
    'Linux: __tcp_close, tcp_fin, tcp_time_wait',
  ],
  scenario: 'four-way-close',
  kinds: ['fin'],
  usual: true,
  fit: (k) =>
    plainClose(k) && k.c.firstFinFrom === 1 && !isSimultaneous(k.c) && k.o.closeForm !== 'three-segments'
      ? 0.95
      : 0,
  story: plainCloseWords,
};
