import { formatCount, formatDuration } from '../text.ts';
import type { Cause } from './cause.ts';
import { challengedBeyond, challengedBeyondEvidence, challengedBeyondWords } from './signs/far.ts';
import { badHandshakeReset, synSenderReset } from './signs/resets.ts';
import { challengedReset } from './signs/words.ts';

export const rstChallenged: Cause = {
  id: 'rst-challenged',
  group: 'middlebox',
  severity: 'note',
  title: 'an inexact RST was answered with a challenge ACK',
  summary:
    'An RST inside the receive window but not at its left edge arrives. The receiver answers with a ' +
    'challenge ACK and goes on; a real peer would answer that with an exact RST.',
  recognise:
    "RST with a sequence number above the receiver's RCV.NXT, an ACK back at once, and the connection " +
    'continues. Outside the window it is rst-ignored; if an exact RST follows the challenge, the peer ' +
    'really is gone.',
  remedy:
    'Somebody guesses, or a middlebox is sloppy. The connection is unharmed. If it happens often, find ' +
    "the box by the RST's TTL (middlebox-rst). Check: TCPChallengeACK.",
  wouldSettle: [
    "a capture on the claimed sender's side: did it send that RST?",
    'TCPChallengeACK on the receiver: `nstat -az TcpExtTCPChallengeACK`',
  ],
  references: [
    'RFC 5961 section 3.2',
    'RFC 9293 section 3.5.3 (reset processing)',
    'Linux: tcp_validate_incoming, tcp_send_challenge_ack',
  ],
  scenario: 'forged-segments',
  kinds: ['fin', 'open', 'half-closed', 'rst', 'fin-then-rst'],
  needsOddity: true,
  fit: (k) => {
    if (k.c.challengedResets === 0) return challengedBeyond(k) ? 0.84 : 0;
    return !(k.reset?.accepted ?? false) && !badHandshakeReset(k) && !synSenderReset(k) ? 0.9 : 0;
  },
  story: (k) => {
    if (k.c.challengedResets === 0) return challengedBeyondWords(k);
    const r = challengedReset(k);
    if (r === undefined)
      return `${formatCount(k.c.challengedResets, 'RST')} inside the window but not at the expected number.`;
    return `The RST's number was ${r.seqAfterAcked} beyond the one expected, inside the window; the connection went on for ${formatDuration(Math.max(0, k.c.lastUs - r.atUs))}.`;
  },
  evidence: (k, add) => {
    if (k.c.challengedResets === 0) challengedBeyondEvidence(k, add);
    const r = challengedReset(k);
    if (r !== undefined && r !== k.reset?.record)
      add(r.packet, r.atUs, `RST ${r.seqAfterAcked} beyond the number expected`);
  },
};
