import { formatCount } from '../text.ts';
import type { Cause } from './cause.ts';
import { droppedAcrossRouters } from './signs/opening.ts';

export const snatExhaustion: Cause = {
  id: 'snat-exhaustion',
  group: 'field',
  severity: 'error',
  title: 'the NAT ran out of ports to one destination',
  summary:
    'Many sources behind one NAT connect to one destination; the NAT has no port left towards it and ' +
    'drops new SYNs. Other destinations work.',
  recognise:
    'Unanswered SYNs to one destination address and port from many sources, while other destinations ' +
    "are answered; begins at a rate of connections, ends after the NAT's timers.",
  remedy:
    'More addresses on the NAT (AWS NAT gateway: 55,000 connections per address and destination; ' +
    'Azure: outbound rules, NAT gateway), private endpoints that bypass it, connection reuse. Check: ' +
    'ErrorPortAllocation (AWS), SNAT connection metrics (Azure), `conntrack -S` insert_failed.',
  wouldSettle: ["the NAT's metrics: port allocation errors"],
  references: ['RFC 5382 section 4', 'dotnet/runtime#35508'],
  scenario: 'snat-exhaustion',
  kinds: ['connect-timeout'],
  fit: (k) => (droppedAcrossRouters(k) ? 0.48 : 0),
  story: (k) =>
    `The same port answered ${formatCount(k.c.serverRecord?.accepted ?? 0, 'other SYN')}, across routers: a NAT on the way that has no port left for this destination drops the next SYN like this.`,
};
