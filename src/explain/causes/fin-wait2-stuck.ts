import type { Cause } from './cause.ts';
import { stuckHalfClosed } from './signs/closing.ts';
import { between, namesOf } from './signs/words.ts';

export const finWait2Stuck: Cause = {
  id: 'fin-wait2-stuck',
  group: 'app-bug',
  severity: 'warning',
  title: 'half-closed for ever: FIN-WAIT-2 with an open descriptor',
  summary:
    'One side calls shutdown(SHUT_WR) but keeps the descriptor, and the peer never closes. While the ' +
    'descriptor is open FIN-WAIT-2 has no timeout: net.ipv4.tcp_fin_timeout only applies after close().',
  recognise:
    'FIN acknowledged, no FIN or RST back, silence. The wire does not show whether the closer waits ' +
    '(this) or is gone (close-wait-leak of the peer): the two are one fault seen from two sides.',
  remedy:
    'Give the wait after shutdown(SHUT_WR) a deadline and close() then; set keepalive to notice a dead ' +
    'peer. The peer should close on EOF. Price: an answer later than the deadline is lost. Check: `ss ' +
    '-tanp state fin-wait-2` shows no process with old entries (an entry without a process is an ' +
    'orphan with a timer).',
  wouldSettle: [
    '`ss -tanop state fin-wait-2` on the closer: with a process it is stuck, with a timer it is an orphan',
  ],
  references: [
    'RFC 9293 section 3.6.1 (half-closed connections)',
    'RFC 1122 section 4.2.2.13',
    'Linux: tcp_fin_time, net.ipv4.tcp_fin_timeout (orphans only)',
  ],
  scenario: 'forgotten-socket',
  kinds: ['half-closed'],
  fit: (k) =>
    stuckHalfClosed(k)
      ? (k.c.serverRecord?.halfClosed ?? 0) > 1 && k.passive === k.server
        ? 0.45
        : 0.65
      : 0,
  story: (k) =>
    `The ${namesOf(k).closer} was in FIN-WAIT-2 for the remaining ${between(k.closer!.finAckedAtUs, k.o.captureEndUs)} of the capture: without limit if it only shut down its sending side, until tcp_fin_timeout (60 s on Linux) if it closed the socket.`,
};
