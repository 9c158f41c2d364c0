import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { catalogue } from '../app/client.ts';
import { Prose } from '../app/Prose.tsx';
import { hashOf, route } from '../app/route.ts';
import { stage } from '../explain/state.ts';
import { strings } from '../strings/index.ts';
import type { CauseEntry } from '../worker/protocol.ts';
import { CauseLadder } from './CauseLadder.tsx';
import { causeTitle } from './title.ts';

/** The catalogue, searched as one types. */
export function CausesView(): VNode {
  const t = strings.value.causes;
  const [text, setText] = useState('');
  const { item } = route.value;
  const entries = [...catalogue.value.values()].filter((entry) => mentions(entry, text));
  const chosen = catalogue.value.get(item);
  return (
    <div class="split">
      <aside class="card">
        <h1>{t.title}</h1>
        <label class="search">
          {t.search}{' '}
          <input type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <p class="muted" role="status">
          {t.found(entries.length)}
        </p>
        <List entries={entries} chosen={item} />
      </aside>
      {chosen === undefined ? <p class="card muted">{t.choose}</p> : <Entry key={chosen.id} entry={chosen} />}
    </div>
  );
}

function mentions(entry: CauseEntry, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [
    entry.id,
    entry.group,
    entry.title,
    causeTitle(entry.id),
    entry.summary,
    entry.recognise,
    entry.remedy,
  ]
    .join('\n')
    .toLowerCase();
  return words.every((word) => all.includes(word));
}

function List({
  entries,
  chosen,
}: {
  readonly entries: readonly CauseEntry[];
  readonly chosen: string;
}): VNode {
  const t = strings.value.causes;
  const groups = [...new Set(entries.map((entry) => entry.group))];
  return (
    <nav aria-label={t.title}>
      {groups.map((group) => (
        <div key={group}>
          <h2 class="group">{t.groups[group]}</h2>
          <ul class="list">
            {entries
              .filter((entry) => entry.group === group)
              .map((entry) => (
                <li key={entry.id}>
                  <a
                    href={hashOf('causes', entry.id)}
                    aria-current={entry.id === chosen ? 'page' : undefined}
                  >
                    <span class={`dot ${entry.severity}`}>{causeTitle(entry.id)}</span>
                    <small>{entry.id}</small>
                  </a>
                </li>
              ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function Entry({ entry }: { readonly entry: CauseEntry }): VNode {
  const t = strings.value;
  const now = stage.value;
  const here =
    now.name === 'done'
      ? (now.opened.summary.causes.find(({ cause }) => cause === entry.id)?.connections ?? 0)
      : 0;
  return (
    <article class="card" aria-labelledby="cause-title">
      <h1 id="cause-title">
        <span class={`badge ${entry.severity}`}>{t.severity[entry.severity]}</span> {causeTitle(entry.id)}
      </h1>
      <p class="muted">
        {[entry.id, t.causes.groups[entry.group], ...(here > 0 ? [t.causes.here(here)] : [])].join(' · ')}
      </p>
      <p>
        <Prose text={entry.summary} />
      </p>
      <Part title={t.causes.recognise} text={entry.recognise} />
      <Part title={t.causes.remedy} text={entry.remedy} />
      <Points title={t.causes.settle} items={entry.wouldSettle} />
      <Points title={t.causes.references} items={entry.references} />
      <CauseLadder cause={entry.id} />
    </article>
  );
}

function Part({ title, text }: { readonly title: string; readonly text: string }): VNode {
  return (
    <>
      <h2>{title}</h2>
      <p>
        <Prose text={text} />
      </p>
    </>
  );
}

function Points({
  title,
  items,
}: {
  readonly title: string;
  readonly items: readonly string[];
}): VNode | null {
  if (items.length === 0) return null;
  return (
    <>
      <h2>{title}</h2>
      <ul>
        {items.map((item) => (
          <li key={item}>
            <Prose text={item} />
          </li>
        ))}
      </ul>
    </>
  );
}
