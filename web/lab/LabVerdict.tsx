import type { VNode } from 'preact';
import { Prose } from '../app/Prose.tsx';
import { hashOf } from '../app/route.ts';
import { causeTitle } from '../causes/title.ts';
import { strings } from '../strings/index.ts';
import type { LabReport } from '../worker/protocol.ts';

/** Connections told of. */
const MOST = 8;

/** What the analyser says of the packets that the tap recorded, knowing nothing else. */
export function LabVerdict({ report }: { readonly report: LabReport }): VNode | null {
  const t = strings.value;
  const { verdict } = report;
  if (verdict === null) return null;
  const named =
    verdict.named === null
      ? t.lab.invisible
      : verdict.match === null
        ? t.lab.notNamed
        : t.lab.named(causeTitle(verdict.match.cause));
  return (
    <section aria-label={t.lab.says}>
      <h3>{t.lab.says}</h3>
      <p>{named}</p>
      {verdict.connections.slice(0, MOST).map((c) => (
        <details key={c.flow}>
          <summary>
            {`${t.lab.connection(c.flow)}: ${t.kinds[c.closeKind] ?? c.closeKind}, ${causeTitle(c.verdict.cause ?? '')}`}
          </summary>
          <p>
            <Prose text={c.verdict.story} />
          </p>
          {c.verdict.cause !== null && <a href={hashOf('causes', c.verdict.cause)}>{c.verdict.cause}</a>}
        </details>
      ))}
    </section>
  );
}
