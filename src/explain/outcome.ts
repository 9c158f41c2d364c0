import { Event, State } from '../states/index.ts';
import { Flag } from '../wire/segment.ts';
import { isExact } from './track/closing.ts';
import { CLIENT, type Connection, type End, SERVER } from './track/connection.ts';
import { hopsOf } from './track/habits.ts';
import type { ResetRecord } from './track/records.ts';
import { arrivalOfFin, revert, stateOf, step } from './track/states.ts';
import type { CloseForm, CloseKind } from './types.ts';

export const BOTH = 2;
export const NOBODY = -1;
export const MIDDLEBOX = 3;
/** `CLIENT`, `SERVER`, `BOTH`, `MIDDLEBOX` or `NOBODY`. */
export type Who = number;

export function closerName(who: Who): 'client' | 'server' | 'both' | null {
  if (who === BOTH) return 'both';
  return who === CLIENT ? 'client' : who === SERVER ? 'server' : null;
}

export function senderName(who: Who): 'client' | 'server' | 'middlebox' | null {
  return who === MIDDLEBOX ? 'middlebox' : who === CLIENT ? 'client' : who === SERVER ? 'server' : null;
}

export type RstForm = 'A' | 'B' | 'C' | 'other';

/** What an RST is, judged by its own fields against the history of its claimed sender. */
export interface ResetFacts {
  readonly record: ResetRecord;
  readonly form: RstForm;
  /** Why it cannot come from the end it claims to come from, or null. */
  readonly foreign: string | null;
  /** True where it answers a segment of the receiver that came just before. */
  readonly answers: boolean;
  /** True where the receiver takes it (RFC 5961 3.2: exactly RCV.NXT; in SYN-SENT: it acknowledges the SYN). */
  readonly accepted: boolean;
}

/** How a connection ended, as far as the packets say; causes are judged on this. */
export interface Outcome {
  readonly established: boolean;
  readonly closeKind: CloseKind;
  readonly closeForm: CloseForm;
  readonly firstCloser: Who;
  readonly rstSender: Who;
  /** The RST that ended it, or the first one, or null. */
  readonly reset: ResetFacts | null;
  readonly timeWait: Who;
  readonly timeWaitUntilUs: number;
  /** The end the capture was taken at, `BOTH` for in between, `NOBODY` where it cannot be told. */
  readonly capturedAt: Who;
  /** Round trip, as well as it is known; 0 where unknown. */
  readonly rttUs: number;
  /** Last time stamp of the whole capture: silence until then was silence, after it nothing is known. */
  readonly captureEndUs: number;
}

/** So long after the last segment toward a host, an RST of form B answers nothing. */
const UNASKED_US = 1_000_000;

export const DEFAULT_MSL_US = 30_000_000;

/** Judges a connection that is over (or that the capture no longer follows). Steps still pending are settled first. */
export function judge(c: Connection, captureEndUs: number, mslUs: number): Outcome {
  settle(c);
  const resets = c.resets.map((r) => resetFacts(c, r));
  const reset = resets.find((r) => r.accepted) ?? resets[0] ?? null;
  const established = isEstablished(c);
  const closeKind = kindOf(c, reset, established, captureEndUs);
  if (closeKind === 'timeout') giveUp(c);
  // What the probes could not reach, the prober's RST does not reach either.
  if (closeKind === 'timeout' && reset?.accepted && stateOf(c.end(1 - reset.record.from)) === State.closed)
    revert(c.end(1 - reset.record.from));
  if (closeKind === 'connect-timeout' || closeKind === 'refused-icmp') {
    if (stateOf(c.client) === State.synSent) {
      step(
        c.client,
        closeKind === 'refused-icmp' ? Event.icmpHard : Event.retransmitGiveUp,
        c.lastUs,
        c.lastPacket,
      );
    }
  }
  const timeWait = timeWaitOf(c);
  return {
    established,
    closeKind,
    closeForm: formOf(c, closeKind),
    firstCloser: firstCloserOf(c, closeKind, reset),
    rstSender: reset === null ? NOBODY : reset.foreign !== null ? MIDDLEBOX : reset.record.from,
    reset,
    timeWait,
    timeWaitUntilUs: timeWait === NOBODY ? -1 : timeWaitStart(c, timeWait) + 2 * mslUs,
    capturedAt: capturedAt(c),
    rttUs: rttOf(c),
    captureEndUs,
  };
}

