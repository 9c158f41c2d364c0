import { formatTimes } from '../text.ts';
import type { Cause } from './cause.ts';
import { forgotten, hadNoSocket, senderSilence, triggerLength } from './signs/resets.ts';
import { between, namesOf, silenceWords, triggerWords } from './signs/words.ts';

export const orphanRetriesExhausted: Cause = {
  id: 'orphan-retries-exhausted',
  group: 'peer-gone',
  severity: 'warning',
  title: 'closed, but the FIN never got through: orphan dropped',
  summary:
    'One side calls close() while the peer is unreachable. The FIN is retransmitted as an orphan and ' +
    'given up silently after net.ipv4.tcp_orphan_retries (0 means 8); the peer stays ESTABLISHED and ' +
    'gets RST when it sends later.',
  recognise:
    'A FIN retransmitted without an acknowledgement, then silence; later perhaps data of the peer that ' +
    'does not acknowledge the FIN, answered by RST of form B. If the FIN was acknowledged it is ' +
    'fin-wait2-expired or peer-sent-after-close. Captured at the peer the FIN is missing: only the ' +
    'data and the RST show.',
  remedy:
    'Nothing to fix on the closer: look for the path that was cut at that time. The other side needs ' +
    'keepalive or a heartbeat to notice. Check: captures on both sides; TCPAbortOnTimeout on the ' +
    'closer.',
  wouldSettle: [
    'a capture on the other side: did the FIN arrive?',
    'TCPAbortOnTimeout on the closer: `nstat -az TcpExtTCPAbortOnTimeout`',
  ],
  references: [
    'RFC 9293 section 3.8.3',
    'Linux: tcp_orphan_retries, tcp_out_of_resources, net.ipv4.tcp_orphan_retries',
  ],
  scenario: 'dead-path',
  kinds: ['fin-then-rst', 'timeout', 'rst'],
  fit: (k) => {
    if (k.closer !== null) {
      const tried = k.closer.fins > 2 && k.closer.finAckedAtUs < 0;
      return tried && (k.reset === null || k.sender === k.closer) ? 0.93 : 0;
    }
    return forgotten(k) && senderSilence(k) > 1_500_000 && triggerLength(k) > 0 ? 0.4 : 0;
  },
  halfSeen: (k) => (hadNoSocket(k) ? 0.3 : 0),
  story: (k) => {
    if (k.closer === null)
      return `${silenceWords(k)}, which fits a socket closed while its FIN could not get through; the RST answers ${triggerWords(k)}.`;
    const { closer, passive } = namesOf(k);
    const e = k.closer;
    const late =
      k.reset === null
        ? ''
        : `; when the ${passive} was heard again, ${between(k.reset.record.atUs, e.finLastAtUs)} after the last FIN, the answer was RST`;
    return `The ${closer}'s FIN went ${formatTimes(e.fins)} over ${between(e.finAtUs, e.finLastAtUs)} and was never acknowledged${late}.`;
  },
};
