import type { Cause } from './cause.ts';
import { answerDelayUs, handmadeSyn } from './signs/opening.ts';
import { between, synOptionWords } from './signs/words.ts';

export const synScan: Cause = {
  id: 'syn-scan',
  group: 'connect',
  severity: 'ok',
  title: 'a SYN scan: the SYN-ACK was answered with RST',
  summary:
    'Somebody sends a SYN from a raw socket to see whether the port is open; the SYN-ACK meets a ' +
    'kernel that knows nothing of it and answers RST. No application sees it.',
  recognise:
    'SYN without the options a kernel sends (at most MSS), SYN-ACK, RST of form B from the client ' +
    "within one RTT; often one source to many ports or hosts. A kernel's SYN and a late SYN-ACK are " +
    'abort-in-syn-sent.',
  remedy:
    'No connection was ever made: ignore it, or limit the source at the firewall. Half-open health ' +
    "checks look the same; name their source in the monitoring. Check: the listener's accept count " +
    'does not move.',
  wouldSettle: ['other traffic of the same source: many ports or hosts in a short time'],
  references: [
    'RFC 9293 section 3.10.7.1 (CLOSED state: reset)',
    'Linux: tcp_v4_rcv (no_tcp_socket)',
    'nmap reference guide, SYN scan (-sS)',
  ],
  scenario: 'port-scan',
  kinds: ['abort-connect', 'refused'],
  fit: (k) => {
    if (k.o.closeKind !== 'abort-connect' || k.server.syns === 0 || k.c.synAckRepeats > 1) return 0;
    if (handmadeSyn(k.client)) return 0.95;
    return k.client.syns === 1 && answerDelayUs(k) < 20_000 ? 0.6 : 0.2;
  },
  story: (k) =>
    `The SYN carried ${synOptionWords(k.client)} and a window of ${k.client.synWindow}; the client's host answered the SYN-ACK ${between(k.reset!.record.atUs, k.server.lastSynAtUs)} later with RST, as it had no socket for it.`,
};
