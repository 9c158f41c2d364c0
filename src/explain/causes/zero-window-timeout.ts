import { isStuckAtZeroWindow } from '../outcome.ts';
import { formatCount, nameOf } from '../text.ts';
import type { Cause } from './cause.ts';
import { zeroWindowEvidence } from './signs/evidence.ts';
import { unanswered } from './signs/path.ts';
import { between } from './signs/words.ts';

export const zeroWindowTimeout: Cause = {
  id: 'zero-window-timeout',
  group: 'peer-stuck',
  severity: 'error',
  title: 'reader stalled at window 0 until the sender gave up',
  summary:
    "The receiver stops reading; its window stays 0. The sender's probes are answered, but its " +
    'TCP_USER_TIMEOUT (or its own deadline) runs out: ETIMEDOUT.',
  recognise:
    'Window 0, probes at growing gaps, each answered with window 0, then silence or an RST by the ' +
    'prober. The answers prove that network and peer kernel live: that excludes ' +
    'retransmission-timeout. Without TCP_USER_TIMEOUT Linux probes for ever as long as answers come.',
  remedy:
    'Fix the reader; the network is fine. Look for a stopped process, a full disk, a lock, a paused ' +
    'Node stream, a consumer slower than its input. On the sender a write deadline or TCP_USER_TIMEOUT ' +
    'frees the socket. Price: a slow but living reader is cut off. Check: Recv-Q on the reader goes ' +
    'back to 0.',
  wouldSettle: [
    'Recv-Q on the reader: `ss -tnp`, and the stack of its process',
    "the sender's TCP_USER_TIMEOUT or write deadline",
  ],
  references: [
    'RFC 9293 section 3.8.6.1 (zero-window probing)',
    'RFC 6429 (persist condition)',
    'Linux: tcp_probe_timer',
  ],
  scenario: 'stuck-reader',
  kinds: ['timeout'],
  fit: (k) => {
    const u = unanswered(k);
    return u !== null && isStuckAtZeroWindow(u.end, u.peer) ? 0.95 : 0;
  },
  story: (k) => {
    const { end, peer } = unanswered(k)!;
    const name = nameOf(k, peer);
    const heard =
      peer.lastAtUs >= end.windowProbeLastAtUs
        ? `answered the last of ${formatCount(end.windowProbes, 'probe')} ${between(peer.lastAtUs, end.windowProbeLastAtUs)} after it, so host and network live: its application does not read`
        : `was last heard ${between(peer.lastAtUs, end.windowProbeLastAtUs)} before the last of ${formatCount(end.windowProbes, 'probe')}`;
    return `The ${name}'s window had been 0 since ${between(peer.zeroSinceUs, k.c.startUs)} after the start; the ${name} ${heard}.`;
  },
  evidence: (k, add) => zeroWindowEvidence(k, unanswered(k)!.peer, add),
};
