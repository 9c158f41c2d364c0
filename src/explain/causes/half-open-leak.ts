import { formatDuration } from '../text.ts';
import type { Cause } from './cause.ts';

/** Linux's keepalive would have asked by then, were it on (net.ipv4.tcp_keepalive_time). */
const KEEPALIVE_US = 7_200_000_000;

export const halfOpenLeak: Cause = {
  id: 'half-open-leak',
  group: 'peer-gone',
  severity: 'warning',
  title: 'the peer is gone and nobody notices: ESTABLISHED for ever',
  summary:
    'The peer vanished (power, network, NAT) without FIN or RST. The remaining side sends nothing and ' +
    'has no keepalive, so it stays ESTABLISHED for ever.',
  recognise:
    'On the wire: silence, which is also what a healthy idle connection shows; a capture alone cannot ' +
    'tell. Proof is a later packet of that side that stays unanswered (retransmission-timeout) or ' +
    'meets RST (peer-restarted).',
  remedy:
    'Enable keepalive (SO_KEEPALIVE with TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT; the system default ' +
    'waits 2 hours), or better a heartbeat in the protocol, and a read deadline in servers. Go sets ' +
    'keepalive of 15 s by itself, Node only by socket.setKeepAlive(true, ms). Price: a packet per ' +
    'interval, woken radios. Check: `ss -tno` shows a keepalive timer.',
  wouldSettle: ['`ss -tno` on both hosts: does the other end still exist, is a keepalive timer running?'],
  references: [
    'RFC 9293 section 3.8.4 (keepalives)',
    'RFC 9293 section 3.5.1 (half-open connections)',
    'Linux: net.ipv4.tcp_keepalive_time (7200 s)',
  ],
  scenario: 'half-open-crash',
  kinds: ['open'],
  fit: (k) => (k.o.captureEndUs - k.c.lastUs > KEEPALIVE_US ? 0.5 : 0),
  unseen: (k) => (k.o.closeKind === 'open' ? 0.4 : 0),
  story: (k) =>
    `Neither end has said anything for the last ${formatDuration(k.o.captureEndUs - k.c.lastUs)} of the capture, and neither asked whether the other is still there.`,
};
