import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ConnectionEnding } from '../../src/explain/types.ts';
import { call } from '../app/client.ts';
import { endpointText } from '../app/format.ts';
import { go } from '../app/route.ts';
import { save } from '../app/save.ts';
import { Ladder } from '../ladder/Ladder.tsx';
import { strings } from '../strings/index.ts';
import type { Opened, WholeLadder } from '../worker/protocol.ts';
import { Facts } from './Facts.tsx';
import { answer } from './state.ts';
import { Advice, VerdictPanel } from './VerdictPanel.tsx';

interface DetailProps {
  readonly flow: number;
  readonly opened: Opened;
}

/** One connection: its verdict, its ladder and the facts. */
export function Detail({ flow, opened }: DetailProps): VNode {
  const t = strings.value;
  const [ending, setEnding] = useState<ConnectionEnding | null | undefined>(undefined);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    let here = true;
    void call('connection', flow).then((found) => here && setEnding(found));
    title.current?.focus({ preventScroll: true });
    return () => {
      here = false;
    };
  }, [flow]);
  return (
    <article class="card detail" aria-labelledby="detail-title">
      <div class="title-line">
        <h2 id="detail-title" tabIndex={-1} ref={title}>
          {t.detail.title(flow)}
        </h2>
        <Neighbours flow={flow} opened={opened} />
      </div>
      {ending === undefined && <p role="status">{t.detail.again}</p>}
      {ending === null && <p role="alert">{t.detail.gone}</p>}
      {ending != null && <Connection ending={ending} origin={opened.summary.start ?? ending.start} />}
    </article>
  );
}

function Neighbours({ flow, opened }: DetailProps): VNode {
  const t = strings.value;
  const { order } = answer.value;
  const { flow: flows } = opened.columns;
  const place = order.findIndex((i) => flows[i] === flow);
  const to = (at: number): void => {
    const index = order[at];
    if (index !== undefined) go('explain', String(flows[index]));
  };
  return (
    <span class="actions">
      <button type="button" disabled={place <= 0} onClick={() => to(place - 1)}>
        {t.detail.previous}
      </button>
      <button type="button" disabled={place < 0 || place + 1 >= order.length} onClick={() => to(place + 1)}>
        {t.detail.next}
      </button>
      <button type="button" onClick={() => go('explain')}>
        {t.app.close}
      </button>
    </span>
  );
}

function Connection({
  ending,
  origin,
}: {
  readonly ending: ConnectionEnding;
  readonly origin: number;
}): VNode {
  const t = strings.value;
  const whole = useWhole(ending.flow);
  const [chosen, setChosen] = useState<number | null>(null);
  const evidence = useMemo(
    () => new Map(ending.verdict.evidence.map((item) => [item.packet, item.shows])),
    [ending],
  );
  const name = `connection-${ending.flow}`;
  return (
    <>
      <p class="path">
        {t.detail.path(endpointText(ending.client), endpointText(ending.server))}{' '}
        <span class="muted">{t.kinds[ending.closeKind] ?? ending.closeKind}</span>
      </p>
      <VerdictPanel verdict={ending.verdict} origin={origin} chosen={chosen} choose={setChosen} />
      <div class="title-line">
        <h3>{t.ladder.title}</h3>
        <button type="button" onClick={() => void download(ending.flow, name)}>
          {t.detail.pcap}
        </button>
      </div>
      {whole === null && <p class="muted">{t.ladder.loading}</p>}
      <Ladder
        client={ending.client}
        server={ending.server}
        steps={whole?.steps ?? ending.ladder}
        raw={whole?.raw ?? null}
        origin={origin}
        chosen={chosen}
        onChoose={(step) => setChosen(step.packet)}
        evidence={evidence}
        name={name}
      />
      <Advice verdict={ending.verdict} />
      <Facts ending={ending} origin={origin} />
    </>
  );
}

/** All segments, read from the capture again; until then the ladder shows those that the engine kept. */
function useWhole(flow: number): WholeLadder | null {
  const [whole, setWhole] = useState<WholeLadder | null>(null);
  useEffect(() => {
    let here = true;
    void call('ladder', flow).then((found) => here && setWhole(found));
    return () => {
      here = false;
    };
  }, [flow]);
  return whole;
}

async function download(flow: number, name: string): Promise<void> {
  const bytes = await call('extract', flow);
  if (bytes !== null) save(`${name}.pcapng`, bytes, 'application/vnd.tcpdump.pcap');
}
