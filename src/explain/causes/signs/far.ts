import { formatBytes } from '../../text.ts';
import type { AddEvidence, Case } from '../cause.ts';
import { between } from './words.ts';

/**
 * An end repeated its last ACK although nothing that passed here asked for it: it answered something that reached it on
 * the far side of this capture. Only where this capture shows nothing forged itself.
 */
export function challengedBeyond(k: Case): boolean {
  const { c } = k;
  return (
    c.traces.unaskedAcks > 0 &&
    k.peer === null &&
    c.traces.bogusAcks === 0 &&
    c.foreign === 0 &&
    c.strangeSyns === 0 &&
    c.pawsDrops === 0 &&
    c.badAnswers === 0 &&
    c.resets.every((r) => r.atUs > c.traces.unaskedAtUs)
  );
}

export function challengedBeyondWords(k: Case): string {
  const { traces } = k.c;
  const end = traces.unaskedFrom === 0 ? k.client : k.server;
  const peer = end === k.client ? k.server : k.client;
  const name = end === k.client ? 'client' : 'server';
  return `The ${name} said its last acknowledgement again ${between(traces.unaskedAtUs, k.c.startUs)} after the connection's first packet, with nothing to answer: all ${formatBytes(peer.bytes)} sent to it had been acknowledged before. Something that did not pass this capture made it do so.`;
}

export function challengedBeyondEvidence(k: Case, add: AddEvidence): void {
  const { traces } = k.c;
  add(
    traces.unaskedPacket,
    traces.unaskedAtUs,
    'an ACK without news that no segment in this capture asks for',
  );
}
