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

/** No path holds a SYN back longer while the whole connection passes. */
const SAME_SYN_US = 50_000;

/** True where the segment belongs to a new incarnation of the four-tuple. Idleness alone never splits. */
export function reopens(c: Connection, s: Segment, direction: number, atUs: number): boolean {
  if ((s.flags & Flag.syn) !== 0 && (s.flags & Flag.ack) === 0) return beginsAnew(c, s, direction, atUs);
  return c.strangeSyns > 0 && takesStrangeSyn(c, s, direction);
}

/** A SYN: the same one again, its counterpart of a simultaneous open, or a new incarnation. */
function beginsAnew(c: Connection, s: Segment, direction: number, atUs: number): boolean {
  const from = direction === CLIENT ? c.client : c.server;
  const to = direction === CLIENT ? c.server : c.client;
  // The same number may be drawn again; the same SYN does not come after the connection is over, but for reordering.
  if (from.isnKnown && from.firstSeq === s.seq)
    return c.closedAtUs >= 0 && c.client.fins > 0 && c.server.fins > 0 && atUs - c.startUs > SAME_SYN_US;
  if (c.closedAtUs >= 0) return true;
  if (from.syns === 0 && to.syns > 0 && stateOf(to) === State.synSent) return false;
  if (!from.isnKnown && c.midstream) return c.client.fins + c.server.fins + c.resetCount > 0 && isClosing(c);
  if (stateOf(c.server) < State.established) return from.syns > 0 && to.segments === 0;
  // On a live connection the answer tells: a challenge ACK (RFC 5961 4) or a SYN-ACK.
  return c.client.fins > 0 && c.server.fins > 0;
}

/** A SYN comes again this long after the RST that answered a bad ACK: at once, or after the first timeout (RFC 6298 2.1). */
const SYN_AGAIN_US = 1_500_000;

/**
 * Nothing of the four-tuple was seen but RSTs of the end that now sends a SYN: they answered something that never passed
 * here (RFC 9293 3.10.7.3, first), and belong to the attempt that goes on with this SYN.
 */
export function followsStrayReset(c: Connection, s: Segment, direction: number, atUs: number): boolean {
  if (!c.midstream || (s.flags & (Flag.syn | Flag.ack)) !== Flag.syn || direction !== CLIENT) return false;
  const { client, server } = c;
  return (
    client.resets > 0 &&
    client.segments === client.resets &&
    server.segments === 0 &&
    // With the number after this SYN it is of this very attempt, and only captured before it.
    c.resets[0]!.seq !== ((s.seq + 1) | 0) &&
    atUs - c.lastUs < SYN_AGAIN_US
  );
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
