import { formatBytes, formatCount } from '../text.ts';
import type { Cause } from './cause.ts';
import { challengedBeyond, challengedBeyondEvidence, challengedBeyondWords } from './signs/far.ts';
import { strangeOldText } from './signs/peer.ts';
import { reuseWords } from './signs/words.ts';

export const wanderingDuplicateRejectedByPaws: Cause = {
  id: 'wandering-duplicate-rejected-by-paws',
  group: 'time-wait',
  severity: 'ok',
  title: 'PAWS dropped an old segment of an earlier connection',
  summary:
    'A delayed segment of an earlier connection on the same four-tuple arrives in the new one. Its ' +
    'timestamp is old, so PAWS drops it.',
  recognise:
    'On a reused four-tuple: a segment with a TSval of the earlier connection, answered by a duplicate ' +
    'ACK and not delivered.',
  remedy: 'Nothing is wrong: timestamps protected the data even without TIME-WAIT. Keep them on.',
  wouldSettle: ['PAWSEstab on the receiver: `nstat -az TcpExtPAWSEstab`'],
  references: ['RFC 7323 section 5 (PAWS) and appendix B.2', 'Linux: tcp_paws_discard'],
  scenario: 'wandering-duplicate',
  kinds: ['fin', 'open', 'half-closed'],
  needsOddity: true,
  fit: (k) => {
    if (strangeOldText(k) !== undefined) return 0.97;
    const { traces, pawsDrops, previous } = k.c;
    if (traces.textBeforeSyn > 0) return previous === null ? 0.5 : 0.95;
    const stamped = k.client.timestamps && k.server.timestamps;
    if (stamped && traces.alienSacks > 0) return 0.92;
    // On ports used just before, what the far end answered unseen is most likely out of that time.
    if (stamped && previous !== null && challengedBeyond(k)) return 0.92;
    return pawsDrops > 0 && previous !== null ? 0.9 : 0;
  },
  halfSeen: (k) => (k.c.pawsDrops > 0 ? 0.4 : 0),
  story: (k) => {
    const old = strangeOldText(k);
    if (old !== undefined)
      return `${formatBytes(old.length)} with a timestamp older than this connection arrived in it, and the capture at their claimed sender does not have them. ${reuseWords(k)}.`;
    const { traces, pawsDrops, previous } = k.c;
    const reuse = previous === null ? '' : ` ${reuseWords(k)}.`;
    if (pawsDrops + traces.alienSacks === 0) return `${challengedBeyondWords(k)}${reuse}`;
    if (pawsDrops === 0)
      return `${formatCount(traces.alienSacks, 'SACK block')} lay below the first sequence number of this connection: text of an earlier one on the same ports had arrived at the other end, and was not taken.${reuse}`;
    if (traces.textBeforeSyn > 0)
      return `${formatCount(traces.textBeforeSyn, 'segment')} came with a timestamp older than this connection's SYN: PAWS drops that.${reuse}`;
    return `${formatCount(k.c.pawsDrops, 'segment')} came with a timestamp older than one its sender had used already. ${reuseWords(k)}.`;
  },
  evidence: (k, add) => {
    const { traces } = k.c;
    if (k.c.pawsDrops > 0) add(k.c.pawsPacket, k.c.pawsAtUs, 'data with an old timestamp: dropped by PAWS');
    else if (traces.alienSacks > 0)
      add(traces.alienSackPacket, traces.alienSackAtUs, 'SACK of text from before this connection (D-SACK)');
    else challengedBeyondEvidence(k, add);
  },
};
