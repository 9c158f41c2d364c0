import { formatDuration, formatTimes } from '../text.ts';
import type { Cause } from './cause.ts';
import { answerDelayUs, handmadeSyn } from './signs/opening.ts';
import { between } from './signs/words.ts';

export const abortInSynSent: Cause = {
  id: 'abort-in-syn-sent',
  group: 'connect',
  severity: 'warning',
  title: 'client gave up before the SYN-ACK arrived',
  summary:
    'The client closes its socket while in SYN-SENT (connect timeout, cancel). The SYN-ACK that ' +
    'arrives later finds no socket and is answered with RST.',
  recognise:
    'SYN (perhaps repeated), a SYN-ACK that comes late, then RST of form B from the client; no ACK of ' +
    'the handshake. The same three segments at a normal round trip with a bare SYN (no window scale, ' +
    'SACK or timestamp options) are syn-scan.',
  remedy:
    'Raise the connect timeout above the round trip plus at least one SYN retransmission (more than 1 ' +
    's, better 3 s), or find what delays the SYN-ACK: loss, a full SYN queue, a slow path. Node ' +
    'connect timeout / AbortSignal, Go net.Dialer.Timeout, Java connect(addr, timeout), undici ' +
    'connectTimeout. Check: no RST after SYN-ACK.',
  wouldSettle: [
    "the client's connect timeout and its log",
    'a capture on the server side: when the SYN came and when the SYN-ACK left',
  ],
  references: [
    'RFC 9293 section 3.10.7.1 (CLOSED state: reset)',
    'RFC 6298 section 2 (initial RTO 1 s)',
    'Linux: tcp_v4_rcv (no_tcp_socket), tcp_v4_send_reset',
  ],
  scenario: 'abandoned-connect',
  kinds: ['abort-connect'],
  fit: (k) => {
    if (k.server.syns === 0 || k.c.synAckRepeats > 1) return 0;
    if (handmadeSyn(k.client)) return 0;
    return answerDelayUs(k) > 20_000 || k.client.syns > 1 ? 0.9 : 0.5;
  },
  story: (k) => {
    const { client, server, c } = k;
    const late = `The SYN-ACK came ${between(client.synAtUs, server.synAtUs)} after the first SYN (sent ${formatTimes(client.syns)})`;
    return `${late} and met no socket: ${formatDuration(k.reset === null ? 0 : k.reset.record.atUs - Math.max(server.synAtUs, c.startUs))} later the client's host answered with RST.`;
  },
};
