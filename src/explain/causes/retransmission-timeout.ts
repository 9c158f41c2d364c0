import { isStuckAtZeroWindow } from '../outcome.ts';
import type { End } from '../track/connection.ts';
import type { Case, Cause } from './cause.ts';
import { silentEndEvidence } from './signs/evidence.ts';
import { farEnd, unanswered } from './signs/path.ts';
import { abortedLive, retriedInVain, soughtAnswer } from './signs/resets.ts';
import { gaveUpWords, silentEndWords } from './signs/words.ts';

export const retransmissionTimeout: Cause = {
  id: 'retransmission-timeout',
  group: 'peer-gone',
  severity: 'error',
  title: 'retransmissions ran out: peer or path dead',
  summary:
    'Data gets no acknowledgement; it is retransmitted with doubling gaps until net.ipv4.tcp_retries2 ' +
    'is used up (15: at least 924.6 s). The application gets ETIMEDOUT; nothing more is sent, no RST ' +
    '(FreeBSD sends one).',
  recognise:
    'The same segment again and again with doubling gaps and no packet from the peer, then silence. A ' +
    'window of 0 before it is zero-window-timeout; only full-size segments lost while small ones pass ' +
    'is pmtu-blackhole; data after a long idle that was never answered is nat-idle-drop. user-timeout ' +
    'ends earlier than the retries would.',
  remedy:
    'Find the dead peer or path (both directions). Let the application know sooner: TCP_USER_TIMEOUT ' +
    'per socket (for example 30 s), a read or write deadline, or a heartbeat; lowering tcp_retries2 (8 ' +
    'gives about 100 s) affects the whole host. Price: shorter outages than that now break ' +
    'connections. Check: TCPAbortOnTimeout (which also counts failed connects).',
  wouldSettle: [
    "a capture on the peer's side: do the retransmissions arrive, do ACKs leave?",
    'uptime of the peer; link and route changes at that time',
  ],
  references: [
    'RFC 9293 section 3.8.3 (R1, R2)',
    'RFC 6298 section 5 (RTO back-off)',
    'Linux: tcp_write_timeout, net.ipv4.tcp_retries2, counter TCPAbortOnTimeout',
  ],
  scenario: 'half-open-crash',
  kinds: ['timeout', 'rst'],
  fit: (k) => {
    if (retriedInVain(k)) return 0.9;
    const u = unanswered(k);
    if (u === null || u.end.retryRun === 0 || isStuckAtZeroWindow(u.end, u.peer)) return 0;
    if (k.reset !== null) return saidGoodbye(k, u.end) ? 0.96 : 0;
    return k.c.firstFinFrom >= 0 ? 0.5 : 0.8;
  },
  unseen: (k) => (k.o.closeKind === 'open' && farEnd(k) !== null ? 0.3 : 0),
  halfSeen: (k) => (abortedLive(k) && soughtAnswer(k.sender!) ? 0.36 : 0),
  story: (k) => (retriedInVain(k) ? gaveUpWords(k) : silentEndWords(k)),
  evidence: silentEndEvidence,
};

/** FreeBSD (tcp_drop) sends an RST when the last try has waited in vain, as long as the one before or longer. */
function saidGoodbye(k: Case, end: End): boolean {
  const waited = k.reset!.record.atUs - end.retryLastAtUs;
  return (
    k.sender === end && abortedLive(k) && end.retryRun > SEVERAL && waited >= end.retryGapUs - ROUNDING_US
  );
}

/** An application that gives up does so when it likes; by then the gaps have not doubled so often. */
const SEVERAL = 5;
const ROUNDING_US = 10_000;
