import { type Segment, SegmentKind } from '../wire/index.ts';
import { type Prefix, prefixHolds, toPrefix } from './addresses.ts';

/** A port, or the first and last of a range. */
export type PortMatch = number | readonly [first: number, last: number];

/** Which TCP segments (and, with `icmp`, ICMP errors about them) are meant: those that fit all that is said. */
export interface Match {
  /** Address or prefix. */
  readonly source?: string;
  readonly destination?: string;
  readonly sourcePort?: PortMatch;
  readonly destinationPort?: PortMatch;
  /** `Flag` bits that are all set, and those of which none is. */
  readonly flags?: number;
  readonly without?: number;
  /** Whether it carries data. */
  readonly payload?: boolean;
  /** ICMP errors, by the TCP segment that they quote, in place of TCP segments. */
  readonly icmp?: boolean;
  readonly where?: (segment: Segment) => boolean;
  /** Of all that fit: only the n-th (from 1 on), or from the first to the last of these numbers. */
  readonly nth?: number | readonly [first: number, last: number];
}

/** A `Match` made ready, with its count. */
export class Matcher {
  /** How many have fitted, whatever `nth` said. */
  seen: number = 0;
  readonly #match: Match;
  readonly #source: Prefix | null;
  readonly #destination: Prefix | null;

  constructor(match: Match) {
    this.#match = match;
    this.#source = match.source === undefined ? null : toPrefix(match.source);
    this.#destination = match.destination === undefined ? null : toPrefix(match.destination);
  }

  fits(segment: Segment): boolean {
    const match = this.#match;
    const kind = match.icmp === true ? SegmentKind.icmpError : SegmentKind.tcp;
    if (segment.kind !== kind || !this.#fitsEnds(segment) || !fitsContent(match, segment)) return false;
    this.seen++;
    return match.nth === undefined || within(this.seen, match.nth);
  }

  #fitsEnds(segment: Segment): boolean {
    const destination = this.#destination;
    const match = this.#match;
    const source = this.#source;
    if (source !== null && !prefixHolds(source, segment.family, segment.source)) return false;
    if (destination !== null && !prefixHolds(destination, segment.family, segment.destination)) return false;
    if (match.sourcePort !== undefined && !within(segment.sourcePort, match.sourcePort)) return false;
    return match.destinationPort === undefined || within(segment.destinationPort, match.destinationPort);
  }
}

function fitsContent(match: Match, segment: Segment): boolean {
  const { flags = 0, payload, where, without = 0 } = match;
  if ((segment.flags & flags) !== flags || (segment.flags & without) !== 0) return false;
  if (payload !== undefined && segment.payloadLength > 0 !== payload) return false;
  return where === undefined || where(segment);
}

function within(value: number, range: number | readonly [first: number, last: number]): boolean {
  return typeof range === 'number' ? value === range : value >= range[0] && value <= range[1];
}
