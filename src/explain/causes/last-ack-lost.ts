import { formatTimes } from '../text.ts';
import type { Cause } from './cause.ts';
import { ackOfFinLostFrom, finLostFrom, hasBothEnds } from './signs/peer.ts';
import { between, namesOf, timeWaitWords } from './signs/words.ts';

export const lastAckLost: Cause = {
  id: 'last-ack-lost',
  group: 'time-wait',
  severity: 'ok',
  title: 'the last ACK was lost; TIME-WAIT answered again',
  summary:
    'The last ACK of the close got lost. The passive side, in LAST-ACK, retransmits its FIN, and the ' +
    "other side's TIME-WAIT acknowledges it again and restarts its timer.",
  recognise:
    "The passive side's FIN repeated after it had been acknowledged (captured before the loss) or " +
    'without an ACK in between (beyond the loss), then ACK. If the repetition is answered by RST it is ' +
    'last-ack-lost-no-time-wait.',
  remedy:
    'Nothing is wrong: this is what TIME-WAIT is for. An argument against every trick that shortens ' +
    'it. Check: nothing; loss on the path if frequent.',
  wouldSettle: ['a capture on the other side'],
  references: ['RFC 9293 section 3.6 (TIME-WAIT)', 'RFC 1337 section 1', 'Linux: tcp_timewait_state_process'],
  scenario: 'last-ack-lost',
  kinds: ['fin'],
  fit: (k) => {
    if (k.o.closeKind !== 'fin' || !k.passive || k.passive.fins < 2 || k.closer!.resets > 0) return 0;
    if (hasBothEnds(k)) return ackOfFinLostFrom(k, k.closer!) ? 0.97 : finLostFrom(k, k.passive) ? 0.4 : 0;
    return k.passive.finAckedAtUs >= 0 && k.passive.finAckedAtUs < k.passive.finLastAtUs ? 0.95 : 0.75;
  },
  story: (k) => {
    const { closer, passive } = namesOf(k);
    const p = k.passive!;
    const again = k.closer!.lastAckRepeats;
    const answer =
      again > 0
        ? `the ${closer}, in TIME-WAIT, answered again ${formatTimes(again)}`
        : `the ${closer}'s answer shows only after the last of them`;
    return `The ${passive} sent its FIN ${formatTimes(p.fins)} over ${between(p.finAtUs, p.finLastAtUs)}; ${answer}. ${timeWaitWords(k)}`;
  },
  evidence: (k, add) => {
    if (k.closer!.lastAckRepeats > 0)
      add(
        k.closer!.lastAckRepeatPacket,
        k.closer!.lastAckRepeatAtUs,
        `the ${namesOf(k).closer} sends the last ACK again`,
      );
  },
};
