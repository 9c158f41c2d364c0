import { isSimultaneous } from '../outcome.ts';
import type { Cause } from './cause.ts';

export const finLost: Cause = {
  id: 'fin-lost',
  group: 'time-wait',
  severity: 'ok',
  title: 'a FIN was lost and sent again',
  summary: 'A FIN got lost on the way and was retransmitted after a timeout; the close only took longer.',
  recognise:
    "The first closer's FIN appears twice (beyond the loss), or once after a gap in its IP IDs and one " +
    "RTO later (before it). If the passive side's FIN repeats although it had been acknowledged, it is " +
    'last-ack-lost. Near the receiver only the delay shows.',
  remedy:
    'Nothing is wrong. If it happens often, look at the loss on the path. Check: TCPTimeouts, ' +
    'retransmissions of data.',
  wouldSettle: ['a capture on the other side'],
  references: ['RFC 9293 section 3.6', 'RFC 6298 section 5', 'Linux: tcp_retransmit_timer'],
  scenario: null,
  kinds: ['fin'],
  fit: (k) => {
    if (k.o.closeKind !== 'fin') return 0;
    if (k.closer!.fins > 1) return 0.95;
    if (k.passive!.fins > 1)
      return k.passive!.finAckedAtUs >= 0 && k.passive!.finAckedAtUs < k.passive!.finLastAtUs ? 0.2 : 0.6;
    return k.closer!.idSkippedBeforeFin && k.c.firstFinFrom >= 0 && !isSimultaneous(k.c) ? 0.5 : 0;
  },
};
