import { formatCount } from '../text.ts';
import type { Cause } from './cause.ts';
import { challengedBeyond, challengedBeyondEvidence, challengedBeyondWords } from './signs/far.ts';
import { strangeAckOfUnsent } from './signs/peer.ts';
import { between } from './signs/words.ts';

export const ackOfUnsentData: Cause = {
  id: 'ack-of-unsent-data',
  group: 'middlebox',
  severity: 'note',
  title: 'a segment acknowledged data never sent: dropped',
  summary:
    'A segment arrives whose ACK lies beyond what was ever sent. It is dropped with its payload and ' +
    'answered with an ACK; the connection is unharmed.',
  recognise:
    'ACK number above the highest sequence number of the other direction, then a challenge ACK, and ' +
    'the connection goes on. If the capture itself lost packets of that direction, the ACK may be ' +
    'good: a capture loss looks the same.',
  remedy:
    'A broken middlebox (sequence translation lost), or blind injection. Compare captures on both ' +
    'ends. Nothing to do for the connection itself. Check: TCPChallengeACK stays still.',
  wouldSettle: ["a capture on the claimed sender's side"],
  references: [
    'RFC 9293 section 3.10.7.4 (ACK of something not yet sent)',
    'RFC 5961 section 5.2',
    'Linux: tcp_ack (TCP_ACK_UNSENT_DATA)',
  ],
  scenario: 'forged-segments',
  kinds: ['fin', 'open', 'half-closed'],
  needsOddity: true,
  fit: (k) => {
    if (k.c.foreignAckOfUnsent + k.c.traces.bogusAcks > 0 || strangeAckOfUnsent(k)) return 0.9;
    return challengedBeyond(k) ? 0.72 : 0;
  },
  story: (k) => {
    const { foreignAckOfUnsent, foreignAtUs, startUs, lastUs } = k.c;
    const { bogusAcks, beyondAtUs } = k.c.traces;
    if (bogusAcks > 0)
      return `${between(beyondAtUs, startUs)} after the first packet an acknowledgement lay beyond all that was sent; the text and the acknowledgements after it went on below, so it was none. The connection went on for ${between(beyondAtUs, lastUs)}.`;
    if (challengedBeyond(k)) return challengedBeyondWords(k);
    if (foreignAckOfUnsent === 0)
      return `A segment that its claimed sender's own capture does not have acknowledged what was never sent; the connection, ${between(startUs, lastUs)} long, was unharmed.`;
    return `${formatCount(foreignAckOfUnsent, 'segment')} acknowledged what was never sent; the connection went on for ${between(foreignAtUs, lastUs)}.`;
  },
  evidence: (k, add) => {
    const { traces } = k.c;
    if (traces.bogusAcks > 0) add(traces.beyondPacket, traces.beyondAtUs, 'acknowledges what was never sent');
    else if (challengedBeyond(k)) challengedBeyondEvidence(k, add);
    else
      add(
        k.c.foreignPacket,
        k.c.foreignAtUs,
        'segment of another sender: its acknowledgement lies beyond what was sent',
      );
  },
};
