import type { VNode } from 'preact';
import type { ConnectionEnding, End } from '../../src/explain/types.ts';
import { bytesText, durationText, offsetText } from '../app/format.ts';
import { type Strings, strings } from '../strings/index.ts';

const ENDS: readonly End[] = ['client', 'server'];

interface FactsProps {
  readonly ending: ConnectionEnding;
  readonly origin: number;
}

/** What was seen of the connection, in numbers. */
export function Facts({ ending, origin }: FactsProps): VNode {
  const t = strings.value;
  const facts = [...endingFacts(ending, t), ...endFacts(ending, origin, t), ...peerFacts(ending, t)];
  return (
    <section aria-label={t.detail.facts}>
      <h3>{t.detail.facts}</h3>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

type Fact = readonly [name: string, value: string];

function endingFacts(e: ConnectionEnding, t: Strings): Fact[] {
  const d = t.detail;
  const facts: Fact[] = [
    [d.closer, t.ends[e.firstCloser ?? 'none']!],
    [d.timeWait, e.timeWait === null ? d.nowhere : d.timeWaitAt(t.ends[e.timeWait]!)],
    [d.idle, durationText(e.longestIdle)],
  ];
  if (e.rtt !== null) facts.push([d.rtt, durationText(e.rtt)]);
  if (e.capturedAt !== null)
    facts.push([d.captured, e.capturedAt === 'between' ? d.between : t.ends[e.capturedAt]!]);
  if (e.notes.length > 0) facts.push([d.notes, e.notes.join(', ')]);
  return facts;
}

function endFacts(e: ConnectionEnding, origin: number, t: Strings): Fact[] {
  const d = t.detail;
  return ENDS.flatMap((end) => {
    const report = e.ends[end];
    const name = t.ends[end]!;
    const again = report.retransmissions > 0 ? `, ${d.retransmissions(report.retransmissions)}` : '';
    const facts: Fact[] = [
      [d.data(name), `${d.dataText(bytesText(report.bytes), bytesText(report.bytesAcked))}${again}`],
    ];
    if (report.applicationSees !== null) facts.push([d.sees(name), report.applicationSees]);
    const steps = e.states[end].map((step) => `${step.state} ${offsetText(step.at - origin)}`);
    if (steps.length > 0) facts.push([d.states(name), steps.join(' → ')]);
    return facts;
  });
}

function peerFacts({ peer }: ConnectionEnding, t: Strings): Fact[] {
  if (peer === undefined) return [];
  const d = t.detail;
  const list = (packets: readonly number[]): string => (packets.length === 0 ? '–' : packets.join(', '));
  return [
    [d.peer, t.summary.common(peer.seenByPeer ? 1 : 0)],
    [d.clock, durationText(peer.clockOffset)],
    [d.lostTo, list(peer.lostToPeer)],
    [d.lostFrom, list(peer.lostFromPeer)],
  ];
}
