import type { VNode } from 'preact';
import type { Verdict } from '../../src/explain/types.ts';
import { catalogue } from '../app/client.ts';
import { offsetText, percentText } from '../app/format.ts';
import { Prose } from '../app/Prose.tsx';
import { hashOf } from '../app/route.ts';
import { causeTitle } from '../causes/title.ts';
import { strings } from '../strings/index.ts';

interface VerdictProps {
  readonly verdict: Verdict;
  readonly origin: number;
  /** The packet that is chosen in the ladder. */
  readonly chosen: number | null;
  readonly choose: (packet: number) => void;
}

export function VerdictPanel(props: VerdictProps): VNode {
  const t = strings.value;
  const { verdict } = props;
  const severity = catalogue.value.get(verdict.cause ?? '')?.severity ?? 'note';
  return (
    <section class={`verdict ${severity}`} aria-label={t.detail.verdict}>
      <h3>
        <span class={`badge ${severity}`}>{t.severity[severity]}</span> {causeTitle(verdict.cause ?? '')}
      </h3>
      {verdict.cause !== null && (
        <p class="muted">
          <a href={hashOf('causes', verdict.cause)}>{verdict.cause}</a>
          {`, ${t.detail.sure(percentText(verdict.confidence))}`}
        </p>
      )}
      <p>
        <Prose text={verdict.story} />
      </p>
      {verdict.reason !== null && (
        <>
          <h4>{t.detail.reason}</h4>
          <p>
            <Prose text={verdict.reason} />
          </p>
        </>
      )}
      <EvidenceList {...props} />
    </section>
  );
}

function EvidenceList({ verdict, origin, chosen, choose }: VerdictProps): VNode | null {
  const t = strings.value.detail;
  if (verdict.evidence.length === 0) return null;
  return (
    <>
      <h4>{t.evidence}</h4>
      <ol class="evidence">
        {verdict.evidence.map((item) => (
          <li key={`${item.packet} ${item.shows}`}>
            <button type="button" aria-pressed={chosen === item.packet} onClick={() => choose(item.packet)}>
              <span class="number">
                {t.packet(item.packet)} {offsetText(item.at - origin)}
              </span>
              <span lang="en">{item.shows}</span>
              {item.capture === 'peer' && <span class="muted">{t.otherCapture}</span>}
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}

/** What to change, what else it may be, and what would tell. */
export function Advice({ verdict }: { readonly verdict: Verdict }): VNode {
  const t = strings.value.detail;
  return (
    <section class="advice" aria-label={t.remedy}>
      {verdict.remedy !== '' && (
        <>
          <h4>{t.remedy}</h4>
          <p>
            <Prose text={verdict.remedy} />
          </p>
        </>
      )}
      {verdict.alternatives.length > 0 && (
        <>
          <h4>{t.alternatives}</h4>
          <ul>
            {verdict.alternatives.map((id) => (
              <li key={id}>
                <a href={hashOf('causes', id)}>{causeTitle(id)}</a>
              </li>
            ))}
          </ul>
        </>
      )}
      {verdict.wouldSettle.length > 0 && (
        <>
          <h4>{t.settle}</h4>
          <ul>
            {verdict.wouldSettle.map((text) => (
              <li key={text}>
                <Prose text={text} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
