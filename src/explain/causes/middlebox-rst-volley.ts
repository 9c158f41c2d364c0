import { formatOffset } from '../text.ts';
import type { Cause } from './cause.ts';
import { volley } from './signs/resets.ts';
import { between } from './signs/words.ts';

export const middleboxRstVolley: Cause = {
  id: 'middlebox-rst-volley',
  group: 'middlebox',
  severity: 'error',
  title: 'a volley of forged RSTs: the mark of a content filter',
  summary:
    'A content filter sees a request and sends several RSTs with different sequence numbers to both ' +
    'ends, to hit although data is in flight. The answer arrives too late.',
  recognise:
    'Three or more RSTs within milliseconds, with rising sequence numbers, right after a request or ' +
    'ClientHello, with a TTL of their own; an answer that arrives after the RST. Many RSTs with one ' +
    'and the same sequence number are only answers to several in-flight segments.',
  remedy:
    'Nothing to mend at the ends. Use another path, encrypt the part the filter reads (HTTPS, ECH, DNS ' +
    "over TLS) or a tunnel; if the filter is one's own, add an exception. Check: the same request over " +
    'another path succeeds.',
  wouldSettle: ['the same request over another path, or without the suspicious words or server name'],
  references: [
    'R. Clayton, S. Murdoch, R. Watson: Ignoring the Great Firewall of China, PET 2006',
    'N. Weaver, R. Sommer, V. Paxson: Detecting Forged TCP Reset Packets, NDSS 2009',
  ],
  scenario: 'middlebox-resets',
  kinds: ['rst', 'fin-then-rst'],
  fit: (k) => (volley(k) ? 0.95 : 0),
  halfSeen: (k) => (k.c.resets.length > 1 ? 0.45 : 0),
  story: (k) => {
    const { resets } = k.c;
    const numbers = new Set(resets.map((r) => r.seq)).size;
    return `${resets.length} RSTs with ${numbers} different sequence numbers came within ${between(resets.at(-1)!.atUs, resets[0]!.atUs)}, the first ${between(resets[0]!.atUs, Math.max(k.client.lastDataAtUs, k.c.startUs))} from the client's last data: somebody guesses ahead.`;
  },
  evidence: (k, add) => {
    for (const r of k.c.resets.slice(0, 6))
      if (r !== k.reset?.record)
        add(
          r.packet,
          r.atUs,
          `RST in the ${r.from === 0 ? 'client' : 'server'}'s name, ${formatOffset(r.seqAfterSent)} what that end had sent`,
        );
  },
};
