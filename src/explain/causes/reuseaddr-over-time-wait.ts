import { type Cause, neverFits } from './cause.ts';

export const reuseaddrOverTimeWait: Cause = {
  id: 'reuseaddr-over-time-wait',
  group: 'resources',
  severity: 'ok',
  title: 'SO_REUSEADDR on both: bind over TIME-WAIT works',
  summary:
    'Old and new process set SO_REUSEADDR, so the new listener binds although TIME-WAIT entries hold ' +
    'the port.',
  recognise:
    'Nothing special on the wire: connections on the same server port before and after a restart ' +
    'within 60 s.',
  remedy: 'Nothing is wrong: this is the cure for addrinuse-time-wait.',
  wouldSettle: [],
  references: ['socket(7), SO_REUSEADDR', 'Linux: inet_csk_bind_conflict'],
  scenario: 'reuse-address',
  kinds: ['fin'],
  fit: neverFits,
};
