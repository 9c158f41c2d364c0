import type { VNode } from 'preact';
import type { CloseKind, Finding } from '../../src/explain/types.ts';
import { catalogue } from '../app/client.ts';
import { bytesText, countText, dateText, durationText } from '../app/format.ts';
import { Prose } from '../app/Prose.tsx';
import { causeTitle } from '../causes/title.ts';
import { strings } from '../strings/index.ts';
import type { Opened } from '../worker/protocol.ts';
import { closeCapture, filter } from './state.ts';

interface SummaryProps {
  readonly files: readonly string[];
  readonly opened: Opened;
}

export function SummaryPanel({ files, opened }: SummaryProps): VNode {
  const t = strings.value;
  const { summary } = opened;
  return (
    <section class="card summary" aria-labelledby="summary-title">
      <div class="title-line">
        <h1 id="summary-title">{files.join(' + ')}</h1>
        <button type="button" onClick={closeCapture}>
          {t.summary.other}
        </button>
      </div>
      <p>{sizeLine(opened)}</p>
      <Warnings opened={opened} />
      {summary.connections === 0 ? (
        <p>{t.summary.none}</p>
      ) : (
        <div class="columns">
          <Endings opened={opened} />
          <Why opened={opened} />
        </div>
      )}
      <Findings opened={opened} />
    </section>
  );
}

function sizeLine({ summary, seconds, bytes }: Opened): string {
  const t = strings.value.summary;
  const rate = bytesText(bytes / Math.max(seconds, 1e-3));
  const line = t.line(summary.connections, summary.packets, bytesText(bytes), durationText(seconds), rate);
  if (summary.start === null || summary.end === null) return line;
  return `${line}, ${t.from(dateText(summary.start), durationText(summary.end - summary.start))}`;
}

function Warnings({ opened }: { readonly opened: Opened }): VNode {
  const t = strings.value;
  const { cancelled, common, problems, summary } = opened;
  return (
    <>
      {cancelled && (
        <p class="notice" role="status">
          {t.progress.cancelled}
        </p>
      )}
      {common !== null && summary.packets > 0 && (
        <p class="notice">{common === 0 ? t.summary.nothingInCommon : t.summary.common(common)}</p>
      )}
      {problems.length > 0 && (
        <details class="notice" open>
          <summary>{t.summary.problems}</summary>
          <ul>
            {problems.map((problem) => (
              <li key={`${problem.code} ${problem.offset}`}>{problem.message}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Endings({ opened }: { readonly opened: Opened }): VNode {
  const t = strings.value;
  const kinds = Object.entries(opened.summary.closeKinds) as [CloseKind, number][];
  const most = Math.max(...kinds.map(([, n]) => n));
  return (
    <div>
      <h2>{t.summary.endings}</h2>
      <ul class="bars">
        {kinds
          .sort((a, b) => b[1] - a[1])
          .map(([kind, n]) => (
            <li key={kind}>
              <button type="button" onClick={() => show(`kind=${kind}`)} title={t.summary.show(n)}>
                <span class="number">{countText(n)}</span>
                <span>{t.kinds[kind] ?? kind}</span>
                <meter min={0} max={most} value={n} aria-hidden="true" />
              </button>
            </li>
          ))}
      </ul>
    </div>
  );
}

function Why({ opened }: { readonly opened: Opened }): VNode {
  const t = strings.value;
  return (
    <div>
      <h2>{t.summary.causes}</h2>
      <ul class="bars">
        {opened.summary.causes.map(({ cause, connections }) => {
          const severity = catalogue.value.get(cause)?.severity ?? 'note';
          return (
            <li key={cause}>
              <button
                type="button"
                onClick={() => show(`cause=${cause}`)}
                title={t.summary.show(connections)}
              >
                <span class="number">{countText(connections)}</span>
                <span class={`badge ${severity}`}>{t.severity[severity]}</span>
                <span>{causeTitle(cause)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** Findings of one cause told in full; the others of it are counted. */
const MOST_STORIES = 3;

function Findings({ opened }: { readonly opened: Opened }): VNode | null {
  const t = strings.value.summary;
  if (opened.findings.length === 0) return null;
  const causes = new Map<string, Finding[]>();
  for (const finding of opened.findings) {
    const known = causes.get(finding.cause);
    if (known === undefined) causes.set(finding.cause, [finding]);
    else known.push(finding);
  }
  return (
    <div class="findings">
      <h2>{t.findings}</h2>
      {[...causes].map(([cause, findings]) => (
        <article key={cause}>
          <h3>{causeTitle(cause)}</h3>
          {findings.slice(0, MOST_STORIES).map(({ story }) => (
            <p key={story}>
              <Prose text={story} />
            </p>
          ))}
          {findings.length > MOST_STORIES && (
            <p class="muted">{t.moreFindings(findings.length - MOST_STORIES)}</p>
          )}
          <p>
            <Prose text={findings[0]!.remedy} />
          </p>
        </article>
      ))}
    </div>
  );
}

function show(text: string): void {
  filter.value = filter.value === text ? '' : text;
}
