import type { Case, Cause } from './cause.ts';
import { farEnd, longIdleUs, pathHops } from './signs/path.ts';
import { provenReset } from './signs/peer.ts';
import {
  forgotten,
  hadNoSocket,
  idleBeforeAnswered,
  resetInTimeWait,
  senderSilence,
  strayed,
} from './signs/resets.ts';
import { beforeReset, namesOf, silenceWords } from './signs/words.ts';

export const middleboxRst: Cause = {
  id: 'middlebox-rst',
  group: 'middlebox',
  severity: 'error',
  title: 'a third party reset the connection: no end sent the RST',
  summary:
    'A box on the path (firewall, IDS, DPI, censor, proxy) injects an RST with a fitting sequence ' +
    'number towards one or both ends. The application gets ECONNRESET although the peer sent none.',
  recognise:
    "An RST whose TTL, IP ID, missing timestamp option or window do not fit the claimed sender's other " +
    'packets, that comes faster than the round trip, or after which the claimed sender goes on sending ' +
    'as if nothing had been. Both ends reset at once, or captures on both sides disagree, prove it.',
  remedy:
    'Find the box: compare TTLs with `traceroute`, look at firewall and IDS logs for the four-tuple, ' +
    'try without each box. Then change its rule. Ends cannot prevent exact RSTs; encryption hides the ' +
    'trigger, not the four-tuple; an IPsec or WireGuard tunnel protects the TCP header. Check: same ' +
    'TTL for all packets of the peer.',
  wouldSettle: [
    'a capture on the other side: did that host send this RST?',
    'logs of firewalls and IDS on the path for this four-tuple',
  ],
  references: [
    'RFC 3360 (inappropriate resets considered harmful)',
    'RFC 5961 section 3.2',
    'N. Weaver, R. Sommer, V. Paxson: Detecting Forged TCP Reset Packets, NDSS 2009',
  ],
  scenario: 'middlebox-resets',
  kinds: ['rst', 'fin-then-rst', 'fin', 'timeout', 'open', 'half-closed'],
  needsOddity: true,
  fit: (k) => {
    const r = k.reset;
    if (r === null || !r.accepted || resetInTimeWait(k)) return 0;
    // In form, an RST forged with the right number and TTL is the one a restarted host sends.
    if (r.foreign === null)
      return !provenReset(k) && pathHops(k) > 0 && (lostAmidst(k) || finRefused(k)) ? 0.4 : 0;
    if (r.answers && r.form === 'B' && idleBeforeAnswered(k) >= longIdleUs(k)) return 0.3;
    return 0.9;
  },
  halfSeen: (k) => (hadNoSocket(k) ? 0.5 : 0),
  unseen: (k) => (k.o.closeKind === 'open' && farEnd(k) !== null ? 0.2 : 0),
  story: (k) => {
    const { sender, receiver } = namesOf(k);
    const r = k.reset!;
    if (r.foreign === null)
      return `${silenceWords(k)} and sits ${pathHops(k)} hops away with the ${receiver}: a box on the path could have sent this RST with the same number.`;
    return `It was not the ${sender} that sent it: ${r.foreign}. The ${receiver} took it, ${beforeReset(k, k.c.startUs)} into the connection, as the number was right.`;
  },
};

/** A host that had just been heard answers as if it knew nothing. */
function lostAmidst(k: Case): boolean {
  return forgotten(k) && !strayed(k) && senderSilence(k) < 1_000_000;
}

/** The first FIN, or text after it, meets no socket although that end never closed: an RST may have reached it before. */
function finRefused(k: Case): boolean {
  return hadNoSocket(k) && k.passive !== null && k.sender === k.passive && k.passive.fins === 0;
}
