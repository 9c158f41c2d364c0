import type { VNode } from 'preact';
import { offsetText } from '../app/format.ts';
import { strings } from '../strings/index.ts';
import type { LabReport } from '../worker/protocol.ts';

interface StoryProps {
  readonly report: LabReport;
  readonly atUs: number;
}

/** Lines shown of a long run. */
const MOST_LINES = 400;

interface Told {
  readonly at: number;
  readonly who: string;
  readonly text: string;
  readonly error: boolean;
}

/** What the network did and what the applications got, in order; what is still to come is dimmed. */
export function Story({ report, atUs }: StoryProps): VNode {
  const t = strings.value.lab;
  const now = report.start + atUs / 1e6 + 5e-7;
  const lines = told(report, t.stillWaits);
  return (
    <>
      <section aria-label={t.events} hidden={lines.length === 0}>
        <h3>{t.events}</h3>
        <div class="scrolling">
          <table>
            <tbody>
              {lines.slice(0, MOST_LINES).map((line, i) => (
                <tr key={`${line.at} ${line.who} ${i}`} class={line.at > now ? 'future' : ''}>
                  <td class="number">{offsetText(line.at - report.start)}</td>
                  <td>{line.who}</td>
                  <td class={line.error ? 'error' : ''} lang="en">
                    {line.text}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      {report.facts.length > 0 && (
        <section aria-label={t.facts}>
          <h3>{t.facts}</h3>
          <ul lang="en">
            {report.facts.map((fact) => (
              <li key={fact.name}>{fact.text}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function told(report: LabReport, stillWaits: string): Told[] {
  const events = report.events.map(({ at, text }) => ({ at, who: '', text, error: false }));
  const calls = report.applications.flatMap(({ host, process, calls }) =>
    calls.map((call) => ({
      at: call.at + (call.seconds ?? 0),
      who: host === process ? host : `${host}, ${process}`,
      text: `${call.call} = ${call.error ?? (call.seconds === null ? stillWaits : call.shows)}`,
      error: call.error !== null,
    })),
  );
  return [...events, ...calls].sort((a, b) => a.at - b.at);
}
