import { isSimultaneous } from '../outcome.ts';
import { formatTimes, nameOf } from '../text.ts';
import type { End } from '../track/connection.ts';
import type { Cause } from './cause.ts';
import { farEnd } from './signs/path.ts';
import { finLostFrom, hasBothEnds } from './signs/peer.ts';
import { between } from './signs/words.ts';

/** Linux: TCP_RTO_MIN; a lost FIN goes again after this at the earliest. */
const RTO_MIN_US = 200_000;
/** Timers on both sides of a capture are not exact. */
const ROUNDING_US = 20_000;
/** The first timeout is seldom longer, even on a path with a long round trip. */
const FIRST_RTO_MAX_US = 2_000_000;

/** A FIN that goes again sooner is a tail loss probe (RFC 8985 7.2) or a copy: the first one may have arrived, and its ACK been delayed. */
function afterTimeout(end: End): boolean {
  return end.finLastAtUs - end.finAtUs >= RTO_MIN_US - ROUNDING_US;
}

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
  scenario: 'lost-fin',
  kinds: ['fin'],
  fit: (k) => {
    if (k.o.closeKind !== 'fin') return 0;
    if (hasBothEnds(k)) return finLostFrom(k, k.client) || finLostFrom(k, k.server) ? 0.95 : 0;
    if (k.closer!.fins > 1) return afterTimeout(k.closer!) ? 0.95 : 0.3;
    if (k.passive!.fins > 1 && !afterTimeout(k.passive!)) return 0.2;
    if (k.passive!.fins > 1)
      return k.passive!.finAckedAtUs >= 0 && k.passive!.finAckedAtUs < k.passive!.finLastAtUs ? 0.2 : 0.6;
    if (isSimultaneous(k.c)) return 0;
    const { idSkippedBeforeFin, ownIdleBeforeFinUs, identifications } = k.closer!;
    const late = ownIdleBeforeFinUs > RTO_MIN_US && ownIdleBeforeFinUs < FIRST_RTO_MAX_US;
    if (idSkippedBeforeFin) return late ? 0.62 : 0.5;
    // Without IP IDs nothing but the delay could show that it is the second one.
    return late && identifications < 3 && farEnd(k) === k.closer ? 0.32 : 0;
  },
  story: (k) => {
    const { closer, passive } = k;
    const lost = [closer!, passive!].find((e) => finLostFrom(k, e));
    if (lost !== undefined)
      return lost.finAckedAtUs < 0
        ? `A FIN of the ${nameOf(k, lost)}, ${between(lost.finAtUs, k.c.startUs)} after the start, left its host and is not in the capture at the other end.`
        : `A FIN of the ${nameOf(k, lost)} left its host and is not in the capture at the other end; the FIN was acknowledged ${between(lost.finAtUs, lost.finAckedAtUs)} after it was first seen here.`;
    const end = closer!.fins > 1 || passive!.fins < 2 ? closer! : passive!;
    if (end.fins < 2)
      return `An IP ID of the ${nameOf(k, end)} is missing just before its FIN, ${between(end.finAtUs, k.c.startUs)} after the start: an earlier FIN may have been lost before the capture point.`;
    return `The ${nameOf(k, end)} sent its FIN ${formatTimes(end.fins)} over ${between(end.finAtUs, end.finLastAtUs)} until it was acknowledged; the close took only longer.`;
  },
};