/** What was sent and neither contradicted nor confirmed is taken as arrived. */
function settle(c: Connection): void {
  settleFin(c.client, c.server);
  settleFin(c.server, c.client);
}

function settleFin(from: End, to: End): void {
  if (from.fins !== 1 || from.finAckedAtUs >= 0 || from.resets > 0 || to.resets > 0) return;
  arrivalOfFin(to, from.finLastAtUs, from.finLastPacket);
}

function isEstablished(c: Connection): boolean {
  // A live client's RST (it has ACK) says that its handshake was over, in whatever order they were captured.
  const aborted = c.server.syns > 0 && c.resets.some((r) => r.from === CLIENT && (r.flags & Flag.ack) !== 0);
  return c.midstream || c.handshakeAckAtUs >= 0 || aborted || c.client.bytes + c.server.bytes > 0;
}

function giveUp(c: Connection): void {
  const end = quitter(c);
  if (end !== null && stateOf(end) >= State.established && stateOf(end) !== State.timeWait) {
    const silentProber = end.retryRun === 0 && end.keepaliveRun === 0;
    step(end, silentProber ? Event.userTimeout : Event.retransmitGiveUp, lastTryUs(end), end.lastPacket);
  }
}

function lastTryUs(end: End): number {
  return Math.max(
    end.retryLastAtUs,
    end.keepaliveLastAtUs,
    end.windowProbeLastAtUs,
    end.finLastAtUs,
    end.lastAtUs,
  );
}

/** The end whose segments nothing answers any more. */
export function quitter(c: Connection): End | null {
  if (isUnanswered(c.client, c.server)) return c.client;
  return isUnanswered(c.server, c.client) ? c.server : null;
}

/** A run of retransmissions or probes this long without an answer is the path's or the peer's silence, not one loss. */
const SILENT_RUN = 3;
/** Retransmissions closer together are one flight that is repaired (Linux: TCP_RTO_MIN is 200 ms). */
const RETRY_SPAN_US = 150_000;
/** A shorter run counts where its last try has waited for a timeout that had doubled (RFC 6298 5.5). */
const BACKED_OFF_US = 400_000;

function isUnanswered(end: End, peer: End): boolean {
  // Where only this direction was captured, an answer would not be seen either.
  if (peer.segments === 0 && end.syns === 0) return false;
  if (peer.segments === 0 && end.segments > end.syns) return false;
  if (end.retryRun >= 2 && peer.lastAtUs > end.retryFirstAtUs && end.windowProbeRun < 2) return false;
  return (
    (end.retryRun >= SILENT_RUN && end.retryLastAtUs - end.retryFirstAtUs > RETRY_SPAN_US) ||
    (end.retryRun === SILENT_RUN - 1 &&
      end.retryGapUs > BACKED_OFF_US &&
      peer.lastAtUs < end.retryFirstAtUs) ||
    end.keepaliveRun >= SILENT_RUN ||
    (end.fins > SILENT_RUN && end.finAckedAtUs < 0) ||
    isStuckAtZeroWindow(end, peer)
  );
}

/** Zero-window probes were answered with "still full" until the sender stopped asking. */
export function isStuckAtZeroWindow(end: End, peer: End): boolean {
  return peer.zeroSinceUs >= 0 && end.windowProbes >= 2 && end.windowProbeLastAtUs > peer.zeroSinceUs;
}

function kindOf(
  c: Connection,
  reset: ResetFacts | null,
  established: boolean,
  captureEndUs: number,
): CloseKind {
  if (!established) return unestablishedKind(c, reset, captureEndUs);
  const { client, server } = c;
  if (c.selfConnected) return c.resetCount > 0 ? 'rst' : client.fins > 0 ? 'fin' : 'open';
  if (reset?.accepted) {
    if (isKeepaliveDeath(c, reset)) return 'timeout';
    if (c.firstFinFrom < 0 || crossesFin(c, reset)) return 'rst';
    const bothClosed = client.fins > 0 && server.fins > 0;
    if (bothClosed && isDone(reset.record.receiverState) && isDone(reset.record.senderState)) return 'fin';
    if (reset.record.receiverState === State.timeWait) return 'fin';
    return c.firstFinFrom >= 0 && c.end(c.firstFinFrom).finAtUs <= reset.record.atUs ? 'fin-then-rst' : 'rst';
  }
  if (client.fins > 0 && server.fins > 0) return 'fin';
  if (quitter(c) !== null) return 'timeout';
  if (reset !== null && reset.foreign === null && isFinal(c, reset))
    return c.firstFinFrom >= 0 && !crossesFin(c, reset) ? 'fin-then-rst' : 'rst';
  return c.firstFinFrom >= 0 ? 'half-closed' : 'open';
}

