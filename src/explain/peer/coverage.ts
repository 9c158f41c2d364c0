import { Flag } from '../../wire/segment.ts';
import { NOBODY, type Who } from '../outcome.ts';
import type { LoggedSegment } from '../track/log.ts';

/** What one capture kept of a connection, and the time the whole capture spans. */
export interface Kept {
  readonly segments: readonly LoggedSegment[];
  /** Segments that went through the log, kept or not. */
  readonly appended: number;
  readonly startUs: number;
  readonly endUs: number;
}

const HEAD = 32;
const RING = 32;
const MARGIN_US = 2_000;
/** How much a packet's way may differ from the usual one where that decides what the log still holds. */
const JITTER_US = 10_000;

/**
 * Of what only one capture shows, those segments that the other one would show had they passed it: it ran at that
 * time, and its log of the connection has no hole there. `wayUs(direction)` turns times into the other's clock.
 */
export function missedBy(
  only: readonly LoggedSegment[],
  own: readonly LoggedSegment[],
  other: Kept,
  otherAt: Who,
  wayUs: (direction: number) => number,
): LoggedSegment[] {
  if (only.length === 0) return [];
  const hole = holeOf(other);
  const edges = edgesOf(own, other, otherAt, wayUs);
  return only.filter((s) => {
    const atUs = s.atUs + wayUs(s.direction);
    return atUs >= edges.fromUs && atUs <= edges.untilUs && !(atUs > hole.fromUs && atUs < hole.untilUs);
  });
}

/** A long log keeps its first and last segments; in between nothing can be said. */
function holeOf({ segments, appended }: Kept): { fromUs: number; untilUs: number } {
  if (appended <= HEAD + RING) return { fromUs: 0, untilUs: 0 };
  return {
    fromUs: segments[HEAD - 1]!.atUs - JITTER_US,
    untilUs: segments[segments.length - RING]!.atUs + JITTER_US,
  };
}

/**
 * A capture file does not say when it was started and stopped. It was, where the host it was taken at sent something
 * before its first or after its last packet: RSTs do not count, as anybody may send them in that host's name.
 */
function edgesOf(
  own: readonly LoggedSegment[],
  other: Kept,
  otherAt: Who,
  wayUs: (direction: number) => number,
): { fromUs: number; untilUs: number } {
  let fromUs = -Infinity;
  let untilUs = Infinity;
  for (const s of own) {
    if ((otherAt !== NOBODY && s.direction !== otherAt) || (s.flags & Flag.rst) !== 0) continue;
    const atUs = s.atUs + wayUs(s.direction);
    if (atUs < other.startUs - MARGIN_US) fromUs = other.startUs + MARGIN_US;
    if (atUs > other.endUs + MARGIN_US) untilUs = other.endUs - MARGIN_US;
  }
  return { fromUs, untilUs };
}
