import { type Cause, neverFits } from './cause.ts';

export const reuseportMigrated: Cause = {
  id: 'reuseport-migrated',
  group: 'connect',
  severity: 'ok',
  title: 'queued connection moved to another listener',
  summary:
    'A SO_REUSEPORT listener closed, and net.ipv4.tcp_migrate_req=1 handed its queued connection to ' +
    'another listener: no reset.',
  recognise: 'Not visible on the wire: a normal connection. The counter TCPMigrateReqSuccess is the proof.',
  remedy: 'Nothing is wrong: this is the cure for reuseport-listener-closed.',
  wouldSettle: ['TCPMigrateReqSuccess on the server: `nstat -az TcpExtTCPMigrateReqSuccess`'],
  references: ['Linux: inet_csk_listen_stop, inet_reqsk_clone, net.ipv4.tcp_migrate_req'],
  scenario: 'listener-closes',
  kinds: ['fin'],
  fit: neverFits,
};
