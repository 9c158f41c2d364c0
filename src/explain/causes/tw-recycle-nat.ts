import { formatCount } from '../text.ts';
import type { Cause } from './cause.ts';
import { othersAccepted, synOnly } from './signs/opening.ts';

export const twRecycleNat: Cause = {
  id: 'tw-recycle-nat',
  group: 'field',
  severity: 'error',
  title: 'tcp_tw_recycle dropped SYNs from behind a NAT',
  summary:
    'A server with net.ipv4.tcp_tw_recycle=1 (Linux before 4.12) remembers one timestamp per address ' +
    'and drops SYNs with a lower one: clients behind one NAT lose connections at random.',
  recognise:
    'SYN with a TSval lower than the last one from the same address, unanswered; the same client ' +
    'without timestamps, or others with newer ones, are fine.',
  remedy:
    'Set net.ipv4.tcp_tw_recycle=0 on the server; it is gone since Linux 4.12. It was never a cure for ' +
    'port exhaustion: see port-exhaustion. Check: PAWSPassive stands still.',
  wouldSettle: [
    '`sysctl net.ipv4.tcp_tw_recycle` and PAWSPassive on the server: `nstat -az TcpExtPAWSPassive`',
  ],
  references: [
    'RFC 7323 appendix B.2',
    'Linux before 4.12: tcp_conn_request, net.ipv4.tcp_tw_recycle',
    'fluent/fluentd-docs#394',
  ],
  scenario: 'time-wait-recycle',
  kinds: ['connect-timeout'],
  fit: (k) => (synOnly(k) && k.c.traces.synBehind > 0 ? (othersAccepted(k) ? 0.9 : 0.6) : 0),
  story: (k) => {
    const { accepted } = k.c.serverRecord ?? { accepted: 0 };
    return `The SYN's timestamp lies ${formatCount(k.c.traces.synBehind, 'tick')} below one that the same address had used toward this server before: two hosts behind one address. Others were answered (${formatCount(accepted, 'SYN-ACK')} of that port), this one never.`;
  },
  evidence: (k, add) =>
    add(
      k.client.synPacket,
      k.client.synAtUs,
      'SYN with a timestamp older than the last one from that address',
    ),
};
