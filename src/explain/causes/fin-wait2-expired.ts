import type { Cause } from './cause.ts';
import {
  crossing,
  finDelayUs,
  isNewRequest,
  lateFinRefused,
  lateTextRefused,
  waitedUs,
} from './signs/closing.ts';
import { lateTextEvidence } from './signs/evidence.ts';
import { between, capitalised, lateTextWords, namesOf } from './signs/words.ts';

/** tcp_fin_timeout is set in seconds. */
const SHORTEST_US = 900_000;

export const finWait2Expired: Cause = {
  id: 'fin-wait2-expired',
  group: 'time-wait',
  severity: 'warning',
  title: 'FIN-WAIT-2 had run out when late data came: RST',
  summary:
    'One side closed, the peer stayed in CLOSE-WAIT longer than net.ipv4.tcp_fin_timeout (60 s), so ' +
    "the closer's FIN-WAIT-2 ended. What the peer sends or closes later meets no socket: RST.",
  recognise:
    'FIN, acknowledged; a pause of about tcp_fin_timeout or more; then data or FIN of the peer ' +
    'answered by RST of form B. Data after a shorter pause gets the same RST from the FIN-WAIT-2 ' +
    'mini-socket: peer-sent-after-close. Only FIN after the pause: an expired FIN-WAIT-2 (a live one ' +
    'would acknowledge it).',
  remedy:
    'The peer must read EOF and close in time: look there first (close-wait-leak, blocked worker). If ' +
    'the closer still wants the answer it must use shutdown(SHUT_WR) and keep the socket. Raising ' +
    'tcp_fin_timeout only moves the limit and keeps more mini-sockets. Check: time from the FIN to the ' +
    'answer.',
  wouldSettle: [
    'net.ipv4.tcp_fin_timeout and TCP_LINGER2 on the closer',
    '`ss -tanp state close-wait` on the peer',
  ],
  references: [
    'RFC 9293 section 3.6.1 (half-closed connections)',
    'RFC 1122 section 4.2.2.13',
    'Linux: tcp_fin_time, tcp_time_wait (TCP_FIN_WAIT2), net.ipv4.tcp_fin_timeout',
  ],
  scenario: 'close-wait-leak',
  kinds: ['fin-then-rst'],
  fit: (k) => {
    if (lateFinRefused(k)) return finDelayUs(k) > 30_000_000 ? 0.9 : finDelayUs(k) > SHORTEST_US ? 0.5 : 0;
    if (!lateTextRefused(k) || crossing(k) || isNewRequest(k)) return 0;
    const waited = waitedUs(k);
    if (waited > 30_000_000) return 0.9;
    return waited > SHORTEST_US ? 0.6 : 0;
  },
  story: (k) =>
    lateFinRefused(k)
      ? `The ${namesOf(k).passive}'s FIN came ${between(k.passive!.finAtUs, k.closer!.finAtUs)} after the ${namesOf(k).closer}'s: by then the ${namesOf(k).closer}'s FIN-WAIT-2 may have run out (tcp_fin_timeout, 60 s on Linux).`
      : `${capitalised(lateTextWords(k))}: by then the ${namesOf(k).closer}'s FIN-WAIT-2 may have run out (tcp_fin_timeout, 60 s on Linux).`,
  evidence: lateTextEvidence,
};
