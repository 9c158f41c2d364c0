import { formatBytes, formatDuration } from '../text.ts';
import type { Cause } from './cause.ts';
import { longIdleUs, pathHops } from './signs/path.ts';
import { provenReset } from './signs/peer.ts';
import { idleBeforeAnswered, resetAtHandshakeEnd, senderSilence, strayed } from './signs/resets.ts';
import { namesOf } from './signs/words.ts';

export const natIdleReset: Cause = {
  id: 'nat-idle-reset',
  group: 'middlebox',
  severity: 'error',
  title: 'a NAT or firewall forgot the idle flow and sent RST',
  summary:
    'A NAT, firewall or load balancer dropped the entry of an idle flow and answers the next packet ' +
    "with RST in the server's name. The client gets ECONNRESET, the server stays ESTABLISHED.",
  recognise:
    "Long idle, then a segment of the client and an RST of form B whose TTL differs from the server's " +
    "packets, or that comes faster than the server's round trip; in the server's capture neither " +
    "segment nor RST. With the server's own TTL it is peer-restarted or nat-remapped.",
  remedy:
    "Keepalive or heartbeat below the box's timeout: TCP_KEEPIDLE 60 s and less (AWS NLB and NAT " +
    'gateway 350 s, Azure 4 min, many firewalls 30-60 min), or idle pools that close earlier; or raise ' +
    'the timeout on the box. Price: some packets. The server needs keepalive too, to get rid of its ' +
    'half. Check: probes in the capture at least once per timeout.',
  wouldSettle: [
    'a capture on the server side: did the segment arrive, did the RST leave?',
    'the idle timeout of each NAT, firewall and load balancer on the path',
  ],
  references: [
    'RFC 5382 section 5, REQ-5 (2 h 4 min for established)',
    'RFC 7857 section 2',
    'Linux: net.netfilter.nf_conntrack_tcp_timeout_established',
  ],
  scenario: 'nat-idle',
  kinds: ['rst', 'fin-then-rst'],
  fit: (k) => {
    const r = k.reset;
    if (r === null || !k.o.established || r.form !== 'B' || k.c.firstFinFrom >= 0) return 0;
    // Only that direction was captured: what the RST answers cannot be seen, but how long there was silence.
    if (k.receiver!.segments === 0) return r.foreign !== null && senderSilence(k) > 1_000_000 ? 0.5 : 0;
    if (!r.answers) return 0;
    const idle = idleBeforeAnswered(k);
    if (r.foreign !== null) return idle >= longIdleUs(k) ? 0.95 : 0.4;
    return idle >= 1_000_000 && !provenReset(k) && pathHops(k) > 0 && !strayed(k) && !resetAtHandshakeEnd(k)
      ? 0.6
      : 0;
  },
  story: (k) => {
    const { record: r, foreign } = k.reset!;
    const { sender, receiver } = namesOf(k);
    const length = r.trigger?.length ?? 0;
    const what = length === 0 ? 'a probe without text' : `${formatBytes(length)} of that`;
    const who =
      foreign === null
        ? `nothing shows that a box between the ends sent it rather than the ${sender}`
        : `it did not come from the ${sender}: ${foreign}`;
    return `The connection had been idle for ${formatDuration(idleBeforeAnswered(k))} when the ${receiver} sent again; the RST answers ${what}, and ${who}.`;
  },
};
