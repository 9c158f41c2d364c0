import { formatAddress } from '../../../wire/index.ts';
import { OptionBit } from '../../../wire/segment.ts';
import { BOTH, NOBODY } from '../../outcome.ts';
import { formatBytes, formatCount, formatDuration, formatTimes, nameOf } from '../../text.ts';
import { CLIENT, type End } from '../../track/connection.ts';
import type { ResetRecord } from '../../track/records.ts';
import type { Case } from '../cause.ts';
import { unanswered } from './path.ts';
import { resetFreedBuffer } from './text.ts';

/** The ends by name in the parts they played; empty where nobody played the part. */
export interface Names {
  readonly sender: string;
  readonly receiver: string;
  readonly closer: string;
  readonly passive: string;
}

export function namesOf(k: Case): Names {
  const name = (end: End | null): string => (end === null ? '' : nameOf(k, end));
  return {
    sender: name(k.sender),
    receiver: name(k.receiver),
    closer: name(k.closer),
    passive: name(k.passive),
  };
}

/** Time between two moments in whatever order they were captured. */
export function between(aUs: number, bUs: number): string {
  return formatDuration(Math.abs(bUs - aUs));
}

/** `3.1 ms before`, or `3.1 ms after` where the capture shows it later. */
function relativeTo(atUs: number, markUs: number): string {
  return `${between(atUs, markUs)} ${atUs <= markUs ? 'before' : 'after'}`;
}

/** Time between a moment and the RST. */
export function beforeReset(k: Case, atUs: number): string {
  return between(atUs, k.reset!.record.atUs);
}

/** Bytes of an end's text that the other end never acknowledged (its FIN not counted). */
export function unackedText(end: End): number {
  if (!end.acked) return end.bytes;
  const upTo = end.fins > 0 ? end.finSeq : end.sndMax;
  return Math.min(end.bytes, Math.max(0, (upTo - end.sndUna) | 0));
}

/** Where the connection stays in TIME-WAIT and how long; empty where no end does. */
export function timeWaitWords(k: Case): string {
  const { timeWait, timeWaitUntilUs } = k.o;
  if (timeWait === NOBODY) return '';
  const left = formatDuration(Math.max(0, timeWaitUntilUs - k.c.lastUs));
  if (timeWait === BOTH)
    return `Both ends keep the connection in TIME-WAIT, the later one for ${left} after its last packet.`;
  return `The ${timeWait === CLIENT ? 'client' : 'server'} keeps the connection in TIME-WAIT for ${left} after its last packet.`;
}

/** How long the FIN of an end waited for its acknowledgement. */
function finAckWords(k: Case, end: End): string {
  return end.finAckedAtUs < 0
    ? `the ${nameOf(k, end)}'s FIN was not seen acknowledged`
    : `the ${nameOf(k, end)}'s FIN was acknowledged ${between(end.finAtUs, end.finAckedAtUs)} after it was first sent`;
}

/** The story of every plain close: what went before the first FIN, its acknowledgement, who keeps TIME-WAIT. */
export function plainCloseWords(k: Case): string {
  const { closer } = k;
  if (closer === null) return '';
  const quiet = `The connection had been quiet for ${formatDuration(closer.idleBeforeFinUs)} before; ${finAckWords(k, closer)}.`;
  return [quiet, timeWaitWords(k)].filter((s) => s !== '').join(' ');
}

/** The text of the passive side that met the closed socket, in size and time. */
export function lateTextWords(k: Case): string {
  const { closer, passive } = namesOf(k);
  const p = k.passive!;
  const bytes = formatBytes(p.bytesAfterPeerFin + p.bytesCrossingPeerFin);
  const at = p.firstDataAfterPeerFinAtUs;
  if (p.bytesAfterPeerFin === 0)
    return `${bytes} of the ${passive} crossed the FIN: seen ${relativeTo(at, k.closer!.finAtUs)} it here, without acknowledging it`;
  return `the ${passive} sent ${bytes} ${between(at, k.closer!.finAtUs)} after the ${closer}'s FIN, which it had acknowledged`;
}

/** What the RST's sender had received since it last sent anything: its application may not have read it. */
export function unreadWords(k: Case): string {
  const { sender, receiver } = namesOf(k);
  const unread = k.reset!.record.senderUnread;
  if (unread > 0)
    return `the ${sender} had received ${formatBytes(unread)} since it last sent anything, the last ${beforeReset(k, k.receiver!.lastDataAtUs)} before the RST`;
  const seen = k.c.midstream ? ', as far as this capture shows' : '';
  if (k.receiver!.bytes === 0) return `the ${sender} had not received a byte${seen}`;
  if (k.sender!.lastDataAtUs < 0)
    return `nothing of the ${formatBytes(k.receiver!.bytes)} of the ${receiver} came since the ${sender} last sent anything`;
  return `the ${sender} itself had sent the last data, ${beforeReset(k, k.sender!.lastDataAtUs)} before the RST, after all ${formatBytes(k.receiver!.bytes)} of the ${receiver}`;
}

