import { Flag } from '../../../wire/segment.ts';
import { NOBODY } from '../../outcome.ts';
import { type LoggedSegment, Note } from '../../track/log.ts';
import type { Case } from '../cause.ts';

/** Both captures have the connection, and it is known which was taken at which end. */
export function hasBothEnds(k: Case): boolean {
  return k.peer !== null && k.peer.other !== null && k.peer.at !== NOBODY;
}

/** Left that end (0 client, 1 server) and never got to the other one. */
function lostFrom(k: Case, end: number): readonly LoggedSegment[] {
  if (!hasBothEnds(k)) return [];
  const { at, onlyHere, onlyThere } = k.peer!;
  return (at === end ? onlyHere : onlyThere).filter((s) => s.direction === end);
}

/** Arrived in that end's name, and that end's own capture does not have it. */
function strangeFrom(k: Case, end: number): readonly LoggedSegment[] {
  if (!hasBothEnds(k)) return [];
  const { at, onlyHere, onlyThere } = k.peer!;
  return (at === end ? onlyThere : onlyHere).filter((s) => s.direction === end);
}

/** Both captures have the RST: the end it names did send it. */
export function provenReset(k: Case): boolean {
  if (!hasBothEnds(k) || k.reset === null || k.reset.foreign !== null) return false;
  const { record } = k.reset;
  return k.peer!.at === record.from || !k.peer!.onlyHere.some((s) => s.packet === record.packet);
}

/** Both captures show the same addresses and ports all along: nothing on the path translates them. */
export function provenUntranslated(k: Case): boolean {
  return hasBothEnds(k) && !k.peer!.translated && !k.peer!.remapped;
}

export function finLostFrom(k: Case, end: Case['client']): boolean {
  return lostFrom(k, indexOf(k, end)).some((s) => (s.flags & Flag.fin) !== 0);
}

/** An acknowledgement of the other end's FIN got lost. */
export function ackOfFinLostFrom(k: Case, end: Case['client']): boolean {
  const peer = end === k.client ? k.server : k.client;
  return (
    peer.fins > 0 &&
    lostFrom(k, indexOf(k, end)).some(
      (s) => (s.flags & (Flag.fin | Flag.rst | Flag.ack)) === Flag.ack && ((s.ack - peer.finSeq) | 0) > 0,
    )
  );
}

/** No packet of the connection got to the other capture. */
export function neverArrived(k: Case): boolean {
  return k.peer !== null && k.peer.other === null;
}

/** The SYNs got as far as the capture at the server. */
export function synArrived(k: Case): boolean {
  return hasBothEnds(k) && k.peer!.matched > 0;
}

/** A segment that its claimed sender did not send acknowledges more than was ever sent. */
export function strangeAckOfUnsent(k: Case): boolean {
  return [0, 1].some((end) =>
    strangeFrom(k, end).some((s) => {
      // The capture at the claimed sender was not misled by the acknowledgement.
      const unmoved = k.peer!.at === end ? k.c : k.peer!.other!.c;
      return (
        (s.flags & (Flag.ack | Flag.rst)) === Flag.ack && ((s.ack - unmoved.end(1 - end).sndMax) | 0) > 0
      );
    }),
  );
}

/** Text out of an earlier connection: its timestamp is older than the SYN of the end it names. */
export function strangeOldText(k: Case): LoggedSegment | undefined {
  if (k.c.previous === null) return undefined;
  for (const end of [0, 1]) {
    const { isnKnown, synTsVal } = k.c.end(end);
    const old = strangeFrom(k, end).find(
      (s) => s.length > 0 && (s.notes & Note.timestamps) !== 0 && isnKnown && ((s.tsVal - synTsVal) | 0) < 0,
    );
    if (old !== undefined) return old;
  }
  return undefined;
}

/** Text that its end did not send in this connection, on ports that were used before, and no timestamps to tell. */
export function strangeTextUnstamped(k: Case): boolean {
  if (k.c.previous === null) return false;
  return [0, 1].some(
    (end) => !k.c.end(end).timestamps && strangeFrom(k, end).some((s) => s.length > 0 && s.direction === end),
  );
}

/**
 * The RST carries the acknowledgement number of a segment that conntrack would call INVALID and that got lost on a path
 * which translates addresses: it answers that segment, which arrived from an address its receiver did not know.
 */
export function answersUntranslated(k: Case): boolean {
  const r = k.reset?.record;
  return r !== undefined && lostOutOfWindow(k, 1 - r.from).some((s) => s.ack === r.seq);
}

/** A segment outside the window was lost on a path that translates addresses, and nothing missed it. */
export function invalidDropped(k: Case): boolean {
  return [0, 1].some((end) => lostOutOfWindow(k, end).length > 0);
}

function lostOutOfWindow(k: Case, end: number): readonly LoggedSegment[] {
  if (!hasBothEnds(k) || !k.peer!.translated) return [];
  const receiver = k.c.end(1 - end);
  return lostFrom(k, end).filter(
    (s) => ((s.seq - receiver.rcvNxt) | 0) > Math.max(receiver.windowMax, 1 << 16),
  );
}

function indexOf(k: Case, end: Case['client']): number {
  return end === k.client ? 0 : 1;
}
