import { formatBytes, formatCount } from '../text.ts';
import type { Cause } from './cause.ts';
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
  fit: (k) => {
    if (strangeOldText(k) !== undefined) return 0.97;
    return k.c.pawsDrops > 0 && k.c.previous !== null ? 0.9 : 0;
  },
  story: (k) => {
    const old = strangeOldText(k);
    if (old !== undefined)
      return `${formatBytes(old.length)} with a timestamp older than this connection arrived in it, and the capture at their claimed sender does not have them. ${reuseWords(k)}.`;
    return `${formatCount(k.c.pawsDrops, 'segment')} came with a timestamp older than one its sender had used already. ${reuseWords(k)}.`;
  },
  evidence: (k, add) => add(k.c.pawsPacket, k.c.pawsAtUs, 'data with an old timestamp: dropped by PAWS'),
};
