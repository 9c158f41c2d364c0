import type { Case } from '../causes/cause.ts';
import type { Who } from '../outcome.ts';
import type { LoggedSegment } from '../track/log.ts';

/** What a second capture of the same connection adds to one capture's case. Times are the captures' own. */
export interface PeerFacts {
  /** The end that this capture is nearer to; `NOBODY` where it could not be told. */
  readonly at: Who;
  /** What the other capture shows of the connection; null where it covers the time and shows nothing of it. */
  readonly other: Case | null;
  readonly matched: number;
  /** Seen by one capture only, although the other one ran and its log is whole there. */
  readonly onlyHere: readonly LoggedSegment[];
  readonly onlyThere: readonly LoggedSegment[];
  /** Addresses or ports differ between the captures: the path translates them. */
  readonly translated: boolean;
  /** A box between has put sequence numbers of its own in place of the server's (SYN proxy, firewall). */
  readonly renumbered: boolean;
  /** Some segments reached the other capture under other ports than the rest of the connection. */
  readonly remapped: boolean;
}
