import { type Cause, neverFits } from './cause.ts';

export const reuseportListenerClosed: Cause = {
  id: 'reuseport-listener-closed',
  group: 'connect',
  severity: 'error',
  title: 'one SO_REUSEPORT listener closed with a queue: RST',
  summary:
    'One of several SO_REUSEPORT listeners closes (rolling restart of workers) with connections in its ' +
    'own queue: they are reset although other listeners would take them.',
  recognise:
    'On the wire equal to listener-closed-with-queue, but new connections to the port go on working: ' +
    'no refusals around it.',
  remedy:
    'Set net.ipv4.tcp_migrate_req=1 (Linux 5.14 or newer), which moves the queued connections to ' +
    'another listener; or let the worker stop getting new ones (BPF, SO_ATTACH_REUSEPORT_EBPF), accept ' +
    'its queue, then close. nginx `listen ... reuseport`, HAProxy, Envoy `enable_reuse_port` are ' +
    'affected when workers come and go. Check: TCPMigrateReqSuccess counts.',
  wouldSettle: [
    'TCPMigrateReqSuccess / TCPMigrateReqFailure on the server: `nstat -az`',
    "worker restarts in the server's log",
  ],
  references: ['Linux: inet_csk_listen_stop, net.ipv4.tcp_migrate_req', 'socket(7), SO_REUSEPORT'],
  scenario: 'listener-closes',
  kinds: ['rst'],
  fit: neverFits,
};