/** By its ACK number (RCV.NXT of a live socket) the RST's sender never had the other end's FIN: it was in ESTABLISHED. */
function crossesFin(c: Connection, { form, record, foreign }: ResetFacts): boolean {
  const peer = c.end(1 - record.from);
  if (form !== 'A' || foreign !== null || peer.fins === 0 || c.end(record.from).fins > 0) return false;
  return peer.finAckedAtUs < 0 && ((record.ack - peer.finSeq) | 0) <= 0;
}

function isDone(state: number): boolean {
  return state === State.closed || state === State.timeWait;
}

/** Nothing but resets came after it: the connection ended there although the number was not the expected one. */
function isFinal(c: Connection, reset: ResetFacts): boolean {
  const receiver = c.end(1 - reset.record.from);
  return receiver.lastAtUs <= reset.record.atUs;
}

/** Keepalive probes ran out: the prober's own RST ends it, yet the cause is the silence (RFC 9293 3.8.4). */
export function isKeepaliveDeath(c: Connection, reset: ResetFacts): boolean {
  const sender = c.end(reset.record.from);
  return (
    reset.form === 'A' &&
    reset.record.senderProbes >= 1 &&
    (reset.record.sinceReceiverUs < 0 ||
      reset.record.sinceReceiverUs > sender.keepaliveLastAtUs - sender.keepaliveFirstAtUs)
  );
}

function unestablishedKind(c: Connection, reset: ResetFacts | null, captureEndUs: number): CloseKind {
  const { client, server } = c;
  // Its RSTs refuse the answers, not the connection: it goes on asking (RFC 9293 3.10.7.3, first).
  if (c.badAnswers > 0 && server.syns === 0 && client.syns > 1) return 'connect-timeout';
  if (reset !== null && reset.record.from === SERVER && (reset.accepted || server.syns === 0)) {
    if (client.syns > 0 || reset.form === 'C')
      return reset.record.receiverState === State.synReceived ? 'rst' : 'refused';
  }
  const refused = c.resets.some((r) => r.from === CLIENT && r.atUs >= server.synAtUs);
  if (refused && server.syns > 0) return 'abort-connect';
  if (reset !== null)
    return server.syns > 0 ? 'rst' : reset.record.from === CLIENT ? 'abort-connect' : 'refused';
  if (c.icmp.some((i) => isHardIcmp(i.family, i.type, i.code))) return 'refused-icmp';
  if (server.syns === 0 && client.syns > 0) {
    return client.syns > 1 || captureEndUs - client.synAtUs > 3_000_000 ? 'connect-timeout' : 'open';
  }
  return 'open';
}

/** ICMP errors that say the destination will not take the connection (RFC 1122 3.2.2.1, RFC 4443 3.1, RFC 5927 4). */
function isHardIcmp(family: number, type: number, code: number): boolean {
  return family === 4 ? type === 3 && code !== 4 : (type === 1 && code !== 2) || (type === 4 && code === 1);
}

export function firstCloserOf(c: Connection, kind: CloseKind, reset: ResetFacts | null): Who {
  if (c.selfConnected) return kind === 'open' ? NOBODY : BOTH;
  switch (kind) {
    case 'fin':
    case 'fin-then-rst':
    case 'half-closed':
      return isSimultaneous(c) ? BOTH : c.firstFinFrom;
    case 'rst':
    case 'abort-connect':
    case 'refused':
      return reset === null || reset.foreign !== null ? NOBODY : reset.record.from;
    case 'timeout':
      if (c.firstFinFrom >= 0) return c.firstFinFrom;
      return reset?.accepted ? reset.record.from : quitter(c) === c.client ? CLIENT : SERVER;
    case 'refused-icmp':
      return c.icmp[0]?.fromTarget ? SERVER : NOBODY;
    default:
      return NOBODY;
  }
}

