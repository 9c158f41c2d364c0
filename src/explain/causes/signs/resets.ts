import { State } from '../../../states/index.ts';
import { Flag } from '../../../wire/segment.ts';
import type { End } from '../../track/connection.ts';
import type { Case } from '../cause.ts';
import { fullSegment } from './mtu.ts';

/** An RST that ended the connection and really came from the end it names. */
export function ownReset(k: Case): boolean {
  return k.reset !== null && k.reset.foreign === null;
}

/** Form A: a live socket was torn down by its own side (see the table of RST forms). */
export function abortedLive(k: Case): boolean {
  return ownReset(k) && k.reset!.form === 'A';
}

/** The end that had closed its own direction, which the other had acknowledged, drops the connection without being asked. */
export function abortsFinWait2(k: Case): boolean {
  const { closer, passive } = k;
  if (!abortedLive(k) || closer === null || k.sender !== closer) return false;
  // Where only this direction was captured, the acknowledgement would not be seen.
  if (closer.finAckedAtUs < 0) return passive!.segments === 0;
  return passive!.bytesAfterPeerFin === 0 || lateTextTaken(k);
}

/** All the text that came after the FIN was acknowledged before the RST: it was not what the RST refused. */
export function lateTextTaken(k: Case): boolean {
  const { passive } = k;
  return (
    passive!.bytesAfterPeerFin > 0 && passive!.acked && ((passive!.sndUna - endOfText(passive!)) | 0) >= 0
  );
}

function endOfText(end: End): number {
  return end.fins > 0 ? end.finSeq : end.sndMax;
}

/** It had asked, with probes or with text sent again, whether the other end was still there. */
export function soughtAnswer(end: End): boolean {
  return end.keepaliveProbes + end.windowProbes + end.retransmissions > 0;
}

/** Form B: the sender had no socket for what it answers. */
export function hadNoSocket(k: Case): boolean {
  return ownReset(k) && k.reset!.form === 'B';
}

export function resetByClient(k: Case): boolean {
  return k.sender === k.client;
}

export function resetByServer(k: Case): boolean {
  return k.sender === k.server;
}

/** Bytes the RST's sender had received and not followed by anything of its own. */
export function unreadAtReset(k: Case): number {
  return k.reset!.record.senderUnread;
}

/** The RST's sender asked first, so the last thing it received was an answer it waited for. */
export function wasAnswered(k: Case): boolean {
  return k.sender === k.opener && k.sender!.bytes > 0;
}

/** The segment the RST answers. */
export function triggerHas(k: Case, flag: number): boolean {
  return k.reset?.record.trigger !== null && (k.reset!.record.trigger!.flags & flag) !== 0;
}

export function triggerLength(k: Case): number {
  return k.reset?.record.trigger?.length ?? 0;
}

/** An RST came late, to an end that had nothing left to lose. */
export function resetInTimeWait(k: Case): boolean {
  return k.reset !== null && k.reset.record.receiverState === State.timeWait;
}

/** A stranger's RST went to an end that was not captured, after the other had sent FIN: TIME-WAIT is one place to meet it. */
export function resetAfterFinUnseen(k: Case): boolean {
  return (
    k.reset !== null &&
    k.reset.foreign !== null &&
    k.receiver!.segments === 0 &&
    k.sender!.fins > 0 &&
    k.c.firstFinFrom >= 0
  );
}

export function resetRefusedMidway(k: Case): boolean {
  return k.reset !== null && !k.reset.accepted;
}

/** The handshake's last ACK passed, and only then did the RST come, before the server had ever sent or taken a byte. */
export function resetAtHandshakeEnd(k: Case): boolean {
  if (!hadNoSocket(k) || !resetByServer(k) || k.server.bytes > 0 || k.c.handshakeAckAtUs < 0) return false;
  const taken = k.client.acked && ((k.client.sndUna - k.client.firstSeq) | 0) > 1;
  return (
    !taken &&
    k.reset!.record.seqAfterSent === 0 &&
    k.c.synAckRepeats === 0 &&
    k.reset!.record.atUs - k.c.handshakeAckAtUs < 3 * k.o.rttUs + 50_000
  );
}

/** After data, silence and then an RST from a host that knows nothing: how long the host had been silent. */
export function senderSilence(k: Case): number {
  return k.reset!.record.sinceSenderUs;
}

/** The silence of the connection before the segment that the RST answers: text that went again or first, or a keepalive probe. */
export function idleBeforeAnswered(k: Case): number {
  const receiver = k.receiver!;
  const isProbe = k.reset!.record.trigger?.packet === receiver.keepaliveLastPacket;
  return isProbe ? senderSilence(k) : receiver.idleBeforeFlightUs;
}

/** An RST of form B to text (or a probe) on an established connection, without FIN: the sender had forgotten it. */
export function forgotten(k: Case): boolean {
  if (!hadNoSocket(k) || k.c.firstFinFrom >= 0 || resetAtHandshakeEnd(k) || synSenderReset(k)) return false;
  return k.o.established && !triggerHas(k, Flag.syn) && k.reset!.accepted && !ackIgnored(k);
}

/** A run of tries this long without an answer was not one lost packet. */
const GIVEN_UP_TRIES = 3;
const GIVEN_UP_US = 400_000;

