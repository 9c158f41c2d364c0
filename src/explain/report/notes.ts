import type { Diagnosis } from '../diagnosis.ts';
import { formatTimes } from '../text.ts';
import type { Connection, End } from '../track/connection.ts';

/** Short remarks on what else was seen, in a fixed order. */
export function notesOf(d: Diagnosis): string[] {
  const { c, o } = d.case;
  const notes: string[] = [];
  if (c.midstream) notes.push('the capture begins after the connection was opened');
  if (c.evicted) notes.push('given out early: too many connections at once');
  if (c.continuesFlow > 0) notes.push(`goes on where flow ${c.continuesFlow} had to be given out early`);
  if (c.replacedAtUs >= 0) notes.push('the same ports were used again by a new connection');
  if (c.previous !== null) notes.push(`the same ports had been used by flow ${c.previous.flow}`);
  for (const [name, end, peer] of [
    ['client', c.client, c.server],
    ['server', c.server, c.client],
  ] as const) {
    endNotes(notes, name, end, peer);
  }
  captureNotes(notes, c);
  if (o.closeKind === 'open') notes.push('open at the end of the capture');
  return notes;
}

function endNotes(notes: string[], name: string, end: End, peer: End): void {
  if (end.fins > 1) notes.push(`${name} sent its FIN ${end.fins} times`);
  if (peer.lastAckRepeats > 0)
    notes.push(`last ACK to the ${name} sent again ${formatTimes(peer.lastAckRepeats)}`);
  if (end.retransmissions > 0)
    notes.push(`${name} retransmitted ${end.retransmissions} segment${end.retransmissions === 1 ? '' : 's'}`);
  if (end.zeroWindows > 0) notes.push(`${name} closed its window ${formatTimes(end.zeroWindows)}`);
  if (end.keepaliveProbes > 0)
    notes.push(`${name} sent ${end.keepaliveProbes} keepalive probe${end.keepaliveProbes === 1 ? '' : 's'}`);
}

function captureNotes(notes: string[], c: Connection): void {
  if (c.duplicates > 0) notes.push(`${c.duplicates} packets were captured twice`);
  if (c.disordered)
    notes.push('packets were captured out of order; they are told in the order they had on the wire');
  if (c.gaps > 0) notes.push(`the capture misses packets (${c.gaps} gap${c.gaps === 1 ? '' : 's'})`);
  if (c.foreign > 0)
    notes.push(`${c.foreign} segment${c.foreign === 1 ? '' : 's'} cannot come from the end named as sender`);
  if (c.client.segments === 0 || c.server.segments === 0) notes.push('only one direction was captured');
}