/** Neither FIN acknowledges the other: they crossed (trap: capture order says nothing). */
export function isSimultaneous(c: Connection): boolean {
  const { client, server } = c;
  if (client.fins === 0 || server.fins === 0) return false;
  return ((server.finAck - client.finSeq) | 0) <= 0 && ((client.finAck - server.finSeq) | 0) <= 0;
}

function formOf(c: Connection, kind: CloseKind): CloseForm {
  if (kind !== 'fin' && kind !== 'fin-then-rst' && kind !== 'half-closed') return null;
  if (isSimultaneous(c)) return 'simultaneous';
  if (c.client.fins === 0 || c.server.fins === 0) return null;
  const second = c.firstFinFrom === CLIENT ? c.server : c.client;
  const first = c.firstFinFrom === CLIENT ? c.client : c.server;
  if (second.bytesAfterPeerFin > 0) return 'half-close';
  return first.finAckedPacket === second.finPacket ? 'three-segments' : 'four-segments';
}

function timeWaitOf(c: Connection): Who {
  const client = keepsTimeWait(c, CLIENT);
  const server = keepsTimeWait(c, SERVER);
  if (client && server) return BOTH;
  return client ? CLIENT : server ? SERVER : NOBODY;
}

/** An RST without ACK flag after it says that nothing was kept: TIME-WAIT would have answered with an ACK. */
function keepsTimeWait(c: Connection, end: number): boolean {
  for (const h of c.end(end).history) {
    if (h.state !== State.timeWait) continue;
    for (const r of c.resets)
      if (r.from === end && (r.flags & Flag.ack) === 0 && r.atUs > h.atUs) return false;
    return true;
  }
  return false;
}

/** TIME-WAIT starts again with each answer to a retransmitted FIN (RFC 9293 3.10.7.4, eighth). */
function timeWaitStart(c: Connection, who: Who): number {
  const end = who === SERVER ? c.server : c.client;
  const peer = who === SERVER ? c.client : c.server;
  const entered = end.history.find((h) => h.state === State.timeWait)!.atUs;
  return Math.max(entered, peer.finLastAtUs);
}

/** RTT as a capture point between the ends sees it: the sum of both halves where the handshake was seen. */
function rttOf(c: Connection): number {
  if (c.synRttUs >= 0 && c.ackRttUs >= 0) return c.synRttUs + c.ackRttUs;
  const halves = [c.client.rttMinUs, c.server.rttMinUs].filter((r) => r >= 0);
  return halves.length === 0 ? 0 : Math.max(...halves);
}

/** At one end, its own answers come at once: the halves of the handshake's round trip tell which end is near. */
function capturedAt(c: Connection): Who {
  const { synRttUs, ackRttUs } = c;
  const clientHops = c.client.hopLimit < 0 ? -1 : hopsOf(c.client.hopLimit);
  const serverHops = c.server.hopLimit < 0 ? -1 : hopsOf(c.server.hopLimit);
  if (clientHops === 0 && serverHops > 0) return CLIENT;
  if (serverHops === 0 && clientHops > 0) return SERVER;
  if (synRttUs < 0 || ackRttUs < 0) return NOBODY;
  if (clientHops > 0 && serverHops > 0) return BOTH;
  if (synRttUs > 5 * ackRttUs && synRttUs > 2_000) return CLIENT;
  if (ackRttUs > 5 * synRttUs && ackRttUs > 2_000) return SERVER;
  return NOBODY;
}

/** How long after a segment an RST can still be its answer: a round trip, plus what a busy host takes. */
function answerLimitUs(c: Connection): number {
  return 2 * rttOf(c) + 20_000;
}

export function resetFacts(c: Connection, r: ResetRecord): ResetFacts {
  const form = formOfReset(c, r);
  const answers = isAnswer(c, r);
  return { record: r, form, answers, foreign: foreignness(c, r, form, answers), accepted: isAccepted(c, r) };
}