/** It had sent the same text again and again into silence; what came long after met no socket any more. */
export function retriedInVain(k: Case): boolean {
  const { sender, reset } = k;
  if (!hadNoSocket(k) || reset!.record.trigger === null || reset!.record.senderUnacked === 0) return false;
  const { retryRun, retryFirstAtUs, retryLastAtUs } = sender!;
  const ranOut = retryRun >= GIVEN_UP_TRIES && retryLastAtUs - retryFirstAtUs > GIVEN_UP_US;
  return ranOut && reset!.record.atUs - reset!.record.sinceSenderUs === retryLastAtUs;
}

/** The same with keepalive probes. */
export function probedInVain(k: Case): boolean {
  const { sender, reset } = k;
  if (!hadNoSocket(k) || reset!.record.trigger === null) return false;
  const { keepaliveRunBefore, keepaliveLastAtUs } = sender!;
  const last = reset!.record.atUs - reset!.record.sinceSenderUs;
  return keepaliveRunBefore >= GIVEN_UP_TRIES && last === keepaliveLastAtUs;
}

export function ackIgnored(k: Case): boolean {
  return nothingTaken(k) && k.c.synAckRepeats > 0;
}

/** The handshake ended, the client sent, and the server never took a byte of it. */
function nothingTaken(k: Case): boolean {
  const untaken = !k.client.acked || ((k.client.sndUna - k.client.firstSeq) | 0) <= 1;
  return k.c.handshakeAckAtUs >= 0 && k.server.bytes === 0 && untaken && k.client.bytes > 0;
}

/** With SYN cookies a server that has no room remembers nothing: no SYN-ACK again, silence, and RST once the cookie is too old. */
export function cookieWasted(k: Case): boolean {
  if (!nothingTaken(k) || k.c.synAckRepeats > 0 || !hadNoSocket(k) || !resetByServer(k)) return false;
  return k.client.retransmissions >= FORGOTTEN_AFTER && senderSilence(k) > COOKIE_LIFETIME_US;
}

/**
 * The cookie is found by the number of the first segment: a server without room drops that in silence, and answers the next
 * segment of the same flight, which has another number, with RST. One that aborts on overflow answers each of them.
 */
export function cookieMisread(k: Case): boolean {
  const full = fullSegment(k);
  return resetAtHandshakeEnd(k) && k.c.resetCount === 1 && full > 0 && k.client.bytes > full;
}

/** Retransmissions that no path loses in a row. */
const FORGOTTEN_AFTER = 4;
/** Linux MAX_SYNCOOKIE_AGE: two ticks of a minute, of which the first is not whole. */
const COOKIE_LIFETIME_US = 60_000_000;

export function strayed(k: Case): boolean {
  return k.c.midstream && k.sender !== null && k.sender.segments <= k.sender.resets;
}

/** A SYN met a live connection, was challenged, and its sender answered that with RST: it knew of no connection. */
export function synSenderReset(k: Case): boolean {
  return (
    k.c.strangeSyns > 0 &&
    k.c.resets.some((r) => r.from === k.c.strangeSynFrom && r.trigger !== null && r.seq === r.trigger.ack)
  );
}

/** The SYN was answered with old numbers, of a connection that no FIN had ended: it was open, or one end had aborted it. */
export function metOldConnection(k: Case): boolean {
  const { previous, badAnswers } = k.c;
  if (previous === null || badAnswers === 0 || previous.clientState === State.timeWait) return false;
  return previous.serverState === State.established || previous.serverState === State.closed;
}

/** Queues of a capturing host hold packets back for no longer. */
const REORDERED_US = 2_000;

export function answersOldDuplicate(k: Case): boolean {
  const holder = k.receiver!;
  const { trigger, atUs } = k.reset!.record;
  if (holder.lastDuplicateAckAtUs < 0 || trigger === null) return false;
  if (trigger.packet === holder.lastDuplicateAckPacket) return true;
  // The RST was captured before the ACK that it answers.
  const after = holder.lastDuplicateAckAtUs - atUs;
  return after >= 0 && after < REORDERED_US;
}

/**
 * Several RSTs at once with sequence numbers that are guesses. A host that has just aborted also sends several: one for each
 * segment that was on its way to it, numbered by what this segment acknowledges (RFC 9293 3.10.7.1), so never beyond it.
 */
export function volley(k: Case): boolean {
  const resets = k.c.resets;
  if (resets.length < 3 || k.c.firstFinFrom >= 0) return false;
  const burst = resets.filter((r) => r.from === resets[0]!.from && r.atUs - resets[0]!.atUs < 50_000);
  const guesses = burst.filter((r) => (r.seqAfterAcked ?? 0) > 0);
  return new Set(burst.map((r) => r.seq)).size >= 3 && new Set(guesses.map((r) => r.seq)).size >= 2;
}

export function badHandshakeReset(k: Case): boolean {
  if (k.c.badHandshakeAcks > 0) return true;
  return k.c.resets.some(
    (r) =>
      r.from === 1 &&
      (r.senderState === State.synReceived || k.server.bytes === 0 || r.atUs < k.server.firstDataAtUs) &&
      (r.flags & Flag.ack) === 0 &&
      r.seqAfterSent !== 0 &&
      r.receiverState >= State.established &&
      r.seqAfterAcked !== 0 &&
      r.atUs - k.c.handshakeAckAtUs < 3 * k.o.rttUs + 20_000 &&
      r.hopLimit === k.server.hopLimit,
  );
}
