import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { call } from '../app/client.ts';
import { Prose } from '../app/Prose.tsx';
import { route } from '../app/route.ts';
import { strings } from '../strings/index.ts';
import type { LabRequest, LabResult, ScenarioEntry } from '../worker/protocol.ts';
import { Comparison } from './Comparison.tsx';
import { Controls } from './Controls.tsx';
import { Player } from './Player.tsx';
import { RunPanel } from './RunPanel.tsx';
import { readSettings } from './settings.ts';

interface ExperimentProps {
  readonly entry: ScenarioEntry;
  readonly list: VNode;
}

/** One scenario: its settings, its run, and beside it the run with one of them changed. */
export function Experiment({ entry, list }: ExperimentProps): VNode {
  const t = strings.value.lab;
  const { settings: given } = route.value;
  const text = given.toString();
  const settings = useMemo(() => readSettings(entry, new URLSearchParams(text)), [entry, text]);
  const { request, whatIf } = settings;
  const other = useMemo(
    () =>
      whatIf === null ? null : { ...request, values: { ...request.values, [whatIf.key]: whatIf.value } },
    [request, whatIf],
  );
  const first = useRun(request);
  const second = useRun(other);
  const moments = useMemo(() => merged(first.result, second.result), [first.result, second.result]);
  const [at, setAt] = useState(0);
  useEffect(() => setAt(Math.max(0, moments.length - 1)), [moments]);
  const atUs = moments[Math.min(at, moments.length - 1)] ?? 0;
  return (
    <>
      <aside class="card">
        <Controls entry={entry} settings={settings} />
        <details>
          <summary>{t.scenarios}</summary>
          {list}
        </details>
      </aside>
      <section class="card" aria-labelledby="experiment-title">
        <h1 id="experiment-title" lang="en">
          {entry.title}
        </h1>
        <details open>
          <summary>{t.story}</summary>
          <p>
            <Prose text={entry.story} />
          </p>
        </details>
        {settings.faults.map((fault) => (
          <p key={fault} role="alert" class="fault">
            {t.wrong} {fault}
          </p>
        ))}
        <Player moments={moments} at={at} setAt={setAt} running={first.running || second.running} />
        {first.failure !== '' && <p role="alert">{first.failure}</p>}
        {other === null ? (
          <RunPanel request={request} result={first.result} atUs={atUs} title="" />
        ) : (
          <>
            <Comparison entry={entry} first={first.result} second={second.result} />
            <div class="two">
              <RunPanel request={request} result={first.result} atUs={atUs} title={t.first} />
              <RunPanel request={other} result={second.result} atUs={atUs} title={t.second} />
            </div>
          </>
        )}
      </section>
    </>
  );
}

interface Running {
  readonly result: LabResult | null;
  readonly running: boolean;
  readonly failure: string;
}

const IDLE: Running = { result: null, running: false, failure: '' };

function useRun(request: LabRequest | null): Running {
  const [state, setState] = useState<Running>(IDLE);
  useEffect(() => {
    let here = true;
    const show = (next: Running): void => {
      if (here) setState(next);
    };
    if (request === null) show(IDLE);
    else {
      show({ ...IDLE, running: true });
      call('labRun', request).then(
        (result) => show({ ...IDLE, result }),
        (error: Error) => show({ ...IDLE, failure: error.message }),
      );
    }
    return () => {
      here = false;
    };
  }, [request]);
  return state;
}

function merged(a: LabResult | null, b: LabResult | null): readonly number[] {
  return [...new Set([...(a?.moments ?? []), ...(b?.moments ?? [])])].sort((x, y) => x - y);
}
