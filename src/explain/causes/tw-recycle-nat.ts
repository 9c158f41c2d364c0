import { type Cause, neverFits } from './cause.ts';

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
  scenario: null,
  kinds: ['connect-timeout'],
  fit: neverFits,
};
