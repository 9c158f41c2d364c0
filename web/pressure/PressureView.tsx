import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PairReport, PressureReport } from '../../src/explain/pressure/types.ts';
import { call } from '../app/client.ts';
import { countText, percentText } from '../app/format.ts';
import { stage } from '../explain/state.ts';
import { strings } from '../strings/index.ts';
import type { Levels } from '../worker/protocol.ts';
import { ForecastText } from './ForecastText.tsx';
import { Plot } from './Plot.tsx';
import { Stays } from './Stays.tsx';

/** TIME-WAIT, CLOSE-WAIT, open connections and ports over time, with the forecast. */
export function PressureView(): VNode {
  const t = strings.value.pressure;
  const now = stage.value;
  const opened = now.name === 'done' ? now.opened : null;
  const [report, setReport] = useState<PressureReport | null>(null);
  const [chosen, setChosen] = useState(0);
  useEffect(() => {
    setReport(null);
    setChosen(0);
    if (opened !== null) void call('pressure').then(setReport);
  }, [opened]);
  if (opened === null || report === null || report.start === null)
    return (
      <section class="card">
        <h1>{t.title}</h1>
        <p>{t.empty}</p>
      </section>
    );
  const pair = report.pairs[chosen];
  return (
    <section class="card" aria-labelledby="pressure-title">
      <h1 id="pressure-title">{t.title}</h1>
      <Pairs report={report} chosen={chosen} choose={setChosen} />
      {report.omittedPairs > 0 && <p class="muted">{t.omitted(report.omittedPairs)}</p>}
      {pair !== undefined && (
        <>
          <h2>{`${pair.client} → ${pair.server}`}</h2>
          <ForecastText report={report} pair={pair} />
          <PairPlot report={report} pair={pair} />
          <LevelPlot server={pair.server} start={report.start} />
        </>
      )}
      <Stays stays={report.stays} />
    </section>
  );
}

interface PairsProps {
  readonly report: PressureReport;
  readonly chosen: number;
  readonly choose: (index: number) => void;
}

function Pairs({ report, chosen, choose }: PairsProps): VNode {
  const t = strings.value.pressure;
  const heads = [t.connections, t.failed, t.rate, t.waits, t.ports];
  return (
    <div class="groups">
      <table>
        <thead>
          <tr>
            <th scope="col">{t.pair}</th>
            {heads.map((head) => (
              <th key={head} scope="col" class="number">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {report.pairs.map((pair, i) => (
            <tr key={`${pair.client} ${pair.server}`}>
              <td>
                <button type="button" class="link" aria-pressed={i === chosen} onClick={() => choose(i)}>
                  {`${pair.client} → ${pair.server}`}
                </button>
              </td>
              <PairCells pair={pair} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function PairCells({ pair }: { readonly pair: PairReport }): VNode {
  const t = strings.value.pressure;
  const waits = [
    [pair.clientTimeWait.peak, t.atClient],
    [pair.serverTimeWait.peak, t.atServer],
  ] as const;
  return (
    <>
      <td class="number">{countText(pair.connections)}</td>
      <td class="number">{countText(pair.failed)}</td>
      <td class="number">{pair.openedPerSecond.mean.toPrecision(3)}</td>
      <td class="number">
        {waits
          .filter(([n]) => n > 0)
          .map(([n, where]) => `${countText(n)} ${where}`)
          .join(', ') || '0'}
      </td>
      <td class="number">{`${countText(pair.portsHeld.peak)}, ${percentText(pair.portsShare)} ${t.share}`}</td>
    </>
  );
}

function PairPlot({ report, pair }: { readonly report: PressureReport; readonly pair: PairReport }): VNode {
  const t = strings.value.pressure;
  const { series } = pair;
  const times = series.portsHeld.map((_, i) => (i + 1) * report.bucketSeconds);
  const lines = [
    { label: t.series.portsHeld!, values: series.portsHeld, color: 'seg-data', broad: true },
    { label: t.series.clientTimeWait!, values: series.clientTimeWait, color: 'seg-fin' },
    { label: t.series.serverTimeWait!, values: series.serverTimeWait, color: 'seg-repeat' },
  ];
  return <Plot title={t.chart} x={t.series.time!} y={t.series.count!} times={times} lines={lines} />;
}

function LevelPlot({ server, start }: { readonly server: string; readonly start: number }): VNode | null {
  const t = strings.value.pressure;
  const [levels, setLevels] = useState<Levels | null>(null);
  useEffect(() => void call('levels', server).then(setLevels), [server, start]);
  if (levels === null) return null;
  const times = levels.open.map((_, i) => i * levels.stepSeconds);
  const lines = [
    { label: t.series.open!, values: levels.open, color: 'seg-syn', broad: true },
    { label: t.series.closeWait!, values: levels.closeWait, color: 'seg-rst' },
  ];
  return <Plot title={t.chartOpen} x={t.series.time!} y={t.series.count!} times={times} lines={lines} />;
}
