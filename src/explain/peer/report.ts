import { Flag } from '../../wire/segment.ts';
import type { Case } from '../causes/cause.ts';
import type { Diagnosis, PeerLook } from '../diagnosis.ts';
import { CLIENT, SERVER } from '../track/connection.ts';
import type { LoggedSegment } from '../track/log.ts';
import type { End, Evidence, PeerComparison } from '../types.ts';

const MAX_LISTED = 1_000;
const MAX_EVIDENCE = 4;

/** The case that the verdict stands on: the other capture's, where that one saw what decides it. */
export function basisOf(d: Diagnosis): Case {
  return d.peer?.basis ?? d.case;
}

export interface NearCase {
  readonly k: Case;
  /** How far the capture's clock is ahead of this report's. */
  readonly aheadUs: number;
}

/** What an end did and got is known best from the capture taken there. */
export function caseNear(d: Diagnosis, end: number): NearCase {
  const { peer } = d;
  if (peer === null) return { k: d.case, aheadUs: 0 };
  const there = peer.there !== null && (peer.facts.at === 1 - end || peer.basis === peer.there);
  const k = peer.facts.at === end || !there ? peer.here : peer.there!;
  return { k, aheadUs: k === peer.here ? 0 : peer.aheadUs };
}

/** Left the one host and did not get to the other capture. */
export function lostSegments(peer: PeerLook): LoggedSegment[] {
  const { at, onlyHere } = peer.facts;
  return onlyHere.filter((s) => s.direction === at || (at !== CLIENT && at !== SERVER));
}

/** Came here in the other end's name, and that end's own capture does not have it. */
export function strangeSegments(peer: PeerLook): LoggedSegment[] {
  const { at, onlyHere } = peer.facts;
  return onlyHere.filter((s) => s.direction === 1 - at);
}

export function comparisonOf(peer: PeerLook): PeerComparison {
  const { at, onlyThere, matched, translated, remapped, other } = peer.facts;
  const known = at === CLIENT || at === SERVER;
  const lost = onlyThere.filter((s) => !known || s.direction === 1 - at);
  const strange = onlyThere.filter((s) => known && s.direction === at);
  return {
    clockOffset: -peer.aheadUs / 1e6,
    matched,
    lostToPeer: numbers(lostSegments(peer)),
    lostFromPeer: numbers(lost),
    strangeHere: numbers(strangeSegments(peer)),
    strangeAtPeer: numbers(strange),
    takenAt: at === CLIENT ? 'client' : at === SERVER ? 'server' : null,
    translated,
    remapped,
    seenByPeer: other !== null,
  };
}

function numbers(segments: readonly LoggedSegment[]): number[] {
  return segments.slice(0, MAX_LISTED).map((s) => s.packet);
}

/** Turns evidence of the deciding capture into this capture's packets and clock, where both have the packet. */
export function evidenceHere(
  peer: PeerLook,
  segments: readonly LoggedSegment[],
  packet: number,
  atUs: number,
  shows: string,
): Evidence {
  const pair = peer.pairs.get(packet);
  const text = mentionsHere(peer, shows);
  if (pair !== undefined) return { packet: pair.packet, at: pair.atUs / 1e6, shows: text };
  const hereUs = atUs - peer.aheadUs;
  return {
    packet: nearestPacket(segments, hereUs),
    at: hereUs / 1e6,
    shows: `${text} (packet ${packet} of the other capture)`,
    capture: 'peer',
  };
}

/** `packet N` in a text about the other capture, in this capture's numbers where it has the packet. */
export function mentionsHere(peer: PeerLook, text: string): string {
  return text.replace(/\bpacket (\d+)/g, (_, n: string) => {
    const pair = peer.pairs.get(Number(n));
    return pair === undefined ? `packet ${n} of the other capture` : `packet ${pair.packet}`;
  });
}

function nearestPacket(segments: readonly LoggedSegment[], atUs: number): number {
  let best = segments[0];
  for (const s of segments)
    if (best === undefined || Math.abs(s.atUs - atUs) < Math.abs(best.atUs - atUs)) best = s;
  return best?.packet ?? 0;
}

/** The packets that only one capture has, as far as they matter to an ending. */
export function peerEvidence(peer: PeerLook, segments: readonly LoggedSegment[]): Evidence[] {
  const { at, onlyHere, onlyThere } = peer.facts;
  if (at !== CLIENT && at !== SERVER) return [];
  const told = (s: LoggedSegment, capturedAt: number): string =>
    s.direction === capturedAt
      ? `sent by the ${nameOf(s.direction)}, and lost: the capture at the ${nameOf(1 - s.direction)} does not have it`
      : `in the ${nameOf(s.direction)}'s name, yet the capture at the ${nameOf(s.direction)} does not have it`;
  const found = foremost(onlyHere).map((s) => ({
    packet: s.packet,
    at: s.atUs / 1e6,
    shows: told(s, at),
  }));
  const there = foremost(onlyThere).map((s) =>
    evidenceHere(peer, segments, s.packet, s.atUs, told(s, 1 - at)),
  );
  return [...found, ...there];
}

/** SYN, FIN and RST first, then text, then the rest; the last ones of each, as they stand next to the ending. */
function foremost(segments: readonly LoggedSegment[]): LoggedSegment[] {
  const rank = (s: LoggedSegment): number =>
    (s.flags & (Flag.syn | Flag.fin | Flag.rst)) !== 0 ? 0 : s.length > 0 ? 1 : 2;
  return [...segments]
    .sort((a, b) => rank(a) - rank(b) || b.packet - a.packet)
    .slice(0, MAX_EVIDENCE)
    .sort((a, b) => a.packet - b.packet);
}

export function nameOf(direction: number): End {
  return direction === CLIENT ? 'client' : 'server';
}

/** A sentence on what the two captures together show, or nothing where they agree. */
export function comparedStory(peer: PeerLook): string {
  const { at, onlyHere, onlyThere, other, remapped } = peer.facts;
  if (other === null)
    return `The capture at the other end shows nothing of this connection: its packets never got there.`;
  if (at !== CLIENT && at !== SERVER) return '';
  const said: string[] = [];
  for (const direction of [CLIENT, SERVER]) {
    const lost = (at === direction ? onlyHere : onlyThere).filter((s) => s.direction === direction).length;
    const strange = (at === direction ? onlyThere : onlyHere).filter((s) => s.direction === direction).length;
    const to = nameOf(1 - direction);
    if (lost > 0) said.push(`${count(lost)} of the ${nameOf(direction)} never reached the ${to}`);
    if (strange > 0) said.push(`${count(strange)} in the ${nameOf(direction)}'s name did not come from it`);
  }
  if (remapped) said.push('part of the flow arrived under other ports');
  return said.length === 0 ? '' : `Both captures together: ${said.join('; ')}.`;
}

function count(n: number): string {
  return n === 1 ? '1 packet' : `${n} packets`;
}
