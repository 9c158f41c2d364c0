import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call } from '../app/client.ts';
import { durationText, endpointText } from '../app/format.ts';
import { save } from '../app/save.ts';
import { openFiles } from '../explain/state.ts';
import { Ladder } from '../ladder/Ladder.tsx';
import { strings } from '../strings/index.ts';
import type { LabReport, LabRequest, LabResult } from '../worker/protocol.ts';
import { Hosts } from './Hosts.tsx';
import { LabVerdict } from './LabVerdict.tsx';
import { StateDiagram } from './StateDiagram.tsx';
import { Story } from './Story.tsx';

interface RunProps {
  readonly request: LabRequest;
  readonly result: LabResult | null;
  readonly atUs: number;
  readonly title: string;
}

/** One run at its cursor. */
export function RunPanel({ request, result, atUs, title }: RunProps): VNode {
  const t = strings.value.lab;
  if (result === null) return <p role="status">{t.running}</p>;
  const { report } = result;
  return (
    <div class="run">
      {title !== '' && <h2>{title}</h2>}
      <p class="muted">
        {t.ran(durationText(report.end - report.start), durationText(result.seconds))}{' '}
        <Captures request={request} report={report} />
      </p>
      <Watched report={report} atUs={atUs} name={`${report.scenario}${title === '' ? '' : `-${title}`}`} />
      <Hosts request={request} atUs={atUs} />
      <Story report={report} atUs={atUs} />
      <LabVerdict report={report} />
    </div>
  );
}

function Captures({
  request,
  report,
}: {
  readonly request: LabRequest;
  readonly report: LabReport;
}): VNode | null {
  const t = strings.value.lab;
  if (report.verdict === null) return null;
  const name = `${report.scenario}.pcapng`;
  const explain = async (): Promise<void> => {
    const bytes = await call('labCapture', request);
    if (bytes !== null) await openFiles([{ name, data: new Blob([bytes as BlobPart]) }]);
  };
  const keep = async (): Promise<void> => {
    const bytes = await call('labCapture', request);
    if (bytes !== null) save(name, bytes, 'application/vnd.tcpdump.pcap');
  };
  return (
    <span class="actions">
      <button type="button" onClick={() => void explain()}>
        {t.explain}
      </button>
      <button type="button" onClick={() => void keep()}>
        {t.pcap}
      </button>
    </span>
  );
}

interface WatchedProps {
  readonly report: LabReport;
  readonly atUs: number;
  readonly name: string;
}

/** The ladder and the diagram of one of the run's connections, as far as the cursor. */
function Watched({ report, atUs, name }: WatchedProps): VNode {
  const t = strings.value.lab;
  const [chosen, setChosen] = useState(0);
  useEffect(() => setChosen(0), [report]);
  const connection = report.connections[chosen] ?? report.connections[0];
  if (connection === undefined) return <p class="muted">{t.noPackets}</p>;
  // Half a microsecond: seconds since the epoch are not exact in binary.
  const now = report.start + atUs / 1e6 + 5e-7;
  const until = connection.ladder.filter((step) => step.at <= now).length;
  return (
    <>
      {report.connections.length > 1 && (
        <select
          value={chosen}
          aria-label={t.ladder}
          onChange={(event) => setChosen(Number(event.currentTarget.value))}
        >
          {report.connections.map((c, i) => (
            <option key={`${endpointText(c.client)} ${c.ladder[0]?.at}`} value={i}>
              {`${t.connection(i + 1)}: ${endpointText(c.client)} → ${endpointText(c.server)}`}
            </option>
          ))}
        </select>
      )}
      <Ladder
        client={connection.client}
        server={connection.server}
        steps={connection.ladder}
        origin={report.start}
        until={until}
        name={name}
      />
      <StateDiagram states={connection.states} now={now} profile={String(report.values.profile ?? 'linux')} />
    </>
  );
}
