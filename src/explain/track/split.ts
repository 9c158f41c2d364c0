import { State } from '../../states/index.ts';
import { Flag, type Segment } from '../../wire/segment.ts';
import { CLIENT, type Connection } from './connection.ts';
import { stateOf } from './states.ts';

/** True where nothing more can come of the connection but late segments: both ends CLOSED or in TIME-WAIT. */
export function isOver(c: Connection): boolean {
  if (c.opening && c.client.resets + c.server.resets === 0) return false;
  return isEndOver(stateOf(c.client)) && isEndOver(stateOf(c.server));
}

function isEndOver(state: number): boolean {
  return state === State.timeWait || state === State.closed;
}

/** True where the segment belongs to a new incarnation of the four-tuple. Idleness alone never splits. */
export function reopens(c: Connection, s: Segment, direction: number): boolean {
  if ((s.flags & Flag.syn) !== 0 && (s.flags & Flag.ack) === 0) return beginsAnew(c, s, direction);
  return c.strangeSyns > 0 && takesStrangeSyn(c, s, direction);
}

/** A SYN: the same one again, its counterpart of a simultaneous open, or a new incarnation. */
function beginsAnew(c: Connection, s: Segment, direction: number): boolean {
  const from = direction === CLIENT ? c.client : c.server;
  const to = direction === CLIENT ? c.server : c.client;
  if (from.isnKnown && from.firstSeq === s.seq) return false;
  if (c.closedAtUs >= 0) return true;
  if (from.syns === 0 && to.syns > 0 && stateOf(to) === State.synSent) return false;
  if (!from.isnKnown && c.midstream) return c.client.fins + c.server.fins + c.resetCount > 0 && isClosing(c);
  if (stateOf(c.server) < State.established) return from.syns > 0 && to.segments === 0;
  // On a live connection the answer tells: a challenge ACK (RFC 5961 4) or a SYN-ACK.
  return c.client.fins > 0 && c.server.fins > 0;
}

function isClosing(c: Connection): boolean {
  return (c.client.fins > 0 && c.server.fins > 0) || c.resetAcceptedAtUs >= 0;
}

/** A SYN that seemed strange was taken after all: answered with a SYN-ACK, or followed by its sender's text. */
export function takesStrangeSyn(c: Connection, s: Segment, direction: number): boolean {
  if (c.strangeSyns === 0) return false;
  const next = (c.strangeSynSeq + 1) | 0;
  if ((s.flags & (Flag.syn | Flag.ack)) === (Flag.syn | Flag.ack))
    return s.ack === next && direction !== c.strangeSynFrom;
  return (s.flags & Flag.syn) === 0 && direction === c.strangeSynFrom && s.seq === next;
}
