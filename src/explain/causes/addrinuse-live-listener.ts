import { type Cause, neverFits } from './cause.ts';

export const addrinuseLiveListener: Cause = {
  id: 'addrinuse-live-listener',
  group: 'resources',
  severity: 'error',
  title: 'another socket listens on that port: EADDRINUSE',
  summary:
    'bind() or listen() fails with EADDRINUSE because a live socket listens there; SO_REUSEADDR does ' +
    'not help against a listener.',
  recognise: 'Nothing on the wire. Only the local call and `ss -ltnp` show it.',
  remedy:
    "Find it (`ss -ltnp 'sport = :PORT'`) and stop it: often the old process of a restart, or a child " +
    'that inherited the descriptor. If both should share, set SO_REUSEPORT in both (same user). A ' +
    'listener on 0.0.0.0 also blocks a specific address. Check: `ss -ltnp` shows one owner.',
  wouldSettle: ["`ss -ltnp 'sport = :PORT'`"],
  references: ['bind(2), socket(7): SO_REUSEADDR, SO_REUSEPORT', 'Linux: inet_csk_bind_conflict'],
  scenario: 'reuse-address',
  kinds: [],
  fit: neverFits,
};
