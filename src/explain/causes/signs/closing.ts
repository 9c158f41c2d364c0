import { Flag } from '../../../wire/segment.ts';
import { isSimultaneous } from '../../outcome.ts';
import type { End } from '../../track/connection.ts';
import type { Case } from '../cause.ts';
import { longIdleUs } from './path.ts';
import {
  abortedLive,
  hadNoSocket,
  lateTextTaken,
  ownReset,
  resetByClient,
  triggerHas,
  triggerLength,
} from './resets.ts';
import { isGoodbye } from './text.ts';

/** Nothing happened beside an orderly close. */
export function plainClose(k: Case): boolean {
  return k.o.closeKind === 'fin' && k.c.icmp.length === 0;
}

/** Data went on for a while after the first FIN had been acknowledged. */
export function halfClosed(k: Case): boolean {
  return k.passive !== null && k.passive.bytesAfterPeerFin > 0;
}

/** The RST is an answer to the passive side's text, from the end that had sent FIN. */
export function lateTextRefused(k: Case): boolean {
  return (
    ownReset(k) &&
    k.passive !== null &&
    k.sender === k.closer &&
    k.reset!.form !== 'C' &&
    k.passive!.bytesAfterPeerFin + k.passive!.bytesCrossingPeerFin > 0 &&
    !(k.reset!.form === 'A' && lateTextTaken(k))
  );
}

/** The passive side's only FIN, without late text, met no socket at the end that had closed first. */
export function lateFinRefused(k: Case): boolean {
  return (
    hadNoSocket(k) &&
    k.passive !== null &&
    k.sender === k.closer &&
    triggerHas(k, Flag.fin) &&
    k.passive.fins === 1 &&
    triggerLength(k) === 0 &&
    k.passive.bytesAfterPeerFin === 0
  );
}

/** From the first FIN to the other end's. */
export function finDelayUs(k: Case): number {
  return k.passive!.finAtUs - k.closer!.finAtUs;
}

/** The late text was on its way when the FIN was sent: it acknowledges less than the FIN. */
export function crossing(k: Case): boolean {
  return k.passive!.bytesCrossingPeerFin > 0 && k.passive!.bytesAfterPeerFin === 0;
}

export function closerIdleBeforeFin(k: Case): boolean {
  return k.closer!.ownIdleBeforeFinUs >= longIdleUs(k);
}

/** The passive side's late text begins a new exchange, as a request out of a pool does. */
export function isNewRequest(k: Case): boolean {
  const { closer, passive, opener } = k;
  if (passive !== opener || closer!.bytes === 0) return false;
  if (answeredBefore(k)) return true;
  if (passive!.turns <= closer!.turns) return false;
  return passive!.turnAtUs > closer!.finAtUs || passive!.bytesCrossingPeerFin >= passive!.turnBytes;
}

/** The closer's last answer acknowledges all that the passive side had said before its late text, in whatever order captured. */
function answeredBefore(k: Case): boolean {
  const { closer, passive } = k;
  const end = passive!.fins > 0 ? passive!.finSeq : passive!.sndMax;
  const late = passive!.bytesAfterPeerFin + passive!.bytesCrossingPeerFin;
  return late > 0 && closer!.lastDataAck === ((end - late) | 0);
}

/** The passive side said a last word and closed at once: nothing it wanted to be read. */
export function lastWord(k: Case): boolean {
  const p = k.passive!;
  const late = p.bytesAfterPeerFin + p.bytesCrossingPeerFin;
  if (late === 0 || late > 128) return false;
  if (p.fins > 0 && p.finAtUs - p.firstDataAfterPeerFinAtUs < 5_000 && !isSimultaneous(k.c)) return true;
  return isGoodbye(p.firstDataAfterPeerFinPayload, p.firstDataAfterPeerFinLength);
}

export function waitedUs(k: Case): number {
  const p = k.passive!;
  return p.firstDataAfterPeerFinAtUs < 0 ? 0 : p.firstDataAfterPeerFinAtUs - k.closer!.finLastAtUs;
}

/** The client's FIN acknowledges some of the last that the server said: by a coarse clock both have the same time. */
function hadAnswer(client: End, server: End): boolean {
  if (client.fins === 0 || server.turnBytes === 0 || server.turnAtUs < client.turnAtUs) return false;
  const end = server.fins > 0 ? server.finSeq : server.sndMax;
  return ((client.finAck - end + server.turnBytes) | 0) > 0;
}

/** How long the client had waited for an answer that never began when it closed; 0 where it was answered. */
export function gaveUpAfterUs(k: Case): number {
  const { client, server } = k;
  if (hadAnswer(client, server)) return 0;
  if (k.opener !== client || client.bytes === 0 || server.lastDataAtUs > client.turnAtUs) {
    if (
      server.lastDataAtUs < 0 ||
      client.finAtUs < 0 ||
      server.lastDataAtUs < client.finAtUs ||
      server.turnAtUs < client.finAtUs
    )
      return 0;
  }
  const ended =
    client.finAtUs >= 0 ? client.finAtUs : abortedLive(k) && resetByClient(k) ? k.reset!.record.atUs : -1;
  if (ended < 0 || (k.closer !== null && k.closer !== client)) return 0;
  // What had to be sent again was not a request waiting for its answer yet.
  return ended - Math.max(client.lastDataAtUs, client.retryLastAtUs);
}

/** Timers are set to round times: within 30 ms or 0.2 % of a whole or half second. */
export function isRound(us: number): boolean {
  const off = Math.abs(us - Math.round(us / 500_000) * 500_000);
  return off <= Math.max(30_000, us * 0.002) && us < 600_000_000;
}

/** The shortest delayed ACK of a FIN (Linux 40 ms): an application that closes at EOF would have been faster. */
const DELAYED_ACK_US = 30_000;
/** So long without a close after the FIN is slow for any application that reads EOF. */
const SLOW_CLOSE_US = 200_000;

/** The closer acknowledged one number more than was seen at the very end: the capture lost a FIN there. */
function finMissed({ c, passive }: Case): boolean {
  const { traces } = c;
  if (traces.beyondFrom < 0 || c.end(traces.beyondFrom) === passive) return false;
  return passive!.acked && ((passive!.sndUna - traces.beyondOld) | 0) === 1;
}

/**
 * The passive side has not closed although it had time to. A capture that stops right after the FIN shows no leak: the
 * delayed ACK, time, or other connections of the same server in the same state have to say so.
 */
export function stuckHalfClosed(k: Case): boolean {
  const { closer, passive, c, o } = k;
  if (closer === null || closer.finAckedAtUs < 0 || passive!.fins > 0 || finMissed(k)) return false;
  // From the capture point to the passive end and back.
  const wayBack = passive === k.client ? c.ackRttUs : c.synRttUs;
  const delayed =
    closer.finAckedAtUs - closer.finLastAtUs > (wayBack < 0 ? o.rttUs : wayBack) + DELAYED_ACK_US;
  const waited = o.captureEndUs - closer.finAckedAtUs > SLOW_CLOSE_US + 5 * o.rttUs;
  return delayed || waited || (c.serverRecord?.halfClosed ?? 0) > 1;
}
