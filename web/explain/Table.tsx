import type { VNode } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { catalogue } from '../app/client.ts';
import { bytesText, countText, durationText, offsetText, percentText } from '../app/format.ts';
import { go } from '../app/route.ts';
import { causeTitle } from '../causes/title.ts';
import { strings } from '../strings/index.ts';
import type { Columns, SortKey } from '../worker/protocol.ts';
import { chosenFlow, descending, sort } from './state.ts';

const ROW = 28;
/** Browsers draw nothing lower than some 16 to 33 million pixels. */
const MOST_HEIGHT = 12_000_000;
/** Rows kept ready above and below what is seen. */
const MARGIN = 6;

interface TableProps {
  readonly columns: Columns;
  readonly order: Uint32Array;
  readonly origin: number;
}

const KEYS: readonly SortKey[] = [
  'flow',
  'cause',
  'client',
  'server',
  'kind',
  'closer',
  'packets',
  'bytes',
  'start',
  'duration',
  'confidence',
];
const NUMBERS: ReadonlySet<SortKey> = new Set([
  'flow',
  'packets',
  'bytes',
  'start',
  'duration',
  'confidence',
]);

/** Only the rows in sight are in the document, whatever their number. */
export function Table({ columns, order, origin }: TableProps): VNode {
  const t = strings.value.table;
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const [rows, setRows] = useState(20);
  const [active, setActive] = useState(0);
  useEffect(() => {
    const shown = box.current!;
    const observer = new ResizeObserver(() => setRows(Math.ceil(shown.clientHeight / ROW)));
    observer.observe(shown);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const chosen = chosenFlow.value;
    const place = chosen === null ? 0 : order.findIndex((i) => columns.flow[i] === chosen);
    setActive(Math.max(0, place));
    showRow(box.current!, Math.max(0, place), order.length);
    setAt(topRow(box.current!, order.length));
  }, [order, chosenFlow.value]);
  // The same function each time, so that rows which stay are not drawn again.
  const open = useCallback(
    (place: number): void => {
      setActive(place);
      const index = order[place];
      if (index !== undefined) go('explain', String(columns.flow[index]));
    },
    [order, columns],
  );
  const move = (place: number): void => {
    const next = Math.max(0, Math.min(order.length - 1, place));
    setActive(next);
    showRow(box.current!, next, order.length);
  };
  const first = Math.max(0, at - MARGIN);
  const last = Math.min(order.length, at + rows + MARGIN);
  const slots = rowsInSlots(first, last, rows + 2 * MARGIN + 1);
  return (
    <div
      ref={box}
      class="grid"
      role="grid"
      aria-label={t.title}
      aria-rowcount={order.length + 1}
      aria-colcount={KEYS.length}
      style={{ maxHeight: `${(order.length + 2) * ROW}px` }}
      aria-activedescendant={order.length > 0 ? `row-${active}` : undefined}
      tabIndex={0}
      onScroll={() => setAt(topRow(box.current!, order.length))}
      onKeyDown={(event) => keyed(event, active, rows - 2, order.length, move, open)}
    >
      <Head />
      <div class="rows" role="rowgroup" style={{ height: `${fullHeight(order.length)}px` }}>
        {slots.map(([slot, place]) => (
          <Row
            key={slot}
            place={place}
            y={rowTop(box.current, place, at, order.length)}
            index={order[place]!}
            columns={columns}
            origin={origin}
            active={place === active}
            open={open}
          />
        ))}
        {order.length === 0 && (
          <div role="row">
            <div role="gridcell" class="muted nothing">
              {t.nothing}
            </div>
          </div>
        )}
      </div>
    </div>
  );
}

/** Each row by the element that shows it: what leaves at one side comes in at the other, and only its text changes. */
function rowsInSlots(first: number, last: number, slots: number): (readonly [slot: number, place: number])[] {
  const pairs: [number, number][] = [];
  for (let place = first; place < last; place++) pairs.push([place % slots, place]);
  return pairs.sort((a, b) => a[0] - b[0]);
}

function fullHeight(count: number): number {
  return Math.min(MOST_HEIGHT, count * ROW);
}

/** Where rows are more than pixels, the scroll bar moves through them faster. */
function ratio(box: HTMLElement, count: number): number {
  const shown = fullHeight(count);
  const view = box.clientHeight - ROW;
  return shown <= view ? 1 : Math.max(1, (count * ROW - view) / (shown - view));
}

