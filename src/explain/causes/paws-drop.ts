import { formatCount, formatDuration } from '../text.ts';
import type { Cause } from './cause.ts';
import { challengedBeyond, challengedBeyondEvidence, challengedBeyondWords } from './signs/far.ts';
import { resetInTimeWait } from './signs/resets.ts';

export const pawsDrop: Cause = {
  id: 'paws-drop',
  group: 'middlebox',
  severity: 'note',
  title: 'old timestamp: segment dropped by PAWS',
  summary:
    'A segment with a timestamp older than the last accepted one arrives on a live connection. PAWS ' +
    'drops it and answers with an ACK; the connection goes on.',
  recognise:
    'TSval below the last one accepted from that end by more than reordering explains, then a ' +
    'duplicate ACK, no delivery. With an earlier connection on the same four-tuple it is ' +
    'wandering-duplicate-rejected-by-paws.',
  remedy:
    'A late duplicate, or two hosts behind one NAT that share the four-tuple, or a box that rewrites ' +
    'timestamps in one direction only. If it repeats, look for that box. Never turn timestamps off as ' +
    'a cure: PAWS is the protection. Check: PAWSEstab stands still.',
  wouldSettle: ['PAWSEstab on the receiver: `nstat -az TcpExtPAWSEstab`'],
  references: ['RFC 7323 section 5 (PAWS)', 'Linux: tcp_validate_incoming, tcp_paws_discard'],
  scenario: 'forged-segments',
  kinds: ['fin', 'open', 'half-closed', 'rst'],
  needsOddity: true,
  fit: (k) => {
    if (k.c.pawsDrops > 0) return k.c.previous === null && !resetInTimeWait(k) ? 0.9 : 0;
    return k.client.timestamps && k.server.timestamps && challengedBeyond(k) ? 0.66 : 0;
  },
  story: (k) => {
    if (k.c.pawsDrops === 0) return challengedBeyondWords(k);
    return `${formatCount(k.c.pawsDrops, 'segment')} came with a timestamp older than one its sender had used already (answered with an ACK and dropped); the connection went on for ${formatDuration(Math.max(0, k.c.lastUs - k.c.pawsAtUs))}.`;
  },
  evidence: (k, add) => {
    if (k.c.pawsDrops === 0) challengedBeyondEvidence(k, add);
    else add(k.c.pawsPacket, k.c.pawsAtUs, 'data with an old timestamp: dropped by PAWS');
  },
};
