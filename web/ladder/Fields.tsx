import type { VNode } from 'preact';
import { durationText, offsetText } from '../app/format.ts';
import { type Strings, strings } from '../strings/index.ts';
import type { RawFields } from '../worker/protocol.ts';
import type { Line } from './layout.ts';

interface FieldsProps {
  readonly line: Line | null;
  readonly before: Line | null;
  readonly origin: number;
  readonly raw: RawFields | null;
  readonly evidence: string | null;
}

/** Every field of the chosen packet. */
export function Fields(props: FieldsProps): VNode {
  const t = strings.value;
  const { line } = props;
  return (
    <div class="fields" role="group" aria-label={t.ladder.fields}>
      {line === null ? (
        <p class="muted">{t.ladder.choose}</p>
      ) : (
        <dl>
          {[...stepFields(line, props, t), ...rawFields(props.raw, t)].map(([name, value]) => (
            <div key={name}>
              <dt>{t.ladder.field[name]}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

type Pair = readonly [name: string, value: string];

function stepFields({ step }: Line, { before, origin, raw, evidence }: FieldsProps, t: Strings): Pair[] {
  const pairs: (Pair | null)[] = [
    evidence === null ? null : ['evidence', evidence],
    ['packet', String(step.packet)],
    ['time', `${offsetText(step.at - origin)} s`],
    before === null ? null : ['since', durationText(step.at - before.step.at)],
    ['from', t.ends[step.from] ?? step.from],
    ['flags', step.flags],
    ['seq', t.ladder.relativeAbsolute(step.seq, raw?.seq ?? null)],
    step.ack === null ? null : ['ack', t.ladder.relativeAbsolute(step.ack, raw?.ack ?? null)],
    ['length', t.ladder.bytes(step.length)],
    ['window', String(step.window)],
    step.notes.length === 0 ? null : ['notes', step.notes.join(', ')],
    ['clientState', step.clientState || '?'],
    ['serverState', step.serverState || '?'],
  ];
  return pairs.filter((pair): pair is Pair => pair !== null);
}

function rawFields(raw: RawFields | null, t: Strings): Pair[] {
  if (raw === null) return [];
  const { yes, dontFragment, bytes } = t.ladder;
  const fragment = raw.dontFragment ? `, ${dontFragment}` : '';
  const pairs: (Pair | null)[] = [
    ['hopLimit', String(raw.hopLimit)],
    raw.identification < 0 ? null : ['identification', `${raw.identification}${fragment}`],
    raw.ecn === 0 ? null : ['ecn', String(raw.ecn)],
    ['headerLength', bytes(raw.headerLength)],
    raw.urgentPointer === 0 ? null : ['urgentPointer', String(raw.urgentPointer)],
    raw.timestamps === null ? null : ['timestamps', `TSval ${raw.timestamps[0]}, TSecr ${raw.timestamps[1]}`],
    raw.mss === null ? null : ['mss', String(raw.mss)],
    raw.windowScale === null ? null : ['windowScale', `${raw.windowScale} (× ${2 ** raw.windowScale})`],
    raw.sackPermitted ? ['sackPermitted', yes] : null,
    raw.sack.length === 0 ? null : ['sack', sackText(raw.sack)],
    raw.vlan === null ? null : ['vlan', String(raw.vlan)],
    raw.tunnels === 0 ? null : ['tunnels', String(raw.tunnels)],
    ['captured', bytes(raw.captured)],
  ];
  return pairs.filter((pair): pair is Pair => pair !== null);
}

function sackText(edges: readonly number[]): string {
  const blocks: string[] = [];
  for (let i = 0; i + 1 < edges.length; i += 2) blocks.push(`${edges[i]}–${edges[i + 1]}`);
  return blocks.join(', ');
}
