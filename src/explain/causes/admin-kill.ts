import { type Cause, neverFits } from './cause.ts';

export const adminKill: Cause = {
  id: 'admin-kill',
  group: 'app-abort',
  severity: 'note',
  title: 'the socket was destroyed from outside (ss -K)',
  summary:
    'An operator, an orchestrator or a network policy destroys the socket (SOCK_DESTROY over ' +
    'sock_diag, `ss -K`). The kernel sends RST; the local application gets ECONNABORTED, the peer ' +
    'ECONNRESET.',
  recognise:
    'On the wire the same as linger0-abort: RST of form A. Hints: many unrelated connections of one ' +
    'host at one instant, idle ones too; ECONNABORTED in the local log.',
  remedy:
    "Find who did it: shell history, `ss -K` in scripts, VPN and network-change handlers, Android's " +
    'connectivity service. Nothing to fix in the application but to reconnect. Check: no new ' +
    'ECONNABORTED in its log.',
  wouldSettle: [
    'ECONNABORTED in the log of the application on the side that sent the RST',
    'audit or shell logs for `ss -K` on that host',
  ],
  references: ['ss(8), option -K', 'Linux: tcp_abort (diag_destroy), CONFIG_INET_DIAG_DESTROY'],
  scenario: 'abrupt-end',
  kinds: ['rst', 'fin-then-rst'],
  fit: neverFits,
};
