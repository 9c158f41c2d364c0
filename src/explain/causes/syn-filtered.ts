import { formatCount } from '../text.ts';
import type { Cause } from './cause.ts';
import { othersAccepted, synOnly } from './signs/opening.ts';
import { neverArrived, synArrived } from './signs/peer.ts';

export const synFiltered: Cause = {
  id: 'syn-filtered',
  group: 'connect',
  severity: 'error',
  title: 'SYNs vanished without an answer: filtered or lost',
  summary:
    'Something drops the SYN silently: a firewall DROP rule, a security group, a wrong route or a dead ' +
    'host behind a silent router. No reset ever comes; connect() ends with ETIMEDOUT after more than ' +
    'two minutes by default.',
  recognise:
    'Only SYNs, with doubling gaps (Linux since 6.5: the first ones 1 s apart), no RST and no ICMP. If ' +
    'the same server port accepted others lately, accept-queue-full and syn-queue-full fit better; a ' +
    'SYN-ACK anywhere excludes it.',
  remedy:
    'Check the path and the rules on both sides: security groups and network ACLs (also of the way ' +
    "back), nftables/iptables DROP, routes, wrong address. For firewalls of one's own, reject instead " +
    'of drop inside the network, so that clients fail at once. Set a connect timeout of a few seconds ' +
    'in the client. Check: `nc -vz HOST PORT` and a capture on the server show the SYN.',
  wouldSettle: [
    'a capture on the server side: do the SYNs arrive?',
    '`traceroute -T -p PORT HOST` from the client',
    'ListenOverflows and TCPReqQFullDrop on the server: `nstat -az`',
  ],
  references: [
    'RFC 9293 section 3.8.3 (R2 for SYN)',
    'RFC 6298 section 5',
    'Linux: tcp_write_timeout, net.ipv4.tcp_syn_retries, net.ipv4.tcp_syn_linear_timeouts',
  ],
  scenario: 'connect-fails',
  kinds: ['connect-timeout'],
  fit: (k) => {
    if (!synOnly(k)) return 0;
    if (neverArrived(k)) return 0.97;
    return othersAccepted(k) || synArrived(k) ? 0.5 : 0.8;
  },
  story: (k) => {
    const { accepted, attempts } = k.c.serverRecord ?? { accepted: 0, attempts: 1 };
    if (neverArrived(k))
      return `None of ${formatCount(k.client.syns, 'SYN')} is in the other capture, which ran at that time: something on the way drops them.`;
    if (accepted > 0)
      return `Yet the same port answered ${formatCount(accepted, 'other SYN')}, so a filter would have to pick this client.`;
    const tried =
      attempts > 1
        ? `None of ${attempts} connection attempts to that port was`
        : 'No other connection to that port is in the capture, and this one was not';
    return `${tried} answered by SYN-ACK, RST or ICMP: something drops the SYN, or nobody is there.`;
  },
};
