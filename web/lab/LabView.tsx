import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call } from '../app/client.ts';
import { hashOf, route } from '../app/route.ts';
import { strings } from '../strings/index.ts';
import type { ScenarioEntry } from '../worker/protocol.ts';
import { Experiment } from './Experiment.tsx';

/** Asked for once, whatever view comes first. */
let known: Promise<readonly ScenarioEntry[]> | null = null;

export function LabView(): VNode {
  const t = strings.value.lab;
  const [entries, setEntries] = useState<readonly ScenarioEntry[]>([]);
  useEffect(() => {
    known ??= call('scenarios');
    void known.then(setEntries);
  }, []);
  const { item } = route.value;
  const entry = entries.find(({ name }) => name === item);
  return (
    <div class={entry === undefined ? '' : 'split'}>
      {entry === undefined ? (
        <section class="card" aria-labelledby="lab-title">
          <h1 id="lab-title">{t.title}</h1>
          <p>{t.intro}</p>
          <div class="index">
            <ScenarioList entries={entries} chosen="" />
          </div>
        </section>
      ) : (
        <Experiment
          key={entry.name}
          entry={entry}
          list={<ScenarioList entries={entries} chosen={entry.name} />}
        />
      )}
    </div>
  );
}

interface ListProps {
  readonly entries: readonly ScenarioEntry[];
  readonly chosen: string;
}

function ScenarioList({ entries, chosen }: ListProps): VNode {
  const t = strings.value.lab;
  return (
    <nav aria-label={t.scenarios}>
      <ul class="list">
        {entries.map(({ name, title }) => (
          <li key={name}>
            <a href={hashOf('lab', name)} aria-current={name === chosen ? 'page' : undefined}>
              {name}
              <small lang="en">{title}</small>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
