import { formatCount, formatDuration } from '../text.ts';
import type { Cause } from './cause.ts';
import { strangeSynEvidence } from './signs/evidence.ts';
import { challengedBeyond, challengedBeyondEvidence, challengedBeyondWords } from './signs/far.ts';
import { synSenderReset } from './signs/resets.ts';
import { between } from './signs/words.ts';

export const synChallenged: Cause = {
  id: 'syn-challenged',
  group: 'middlebox',
  severity: 'note',
  title: 'a SYN on a live connection: challenge ACK',
  summary:
    'A SYN arrives for an existing connection. The receiver answers with a challenge ACK and keeps the ' +
    'connection; if the sender of the SYN really lost its state it answers RST and tries again.',
  recognise:
    'SYN on a four-tuple in mid-stream, ACK with the current numbers back. If RST and a new SYN ' +
    'follow, it is half-open-reconnect-same-port; if the connection simply goes on, the SYN was a ' +
    'forgery, a late duplicate or another host behind the same NAT.',
  remedy:
    'If it repeats with failed connects, two clients share one four-tuple (NAT, client address ' +
    'preservation: five-tuple-collision), or clients reuse ports too early. Otherwise nothing. Check: ' +
    'TCPSYNChallenge.',
  wouldSettle: [
    'TCPSYNChallenge on the receiver: `nstat -az TcpExtTCPSYNChallenge`',
    'a capture on the client: did it send that SYN?',
  ],
  references: ['RFC 5961 section 4.2', 'Linux: tcp_validate_incoming (TCPSYNChallenge)'],
  scenario: 'forged-segments',
  kinds: ['fin', 'rst', 'fin-then-rst', 'open', 'half-closed'],
  needsOddity: true,
  fit: (k) => {
    if (k.c.strangeSyns === 0) return challengedBeyond(k) ? 0.78 : 0;
    return k.c.strangeSynAnswered && !synSenderReset(k) ? 0.9 : 0;
  },
  story: (k) => {
    if (k.c.strangeSyns === 0) return challengedBeyondWords(k);
    return `${formatCount(k.c.strangeSyns, 'SYN')} came on the live connection, the first ${between(k.c.strangeSynAtUs, k.c.startUs)} after its start; the other end answered with an ACK, and the connection went on for ${formatDuration(Math.max(0, k.c.lastUs - k.c.strangeSynAtUs))}.`;
  },
  evidence: (k, add) =>
    k.c.strangeSyns === 0 ? challengedBeyondEvidence(k, add) : strangeSynEvidence(k, add),
};
