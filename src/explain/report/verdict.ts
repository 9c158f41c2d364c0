import type { Diagnosis } from '../diagnosis.ts';
import type { Evidence, Verdict } from '../types.ts';
import { gatherEvidence } from './evidence.ts';
import { tellStory } from './story.ts';

export function buildVerdict(d: Diagnosis): Verdict {
  const { cause, alternatives } = d;
  const evidence: Evidence[] = [];
  gatherEvidence(d.case, (packet, atUs, shows) => {
    if (packet > 0) evidence.push({ packet, at: atUs / 1e6, shows });
  });
  cause?.evidence?.(d.case, (packet, atUs, shows) => {
    if (packet > 0) evidence.push({ packet, at: atUs / 1e6, shows });
  });
  evidence.sort((a, b) => a.packet - b.packet);
  return {
    cause: cause?.id ?? null,
    confidence: Math.round(d.confidence * 100) / 100,
    alternatives: alternatives.map((a) => a.id),
    evidence,
    remedy: cause?.remedy ?? '',
    wouldSettle:
      cause === null
        ? whatWouldTell(d)
        : alternatives.length > 0 || d.confidence < 0.9
          ? cause.wouldSettle
          : [],
    story: tellStory(d),
    reason: cause === null ? reasonOf(d) : null,
  };
}

function reasonOf(d: Diagnosis): string {
  const { o, c } = d.case;
  if (o.closeKind === 'open') return 'the connection was still open when the capture ended';
  if (c.client.segments === 0 || c.server.segments === 0) return 'only one direction was captured';
  if (c.gaps > 0) return 'the capture misses packets that would decide it';
  return `no cause of the catalogue fits a connection that ended as ${o.closeKind}`;
}

function whatWouldTell(d: Diagnosis): string[] {
  if (d.case.o.closeKind === 'open') return ['a capture that goes on until the connection ends'];
  return ['a capture of both directions', 'a capture at the other end, given with --peer'];
}