function topRow(box: HTMLElement, count: number): number {
  return Math.floor((box.scrollTop * ratio(box, count)) / ROW);
}

function rowTop(box: HTMLElement | null, place: number, at: number, count: number): number {
  if (box === null || count * ROW <= MOST_HEIGHT) return place * ROW;
  return box.scrollTop + (place - at) * ROW;
}

function showRow(box: HTMLElement, place: number, count: number): void {
  const by = ratio(box, count);
  const top = place * ROW;
  const [from, view] = [box.scrollTop * by, box.clientHeight - 2 * ROW];
  if (top < from) box.scrollTop = top / by;
  else if (top > from + view) box.scrollTop = (top - view) / by;
}

function keyed(
  event: KeyboardEvent,
  active: number,
  page: number,
  count: number,
  move: (place: number) => void,
  open: (place: number) => void,
): void {
  // Buttons in the head have keys of their own.
  if (event.target !== event.currentTarget || count === 0) return;
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + page,
    PageUp: active - page,
    Home: 0,
    End: count - 1,
  };
  const place = moves[event.key];
  if (place !== undefined) move(place);
  else if (event.key === 'Enter' || event.key === ' ') open(active);
  else return;
  event.preventDefault();
}

function Head(): VNode {
  const t = strings.value.table;
  return (
    <div class="row head" role="row">
      {KEYS.map((key) => {
        const sorted = sort.value === key;
        const order = sorted ? (descending.value ? 'descending' : 'ascending') : 'none';
        return (
          <div
            key={key}
            role="columnheader"
            aria-sort={order}
            class={NUMBERS.has(key) ? `${key} number` : key}
          >
            <button type="button" onClick={() => sortBy(key)} title={t.sort(t.columns[key]!)}>
              {t.columns[key]}
              <span aria-hidden="true" class="arrow">
                {sorted ? (descending.value ? '▼' : '▲') : ''}
              </span>
            </button>
          </div>
        );
      })}
    </div>
  );
}

function sortBy(key: SortKey): void {
  if (sort.value === key) descending.value = !descending.value;
  else {
    sort.value = key;
    descending.value = key === 'packets' || key === 'bytes' || key === 'duration';
  }
}

interface RowProps {
  readonly place: number;
  readonly y: number;
  readonly index: number;
  readonly columns: Columns;
  readonly origin: number;
  readonly active: boolean;
  readonly open: (place: number) => void;
}

function Row({ place, y, index, columns, origin, active, open }: RowProps): VNode {
  const flow = columns.flow[index]!;
  const cause = columns.strings[columns.cause[index]!]!;
  const severity = catalogue.value.get(cause)?.severity ?? 'note';
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys
    <div
      class={`row${active ? ' active' : ''}`}
      role="row"
      id={`row-${place}`}
      aria-rowindex={place + 2}
      aria-selected={flow === chosenFlow.value}
      style={{ transform: `translateY(${y}px)` }}
      onClick={() => open(place)}
    >
      {KEYS.map((key) => (
        <div key={key} role="gridcell" class={NUMBERS.has(key) ? `${key} number` : key}>
          {key === 'cause' ? (
            <span class={`dot ${severity}`}>{causeTitle(cause)}</span>
          ) : (
            cellText(key, index, columns, origin)
          )}
        </div>
      ))}
    </div>
  );
}

function cellText(key: SortKey, i: number, c: Columns, origin: number): string {
  const t = strings.value;
  const text = (column: Uint32Array): string => c.strings[column[i]!]!;
  switch (key) {
    case 'flow':
      return String(c.flow[i]);
    case 'client':
      return `${text(c.client)}:${c.clientPort[i]}`;
    case 'server':
      return `${text(c.server)}:${c.serverPort[i]}`;
    case 'kind':
      return t.kinds[text(c.kind)] ?? text(c.kind);
    case 'cause':
      return text(c.cause);
    case 'closer':
      return t.ends[text(c.closer) || 'none'] ?? '';
    case 'packets':
      return countText(c.packets[i]!);
    case 'bytes':
      return bytesText(c.bytes[i]!);
    case 'start':
      return offsetText(c.start[i]! - origin);
    case 'duration':
      return durationText(c.duration[i]!);
    case 'confidence':
      return text(c.cause) === '' ? '' : percentText(c.confidence[i]!);
  }
}
