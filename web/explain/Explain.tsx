import type { VNode } from 'preact';
import { strings } from '../strings/index.ts';
import { Connections } from './Connections.tsx';
import { Detail } from './Detail.tsx';
import { DropZone } from './DropZone.tsx';
import { Reading } from './Reading.tsx';
import { SummaryPanel } from './SummaryPanel.tsx';
import { chosenFlow, closeCapture, type Stage, stage } from './state.ts';

export function Explain(): VNode {
  const now = stage.value;
  switch (now.name) {
    case 'empty':
      return <DropZone />;
    case 'reading':
      return <Reading files={now.files} />;
    case 'failed':
      return <Failed {...now} />;
    case 'done':
      return <Results {...now} />;
  }
}

function Failed({ message, code }: Extract<Stage, { name: 'failed' }>): VNode {
  const t = strings.value;
  return (
    <>
      <section class="card failed" role="alert">
        <h1>{code === null ? t.app.fault : t.failure.title}</h1>
        <p>
          {code === 'PEER' ? `${t.failure.peer} ` : ''}
          {message}
        </p>
        <button type="button" onClick={closeCapture}>
          {t.failure.again}
        </button>
      </section>
      <DropZone />
    </>
  );
}

function Results({ files, opened }: Extract<Stage, { name: 'done' }>): VNode {
  const flow = chosenFlow.value;
  return (
    <div class={flow === null ? 'results' : 'results with-detail'}>
      <div class="overview">
        <SummaryPanel files={files} opened={opened} />
        <Connections opened={opened} />
      </div>
      {flow !== null && <Detail key={flow} flow={flow} opened={opened} />}
    </div>
  );
}
