import { formatCount } from '../text.ts';
import type { Cause } from './cause.ts';
import { badAnswerEvidence } from './signs/evidence.ts';
import { between } from './signs/words.ts';

export const badAckInSynSent: Cause = {
  id: 'bad-ack-in-syn-sent',
  group: 'connect',
  severity: 'warning',
  title: 'the SYN was answered with an ACK of something else',
  summary:
    'The client, in SYN-SENT, gets an ACK for a number it never sent: the peer holds an old connection ' +
    'on this four-tuple, or the packet is forged. The client answers RST; the SYN is sent again and ' +
    'works.',
  recognise:
    'SYN, bare ACK whose number is not SYN.seq + 1, RST of form B from the client, SYN again within ' +
    'about 10 ms. With a known earlier connection on the four-tuple it is ' +
    'half-open-reconnect-same-port, close-wait-port-reused or syn-older-in-time-wait.',
  remedy:
    "Usually nothing: the exchange clears the peer's old state. If it repeats, look for a client that " +
    'vanishes without closing and reuses ports (crash, NAT that reuses mappings too early). A firewall ' +
    'that drops the bare ACK turns it into a connect timeout. Check: TCPChallengeACK on the server.',
  wouldSettle: [
    'TCPSYNChallenge on the server: `nstat -az TcpExtTCPSYNChallenge`',
    '`ss -tan` on the server for that four-tuple before the SYN',
  ],
  references: [
    'RFC 9293 section 3.10.7.3 (SYN-SENT, check the ACK)',
    'RFC 9293 section 3.5.1, figure 9',
    'RFC 5961 section 4.2',
    'Linux: tcp_rcv_synsent_state_process',
  ],
  scenario: null,
  kinds: ['fin', 'rst', 'open', 'fin-then-rst', 'half-closed', 'abort-connect', 'connect-timeout'],
  fit: (k) => (k.c.previous === null && k.c.badAnswers > 0 ? 0.92 : 0),
  story: (k) => {
    const { c, client } = k;
    const again =
      client.syns > 1 ? `; the SYN went again ${between(client.lastSynAtUs, c.badAnswerAtUs)} later` : '';
    return `${between(c.badAnswerAtUs, client.synAtUs)} after the SYN came ${formatCount(c.badAnswers, 'segment')} without SYN instead of the SYN-ACK, acknowledging something else${again}.`;
  },
  evidence: badAnswerEvidence,
};