function formOfReset(c: Connection, r: ResetRecord): RstForm {
  const ack = (r.flags & Flag.ack) !== 0;
  if (!ack) return 'B';
  const t = r.trigger;
  if (r.seq === 0 && (t === null || (t.flags & Flag.syn) !== 0 || r.seqAfterSent !== 0)) return 'C';
  const sender = c.end(r.from);
  if (!sender.seqKnown) return 'other';
  const unacked = sender.acked ? (sender.sndMax - sender.sndUna) | 0 : 0;
  return r.seqAfterSent <= 0 && r.seqAfterSent >= -Math.max(unacked, 1) ? 'A' : 'other';
}

function isAnswer(c: Connection, r: ResetRecord): boolean {
  const t = r.trigger;
  if (t === null || (t.flags & Flag.rst) !== 0) return false;
  if (r.atUs - t.atUs > answerLimitUs(c)) return false;
  if ((r.flags & Flag.ack) !== 0)
    return r.seq === 0 && r.ack === ((t.seq + t.length + (t.flags & 2 ? 1 : 0)) | 0);
  return true;
}

function foreignness(c: Connection, r: ResetRecord, form: RstForm, answers: boolean): string | null {
  const sender = c.end(r.from);
  const ordinary = sender.hopLimit;
  // A live socket's RST has that socket's TTL; one without a socket may have the host's default, after as many hops.
  const strange = form === 'A' ? ordinary !== r.hopLimit : hopsOf(ordinary) !== hopsOf(r.hopLimit);
  if (ordinary >= 0 && strange) {
    return `TTL ${r.hopLimit} where that host's other packets have ${ordinary}`;
  }
  if (ordinary < 0 && isStranger(sender, r, form))
    return `TTL ${r.hopLimit} where that host's other connections have ${sender.habitualHopLimit}`;
  const numbered = numberedElsewhere(sender, r, form);
  if (numbered !== null) return numbered;
  const wentOn = sender.lastLiveAtUs - r.atUs;
  if (wentOn > 10_000 + 2 * rttOf(c) && isAccepted(c, r)) {
    return `that host went on sending ${(wentOn / 1000).toFixed(0)} ms later`;
  }
  if (ordinary < 0 || form !== 'B' || answers) return null;
  // Queues lengthen the round trip many times over, and what follows the sender's own FIN closely is its own.
  if (r.sinceReceiverUs < UNASKED_US + 4 * rttOf(c) || c.synRttUs < 0 || c.ackRttUs < 0) return null;
  if (sender.fins > 0) return null;
  return `no ACK flag, yet it answers nothing: the last segment toward that host was ${(r.sinceReceiverUs / 1000).toFixed(1)} ms before`;
}

/** This connection shows nothing else of its sender, but others do. What refuses a SYN may be a firewall: for causes to say. */
function isStranger(sender: End, r: ResetRecord, form: RstForm): boolean {
  const { habitualHopLimit } = sender;
  return form !== 'C' && habitualHopLimit >= 0 && hopsOf(habitualHopLimit) !== hopsOf(r.hopLimit);
}

/** So many packets of other connections may a host with one counter for all number between two of this one. */
const ID_RUN = 1_024;
/** From so many packets on a run of IP IDs is a habit. */
const HABIT_FROM = 4;

/**
 * A host that numbers its packets one by one does so for a live socket's RST too; without a socket it numbers it 0 (Linux)
 * or in the same run. Another number was written by somebody who does not know where the run is.
 */
function numberedElsewhere(sender: End, r: ResetRecord, form: RstForm): string | null {
  if (r.identification < 0 || sender.identifications < HABIT_FROM) return null;
  if (sender.identificationsRunning < sender.identifications - 1) return null;
  if (r.identification === 0 && form !== 'A') return null;
  // What was captured out of order may stand a little before the last one.
  const ahead = (r.identification - sender.lastNonZeroIdentification + 8) & 0xffff;
  if (r.identification > 0 && ahead < ID_RUN) return null;
  return `IP ID ${r.identification} where that host's packets had come to ${sender.lastNonZeroIdentification}`;
}

function isAccepted(c: Connection, r: ResetRecord): boolean {
  if (r.receiverState === State.synSent)
    return (r.flags & Flag.ack) !== 0 && r.ack === c.end(1 - r.from).sndMax;
  return isExact(r, c.end(r.from).segments);
}