/** What the window says of the RST's sender's receive buffer; empty where it says nothing. */
export function windowWords(k: Case): string {
  const r = k.reset!.record;
  if (resetFreedBuffer(k) > 0)
    return `the RST offers a window of ${r.window} where its last segment offered ${r.senderWindow}: the receive buffer was thrown away before it was read`;
  const s = k.sender!;
  if (s.zeroSinceUs >= 0) return `its window had been 0 for ${beforeReset(k, s.zeroSinceUs)}`;
  if (r.senderUnread >= 2048 && s.windowMax - s.window >= r.senderUnread / 2)
    return `its window had shrunk from ${formatBytes(s.windowMax)} to ${formatBytes(s.window)}`;
  return '';
}

/** What the RST answers, as text, a probe or another segment, and how long before. */
export function triggerWords(k: Case): string {
  const { receiver } = namesOf(k);
  const t = k.reset!.record.trigger;
  if (t === null) return `nothing that this capture shows of the ${receiver}`;
  const what =
    t.length > 0
      ? `${formatBytes(t.length)} of the ${receiver}`
      : `a segment of the ${receiver} without data`;
  const again = k.receiver!.retransmissions;
  const tries = again > 0 ? `, retransmitted ${formatTimes(again)} in the connection,` : '';
  return `${what}${tries} sent ${beforeReset(k, t.atUs)} before`;
}

/** How long the RST's sender had not been heard. */
export function silenceWords(k: Case): string {
  const { sender } = namesOf(k);
  const silent = k.reset!.record.sinceSenderUs;
  if (silent < 0) return `The ${sender} had not been heard before in this capture`;
  return `The ${sender} had last been heard ${formatDuration(silent)} before the RST`;
}

/** The end whose data stays without an answer: since when, and how the attempts spread. */
export function silentEndWords(k: Case): string {
  const u = unanswered(k);
  if (u === null) return '';
  const { end, peer } = u;
  const heard =
    peer.segments === 0
      ? `The ${nameOf(k, peer)} was never heard`
      : `The ${nameOf(k, peer)} was last heard ${between(peer.lastAtUs, end.retryFirstAtUs)} before the first retransmission`;
  const gap = end.retryGapUs > 0 ? `; the last two tries were ${formatDuration(end.retryGapUs)} apart` : '';
  return `${heard}${gap}. ${formatBytes(unackedText(end))} of the ${nameOf(k, end)} were never acknowledged.`;
}

/** The RST's sender had tried in vain, and knew of no connection when it was asked again. */
export function gaveUpWords(k: Case): string {
  const { sender, receiver } = namesOf(k);
  const s = k.sender!;
  const tries = formatTimes(s.retryRun);
  return `The ${sender} had sent the same again ${tries} over ${between(s.retryFirstAtUs, s.retryLastAtUs)} without an answer, the last ${beforeReset(k, s.retryLastAtUs)} before the RST; ${formatBytes(unackedText(s))} of it were never acknowledged. When the ${receiver} was heard again, it had given up.`;
}

/** Options of a SYN beside MSS, counted: a kernel's SYN carries several. */
export function synOptionWords(end: End): string {
  const kinds = end.optionKinds & ~OptionBit.mss;
  let count = 0;
  for (let bits = kinds; bits !== 0; bits &= bits - 1) count++;
  return count === 0 ? 'no option beside MSS' : `${formatCount(count, 'option')} beside MSS`;
}

/** The first ICMP error: when it came, from whom. */
export function icmpWords(k: Case): string {
  const i = k.c.icmp[0]!;
  const from = i.fromTarget ? 'the address that was called' : formatAddress(i.family, i.source);
  return `The ICMP error (type ${i.type}, code ${i.code}) came from ${from}, ${between(i.atUs, k.c.startUs)} after the connection's first packet`;
}

/** How soon the four-tuple was used again. */
export function reuseWords(k: Case): string {
  const p = k.c.previous!;
  return `The same ports had been used by flow ${p.flow}, which ended ${between(p.endedUs, k.c.startUs)} before this SYN`;
}

/** The RST inside the window that had not the expected number (RFC 5961 3.2). */
export function challengedReset(k: Case): ResetRecord | undefined {
  return k.c.resets.find((r) => (r.seqAfterAcked ?? 0) > 0 && r.seqAfterSent !== 0);
}

export function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
