import type { Cause } from './cause.ts';
import { stuckHalfClosed } from './signs/closing.ts';
import { between, namesOf } from './signs/words.ts';

export const closeWaitLeak: Cause = {
  id: 'close-wait-leak',
  group: 'app-bug',
  severity: 'error',
  title: 'CLOSE-WAIT leak: the application never closed after EOF',
  summary:
    "One side closed; the other side's kernel acknowledged the FIN, but its application never closes. " +
    "The socket stays in CLOSE-WAIT, without any timeout, and its descriptor is lost; the closer's " +
    'FIN-WAIT-2 ends after tcp_fin_timeout (60 s).',
  recognise:
    'FIN acknowledged and no FIN or RST back for longer than any exchange takes, with the passive side ' +
    'idle. Many such connections to one server make it a leak of that server; a single one may be ' +
    'fin-wait2-stuck (the closer only half-closed and waits) or a capture that ended too early.',
  remedy:
    "Close on EOF: recv() == 0, Node 'end' with allowHalfOpen, Go io.EOF, and on every error path (Go " +
    'response.Body.Close(), Java try-with-resources, Python `with`). No sysctl ends CLOSE-WAIT; ' +
    'raising ulimit -n only delays. Check: `ss -tan state close-wait | wc -l` stays level; `ss -tnp ' +
    'state close-wait` names the process.',
  wouldSettle: [
    '`ss -tanp state close-wait` on the passive side, twice, some minutes apart',
    'a longer capture',
  ],
  references: [
    'RFC 9293 section 3.3.2 (CLOSE-WAIT waits for the local user)',
    'RFC 9293 section 3.10.7.4 (FIN processing)',
    'Linux: tcp_fin',
  ],
  scenario: 'close-wait-leak',
  kinds: ['half-closed'],
  fit: (k) =>
    stuckHalfClosed(k) ? ((k.c.serverRecord?.halfClosed ?? 0) > 1 && k.passive === k.server ? 0.8 : 0.6) : 0,
  story: (k) => {
    const { passive } = namesOf(k);
    const { finAtUs, finAckedAtUs } = k.closer!;
    const leaked = k.c.serverRecord?.halfClosed ?? 0;
    const others =
      leaked > 1 && k.passive === k.server
        ? ` ${leaked} connections to this server were in that state at the end.`
        : '';
    return `The ${passive} acknowledged the FIN ${between(finAtUs, finAckedAtUs)} after it was first sent, and was in CLOSE-WAIT for the remaining ${between(finAckedAtUs, k.o.captureEndUs)} of the capture.${others}`;
  },
};
