import type { VNode } from 'preact';
import type { StayReport } from '../../src/explain/pressure/types.ts';
import { countText, durationText } from '../app/format.ts';
import { strings } from '../strings/index.ts';

/** Ends in CLOSE-WAIT or FIN-WAIT-2. */
export function Stays({ stays }: { readonly stays: readonly StayReport[] }): VNode {
  const t = strings.value.pressure;
  const span = (seconds: number | null): string => (seconds === null ? '–' : durationText(seconds));
  return (
    <section aria-label={t.stays}>
      <h2>{t.stays}</h2>
      {stays.length === 0 ? (
        <p class="muted">{t.noStays}</p>
      ) : (
        <div class="scrolling">
          <table>
            <thead>
              <tr>
                {[t.state, t.where, t.still, t.oldest, t.left, t.longest].map((head, i) => (
                  <th key={head} scope="col" class={i < 2 ? '' : 'number'}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {stays.map((stay) => (
                <tr key={`${stay.state} ${stay.where}`}>
                  <td>{stay.state}</td>
                  <td>{stay.where}</td>
                  <td class="number">{countText(stay.still)}</td>
                  <td class="number">{span(stay.oldestSeconds)}</td>
                  <td class="number">{countText(stay.left)}</td>
                  <td class="number">{span(stay.longestSeconds)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
