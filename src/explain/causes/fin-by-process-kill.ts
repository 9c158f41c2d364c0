import { type Cause, neverFits } from './cause.ts';

export const finByProcessKill: Cause = {
  id: 'fin-by-process-kill',
  group: 'orderly',
  severity: 'warning',
  title: 'the process died; the kernel closed for it with FIN',
  summary:
    'A process ends by SIGKILL, crash or OOM killer while its receive queue is empty. The kernel ' +
    'closes the socket like close(): a normal FIN, no RST.',
  recognise:
    'On the wire this equals fin-client-first or fin-server-first. Hints: FIN in the middle of an ' +
    'exchange (request acknowledged, no answer), the same host closing all its connections within ' +
    'milliseconds, SYNs to its port refused afterwards. With unread data it is process-kill-unread and ' +
    'an RST.',
  remedy:
    'Look for the exit, not for a network fault: `dmesg` / `journalctl -k` for the OOM killer, exit ' +
    "status 137 of the container, core dumps, the supervisor's log. A clean stop drains first: handle " +
    'SIGTERM, stop accepting, finish requests, close; give it time (Kubernetes ' +
    'terminationGracePeriodSeconds). Check: exit status 0 at the next stop, and no request cut short.',
  wouldSettle: [
    'the exit status of the process and `journalctl -k | grep -i oom` at that time',
    'whether the port refused new connections just afterwards',
  ],
  references: ['RFC 9293 section 3.6', 'Linux: do_exit -> sock_close -> __tcp_close'],
  scenario: 'process-killed',
  kinds: ['fin'],
  fit: neverFits,
};
