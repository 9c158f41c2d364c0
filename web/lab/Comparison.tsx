import type { VNode } from 'preact';
import { causeTitle } from '../causes/title.ts';
import { strings } from '../strings/index.ts';
import type { LabReport, LabResult, ScenarioEntry } from '../worker/protocol.ts';
import { shownValue } from './settings.ts';

interface ComparisonProps {
  readonly entry: ScenarioEntry;
  readonly first: LabResult | null;
  readonly second: LabResult | null;
}

/** The two runs line by line: settings, what was found out, verdicts, errors. */
export function Comparison({ entry, first, second }: ComparisonProps): VNode | null {
  const t = strings.value.lab;
  if (first === null || second === null) return null;
  const [a, b] = [linesOf(entry, first.report), linesOf(entry, second.report)];
  const names = [...new Set([...a.keys(), ...b.keys()])];
  const differing = names.filter((name) => a.get(name) !== b.get(name));
  return (
    <section aria-label={t.comparison}>
      <h2>{t.comparison}</h2>
      <div class="scrolling">
        <table>
          <thead>
            <tr>
              <td />
              <th scope="col">{t.first}</th>
              <th scope="col">{t.second}</th>
            </tr>
          </thead>
          <tbody>
            {differing.map((name) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{a.get(name) ?? '–'}</td>
                <td>{b.get(name) ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function linesOf(entry: ScenarioEntry, report: LabReport): Map<string, string> {
  const t = strings.value;
  const lines = new Map<string, string>();
  for (const [key, value] of Object.entries(report.values))
    lines.set(key, shownValue(entry.parameters[key]!, value));
  for (const fact of report.facts) lines.set(fact.text, `${fact.value ?? '–'} ${fact.unit}`.trim());
  const verdicts = report.verdict?.connections.map((c) => causeTitle(c.verdict.cause ?? '')) ?? [];
  if (verdicts.length > 0) lines.set(t.lab.verdict, [...new Set(verdicts)].join('; '));
  for (const { host, process, calls } of report.applications) {
    const errors = calls.filter((call) => call.error !== null).map((call) => `${call.call}: ${call.error}`);
    if (errors.length > 0) lines.set(`${host}, ${process}`, [...new Set(errors)].join('; '));
  }
  for (const [host, counters] of Object.entries(report.counters))
    for (const [name, value] of Object.entries(counters)) lines.set(`${host}, ${name}`, String(value));
  return lines;
}
