import { State } from '../../states/index.ts';
import { Flag } from '../../wire/segment.ts';
import { formatCount } from '../text.ts';
import { CLIENT } from '../track/connection.ts';
import type { ResetRecord } from '../track/records.ts';
import type { Case, Cause } from './cause.ts';
import { badAnswerEvidence } from './signs/evidence.ts';
import { between } from './signs/words.ts';

/** Linux sends the SYN again two jiffies after such an RST (tcp_rcv_synsent_state_process). */
const SYN_AT_ONCE_US = 100_000;

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
  scenario: 'handshake-tampered',
  kinds: ['fin', 'rst', 'open', 'fin-then-rst', 'half-closed', 'abort-connect', 'connect-timeout'],
  needsOddity: true,
  fit: (k) => {
    if (k.c.previous === null && k.c.badAnswers > 0) return 0.92;
    return k.c.traces.strayResetAtUs >= 0 || refusedBeyond(k) !== undefined ? 0.92 : 0;
  },
  story: (k) => {
    const { c, client } = k;
    const refused = refusedBeyond(k);
    if (c.badAnswers === 0 && refused !== undefined)
      return `The client, before its handshake had ended, sent an RST with a number of its own ${between(refused.atUs, client.synAtUs)} after its SYN, and the SYN again ${between(refused.atUs, client.lastSynAtUs)} later: it refused an answer that did not pass here.`;
    if (c.badAnswers === 0)
      return `The client sent an RST ${between(c.traces.strayResetAtUs, client.synAtUs)} before the first SYN that this capture has: it answered something that never passed here, in place of a SYN-ACK.`;
    const again =
      client.syns > 1 ? `; the SYN went again ${between(client.lastSynAtUs, c.badAnswerAtUs)} later` : '';
    return `${between(c.badAnswerAtUs, client.synAtUs)} after the SYN came ${formatCount(c.badAnswers, 'segment')} without SYN instead of the SYN-ACK, acknowledging something else${again}.`;
  },
  evidence: (k, add) => {
    if (k.c.badAnswers > 0) badAnswerEvidence(k, add);
    else if (k.c.traces.strayResetAtUs >= 0)
      add(
        k.c.traces.strayResetPacket,
        k.c.traces.strayResetAtUs,
        'RST of the client before its SYN: the answer to something that is no answer to a SYN',
      );
  },
};

/** The client, still waiting for a SYN-ACK, refused something that never passed here, and sent its SYN again at once. */
function refusedBeyond(k: Case): ResetRecord | undefined {
  if (k.client.syns < 2 || k.c.badAnswers > 0) return undefined;
  return k.c.resets.find(
    (r) =>
      r.from === CLIENT &&
      r.senderState === State.synSent &&
      (r.flags & Flag.ack) === 0 &&
      r.seqAfterSent !== 0 &&
      k.client.lastSynAtUs > r.atUs &&
      k.client.lastSynAtUs - r.atUs < SYN_AT_ONCE_US,
  );
}
