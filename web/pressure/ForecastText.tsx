import type { VNode } from 'preact';
import type { PairReport, PressureReport } from '../../src/explain/pressure/types.ts';
import { durationText, percentText } from '../app/format.ts';
import { strings } from '../strings/index.ts';

interface ForecastProps {
  readonly report: PressureReport;
  readonly pair: PairReport;
}

/** What comes of it if connections go on at this rate. */
export function ForecastText({ report, pair }: ForecastProps): VNode {
  const t = strings.value.pressure;
  const { forecast } = pair;
  const after = (at: number): string => durationText(at - (report.start ?? at));
  const end =
    forecast.exhaustedAt === null
      ? t.never
      : forecast.observed
        ? t.exhausted(after(forecast.exhaustedAt))
        : t.willExhaust(after(forecast.exhaustedAt));
  return (
    <section aria-label={t.forecast}>
      <h3>{t.forecast}</h3>
      <p>{t.goesOn(rateText(forecast.rate))}</p>
      <ul>
        <li>{end}</li>
        {Number.isFinite(forecast.beginsAt) && <li>{t.begins(rateText(forecast.beginsAt))}</li>}
        {Number.isFinite(forecast.halfFailAt) && <li>{t.half(rateText(forecast.halfFailAt))}</li>}
        <li>{t.success(percentText(forecast.success))}</li>
      </ul>
    </section>
  );
}

function rateText(rate: number): string {
  return rate >= 100 ? rate.toFixed(0) : rate.toPrecision(3);
}
