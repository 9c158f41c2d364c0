import type { AddEvidence } from '../causes/cause.ts';
import type { Diagnosis } from '../diagnosis.ts';
import { basisOf, evidenceHere, peerEvidence } from '../peer/report.ts';
import type { LoggedSegment } from '../track/log.ts';
import type { Evidence, Verdict } from '../types.ts';
import { gatherEvidence } from './evidence.ts';
import { tellStory } from './story.ts';

export function buildVerdict(d: Diagnosis, segments: readonly LoggedSegment[]): Verdict {
  const { cause, alternatives, peer } = d;
  const k = basisOf(d);
  const elsewhere = peer !== null && k === peer.there ? peer : null;
  const evidence: Evidence[] = [];
  const add: AddEvidence = (packet, atUs, shows) => {
    if (packet <= 0) return;
    evidence.push(
      elsewhere === null
        ? { packet, at: atUs / 1e6, shows }
        : evidenceHere(elsewhere, segments, packet, atUs, shows),
    );
  };
  gatherEvidence(k, add);
  cause?.evidence?.(k, add);
  if (peer !== null) evidence.push(...peerEvidence(peer, segments));
  return {
    cause: cause?.id ?? null,
    confidence: Math.round(d.confidence * 100) / 100,
    alternatives: alternatives.map((a) => a.id),
    evidence: joined(evidence),
    remedy: cause?.remedy ?? '',
    wouldSettle:
      cause === null
        ? whatWouldTell(d)
        : alternatives.length > 0 || d.confidence < 0.9
          ? stillOpen(d, cause.wouldSettle)
          : [],
    story: tellStory(d),
    reason: cause === null ? reasonOf(d) : null,
  };
}

/** One entry a packet, in their order; what several facts say of one packet is joined, but not across captures. */
function joined(evidence: readonly Evidence[]): Evidence[] {
  const entries = new Map<string, Evidence>();
  for (const e of evidence) {
    const key = e.capture === undefined ? `${e.packet}` : `${e.packet} ${e.shows}`;
    const known = entries.get(key);
    entries.set(key, known === undefined ? e : { ...known, shows: `${known.shows}; ${e.shows}` });
  }
  return [...entries.values()].sort((a, b) => a.packet - b.packet);
}

/** A capture on the other side is there already. */
function stillOpen(d: Diagnosis, wouldSettle: readonly string[]): readonly string[] {
  return d.peer === null ? wouldSettle : wouldSettle.filter((w) => !w.startsWith('a capture on the '));
}

function reasonOf(d: Diagnosis): string {
  const { o, c } = d.case;
  if (o.closeKind === 'open') return 'the connection was still open when the capture ended';
  if (o.closeKind === 'connect-timeout' && c.client.segments > 0)
    return 'the capture has no answer to any SYN, so its silence says nothing';
  if (o.closeKind === 'half-closed')
    return 'the capture ended too soon after the first FIN to tell a slow close from none';
  if (c.client.segments === 0 || c.server.segments === 0) return 'only one direction was captured';
  if (c.gaps > 0) return 'the capture misses packets that would decide it';
  return `no cause of the catalogue fits a connection that ended as ${o.closeKind}`;
}

function whatWouldTell(d: Diagnosis): string[] {
  const { closeKind } = d.case.o;
  if (closeKind === 'open' || closeKind === 'half-closed')
    return ['a capture that goes on until the connection ends'];
  if (d.peer !== null) return ['a capture of both directions'];
  return ['a capture of both directions', 'a capture at the other end, given with --peer'];
}
