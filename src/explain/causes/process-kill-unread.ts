import { type Cause, neverFits } from './cause.ts';

export const processKillUnread: Cause = {
  id: 'process-kill-unread',
  group: 'app-abort',
  severity: 'error',
  title: 'the process died with unread data: RST',
  summary:
    'A process ends by SIGKILL, crash or OOM killer while received bytes wait unread. The kernel ' +
    'closes its sockets as close() would: RST because of the unread data.',
  recognise:
    "Equal to close-with-unread-data for one connection. Hints: all connections of that host's port " +
    'end within milliseconds, those with an empty queue by FIN, and new SYNs are refused right after.',
  remedy:
    'Find why it died: `journalctl -k | grep -i oom`, exit status 137/139, core dumps, the ' +
    "orchestrator's events. Then drain on SIGTERM before the SIGKILL comes " +
    '(terminationGracePeriodSeconds, TimeoutStopSec). Check: the process start time (`ps -o lstart`) ' +
    'no longer moves at the times of the resets.',
  wouldSettle: [
    'the exit status and start time of the process; `journalctl -k | grep -i oom`',
    'whether the port refused connections just afterwards',
  ],
  references: [
    'RFC 9293 section 3.6.1 (SHLD-3)',
    'Linux: do_exit -> sock_close -> __tcp_close (data_was_unread)',
  ],
  scenario: 'process-killed',
  kinds: ['rst', 'fin-then-rst'],
  fit: neverFits,
};
