import { Packet } from '../capture/index.ts';
import { Explainer } from '../explain/engine.ts';
import { PeerCapture } from '../explain/peer/index.ts';
import type { ConnectionEnding, Finding, Summary } from '../explain/types.ts';
import { CAPTURE_EPOCH_US, type Tap } from '../link/index.ts';
import { LinkType } from '../wire/index.ts';

/** What `explain` says of the tapped capture. */
export interface LabVerdict {
  /** Causes of which it has to name one. */
  readonly expected: readonly string[];
  /** It did: first or among the alternatives of a connection, or in a finding. null: nothing shows on the wire. */
  readonly named: boolean | null;
  /** The one of them that it named, as it stands: `first` cause, one that `also fits`, or a `finding`. */
  readonly match: { readonly cause: string; readonly as: 'first' | 'also fits' | 'finding' } | null;
  readonly connections: readonly ConnectionEnding[];
  readonly findings: readonly Finding[];
  readonly summary: Summary;
}

/** Connections whose whole report is kept. */
const MOST_REPORTS = 200;

/** Runs the analyser over what the taps recorded, as `lastack explain` would over the file. */
export function explainTaps(
  tap: Tap,
  peerTap: Tap | null,
  mslUs: number,
  expected: readonly string[],
): LabVerdict {
  const connections: ConnectionEnding[] = [];
  const findings: Finding[] = [];
  const second = peerTap === null ? null : new PeerCapture({ mslUs });
  if (second !== null) {
    feed(peerTap!, (packet) => second.packet(packet));
    second.finish();
  }
  const explainer = new Explainer({
    mslUs,
    onConnection: (view) => {
      if (connections.length < MOST_REPORTS) connections.push(view.report());
    },
    onFinding: (finding) => findings.push(finding),
    ...(second === null ? {} : { second }),
  });
  feed(tap, (packet) => explainer.packet(packet));
  explainer.finish();
  connections.sort((a, b) => a.flow - b.flow);
  const match = matchOf(expected, connections, findings);
  const named = expected.length === 0 ? null : match !== null;
  return { expected, named, match, connections, findings, summary: explainer.summary() };
}

function feed(tap: Tap, take: (packet: Packet) => void): void {
  const record = new Packet();
  record.linkType = LinkType.raw;
  for (const [index, packet] of tap.packets.entries()) {
    const { bytes } = packet;
    record.number = index + 1;
    record.timeUs = CAPTURE_EPOCH_US + packet.timeUs;
    record.capturedLength = bytes.length;
    record.originalLength = packet.length;
    record.bytes = bytes;
    record.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    take(record);
  }
}

function matchOf(
  expected: readonly string[],
  connections: readonly ConnectionEnding[],
  findings: readonly Finding[],
): LabVerdict['match'] {
  const first = expected.find((id) => connections.some((c) => c.verdict.cause === id));
  if (first !== undefined) return { cause: first, as: 'first' };
  const found = expected.find((id) => findings.some((f) => f.cause === id || f.alternatives.includes(id)));
  if (found !== undefined) return { cause: found, as: 'finding' };
  const other = expected.find((id) => connections.some((c) => c.verdict.alternatives.includes(id)));
  return other === undefined ? null : { cause: other, as: 'also fits' };
}
