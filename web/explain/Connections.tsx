import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { countText } from '../app/format.ts';
import { causeTitle } from '../causes/title.ts';
import { strings } from '../strings/index.ts';
import type { GroupKey, GroupRow, Opened } from '../worker/protocol.ts';
import { answer, fault, filter, group } from './state.ts';
import { Table } from './Table.tsx';

const GROUPS: readonly GroupKey[] = ['cause', 'client', 'server', 'kind'];
const TYPING_MS = 150;
const MOST_GROUPS = 500;

export function Connections({ opened }: { readonly opened: Opened }): VNode {
  const t = strings.value.table;
  return (
    <section class="card connections" aria-labelledby="table-title">
      <div class="title-line">
        <h2 id="table-title">{t.title}</h2>
        <span class="muted" role="status">
          {t.matches(answer.value.order.length, opened.columns.count)}
        </span>
      </div>
      <div class="filter-line">
        <FilterField />
        <label>
          {t.group}{' '}
          <select
            value={group.value ?? 'none'}
            onChange={(event) => {
              const value = event.currentTarget.value;
              group.value = GROUPS.find((name) => name === value) ?? null;
            }}
          >
            {['none', ...GROUPS].map((name) => (
              <option key={name} value={name}>
                {t.groups[name]}
              </option>
            ))}
          </select>
        </label>
      </div>
      {group.value !== null && <Groups rows={answer.value.groups} by={group.value} />}
      <Table columns={opened.columns} order={answer.value.order} origin={opened.summary.start ?? 0} />
    </section>
  );
}

function FilterField(): VNode {
  const t = strings.value.table;
  const [text, setText] = useState(filter.value);
  const timer = useRef(0);
  useEffect(() => filter.subscribe((value) => setText(value)), []);
  const typed = (value: string): void => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      filter.value = value;
    }, TYPING_MS);
  };
  const wrong = fault.value;
  return (
    <div class="filter">
      <label>
        {t.filter}{' '}
        <input
          type="search"
          value={text}
          spellcheck={false}
          autocomplete="off"
          placeholder={t.filterHint}
          aria-invalid={wrong !== null}
          aria-describedby="filter-fault"
          onInput={(event) => typed(event.currentTarget.value)}
        />
      </label>
      <p id="filter-fault" role="alert" class="fault">
        {wrong?.message}
      </p>
      <details class="help">
        <summary>{t.filterHelp}</summary>
        <p>{t.fields}</p>
      </details>
    </div>
  );
}

function Groups({ rows, by }: { readonly rows: readonly GroupRow[]; readonly by: GroupKey }): VNode {
  const t = strings.value;
  const name = (key: string): string =>
    by === 'cause' ? causeTitle(key) : by === 'kind' ? (t.kinds[key] ?? key) : key;
  return (
    <div class="groups">
      <table aria-label={t.table.groupTable}>
        <thead>
          <tr>
            <th scope="col">{t.table.groups[by]}</th>
            <th scope="col" class="number">
              {t.table.groupCount}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST_GROUPS).map((row) => (
            <tr key={row.key}>
              <td>
                <button type="button" class="link" onClick={() => narrow(row.filter)}>
                  {name(row.key)}
                </button>
              </td>
              <td class="number">{countText(row.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function narrow(more: string): void {
  const before = filter.value.trim();
  if (before.includes(more)) return;
  filter.value = before === '' ? more : `(${before}) and ${more}`;
}
