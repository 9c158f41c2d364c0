import { type Cause, neverFits } from './cause.ts';

export const bindAddressNoPort: Cause = {
  id: 'bind-address-no-port',
  group: 'resources',
  severity: 'ok',
  title: 'IP_BIND_ADDRESS_NO_PORT: the port was chosen at connect()',
  summary:
    'The socket was bound to a source address with IP_BIND_ADDRESS_NO_PORT, so the kernel chose the ' +
    'port at connect() and could share it between destinations.',
  recognise:
    'A normal connection; that its source port is also in use towards another destination is the only sign.',
  remedy: 'Nothing is wrong: this is the cure for port-exhaustion-bind-first.',
  wouldSettle: [],
  references: ['ip(7), IP_BIND_ADDRESS_NO_PORT', 'Linux: __inet_hash_connect'],
  scenario: 'bind-first',
  kinds: ['fin', 'open'],
  fit: neverFits,
};
