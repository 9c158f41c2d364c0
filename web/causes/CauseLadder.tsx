import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call } from '../app/client.ts';
import { go } from '../app/route.ts';
import { Ladder } from '../ladder/Ladder.tsx';
import { strings } from '../strings/index.ts';
import type { Calls, LabReport } from '../worker/protocol.ts';

type Way = ReturnType<Calls['provokes']>;

/** The ladder of the run that provokes a cause, and the way to that run. */
export function CauseLadder({ cause }: { readonly cause: string }): VNode {
  const t = strings.value.causes;
  const [way, setWay] = useState<Way | undefined>(undefined);
  const [report, setReport] = useState<LabReport | null>(null);
  useEffect(() => {
    let here = true;
    const load = async (): Promise<void> => {
      const found = await call('provokes', cause);
      if (here) setWay(found);
      if (found === null || !here) return;
      const { report: made } = await call('labRun', { ...found, seed: 1 });
      if (here) setReport(made);
    };
    void load();
    return () => {
      here = false;
    };
  }, [cause]);
  if (way === undefined) return <p role="status">{strings.value.app.loading}</p>;
  if (way === null) return <p class="muted">{t.noScenario}</p>;
  const settings = Object.fromEntries(
    Object.entries(way.values).map(([key, value]) => [
      key,
      typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value),
    ]),
  );
  return (
    <>
      <p>
        <button
          type="button"
          class="primary"
          onClick={() => go('lab', way.scenario, { seed: '1', ...settings })}
        >
          {t.run}
        </button>{' '}
        <span class="muted">{way.scenario}</span>
      </p>
      {report !== null && <Shown report={report} cause={cause} />}
    </>
  );
}

/** Of several connections the one that explain names the cause of. */
function Shown({ report, cause }: { readonly report: LabReport; readonly cause: string }): VNode | null {
  const t = strings.value.causes;
  const named = report.verdict?.connections.find((c) => c.verdict.cause === cause);
  const connection =
    report.connections.find((c) => c.ladder.some((step) => step.packet === named?.firstPacket)) ??
    report.connections[0];
  if (connection === undefined) return null;
  return (
    <>
      <h2>{t.ladder}</h2>
      <Ladder
        client={connection.client}
        server={connection.server}
        steps={connection.ladder}
        origin={report.start}
        name={cause}
      />
    </>
  );
}
