import { formatCount } from '../text.ts';
import type { Cause } from './cause.ts';
import { pathHops } from './signs/path.ts';
import { provenUntranslated } from './signs/peer.ts';
import { forgotten, hadNoSocket, resetByServer, strayed } from './signs/resets.ts';
import { namesOf, silenceWords, triggerWords } from './signs/words.ts';

export const natRemapped: Cause = {
  id: 'nat-remapped',
  group: 'middlebox',
  severity: 'error',
  title: 'the NAT changed the source port of a live flow: RST',
  summary:
    'The NAT lost its table (reboot, failover, flush) and gave the old flow a new source port. The ' +
    'server does not know that flow and sends RST, which is translated back to the client.',
  recognise:
    "At the client equal to peer-restarted: RST of form B with the server's TTL to a mid-stream " +
    "segment. At the server a mid-stream segment comes from an unknown port of the NAT's address while " +
    'the old connection is still there: that proves it.',
  remedy:
    'Make the NAT keep its state over failover (conntrackd, vendor state sync), do not flush tables ' +
    'with live flows, and let clients reconnect on ECONNRESET. Keepalive only finds it earlier. ' +
    'nf_conntrack_tcp_loose=0 drops such packets instead of remapping them: then clients wait for a ' +
    'timeout. Check: many flows behind the same NAT died at one moment.',
  wouldSettle: [
    'a capture on the server side: the source port before and after',
    "the NAT's log: reboot, failover, flush",
    'uptime of the server, to exclude a restart',
  ],
  references: ['RFC 5382 section 5', 'RFC 9293 section 3.10.7.1', 'Linux: nf_conntrack_tcp_loose'],
  scenario: 'nat-idle',
  kinds: ['rst'],
  fit: (k) => {
    if (provenUntranslated(k)) return 0;
    if (k.peer?.remapped && k.reset?.accepted && hadNoSocket(k)) return 0.95;
    return forgotten(k) && !strayed(k) && resetByServer(k) && pathHops(k) > 0 ? 0.4 : 0;
  },
  halfSeen: (k) => (hadNoSocket(k) && resetByServer(k) ? 0.4 : 0),
  story: (k) => {
    const answer = `${silenceWords(k)}; the RST answers ${triggerWords(k)}.`;
    return k.peer?.remapped
      ? `${answer} The other capture has some segments of this connection under other ports.`
      : `${answer} A NAT on the path (${formatCount(pathHops(k), 'hop')}) that gave the flow another source port would make the ${namesOf(k).sender} answer like this.`;
  },
};
