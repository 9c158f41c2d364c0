import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { call, progress, WorkerError } from '../app/client.ts';
import { go, route } from '../app/route.ts';
import type { GroupKey, GroupRow, Opened, Query, SortKey } from '../worker/protocol.ts';

/** What is open in the explain view. */
export type Stage =
  | { readonly name: 'empty' }
  | { readonly name: 'reading'; readonly files: readonly string[] }
  | { readonly name: 'done'; readonly files: readonly string[]; readonly opened: Opened }
  | { readonly name: 'failed'; readonly message: string; readonly code: string | null };

export interface Answer {
  readonly order: Uint32Array;
  readonly groups: readonly GroupRow[];
}

export interface FilterFault {
  readonly message: string;
  readonly at: number;
  readonly length: number;
}

const NOTHING: Answer = { order: new Uint32Array(0), groups: [] };

export const stage: Signal<Stage> = signal({ name: 'empty' });
export const mslSeconds: Signal<number> = signal(30);
export const filter: Signal<string> = signal('');
export const sort: Signal<SortKey> = signal('flow');
export const descending: Signal<boolean> = signal(false);
export const group: Signal<GroupKey | null> = signal(null);
export const answer: Signal<Answer> = signal(NOTHING);
export const fault: Signal<FilterFault | null> = signal(null);

/** The connection in the address: `#/explain/7`. */
export const chosenFlow: ReadonlySignal<number | null> = computed(() => {
  const { view, item } = route.value;
  return view === 'explain' && /^\d+$/.test(item) ? Number(item) : null;
});

export interface NamedFile {
  readonly name: string;
  readonly data: Blob;
}

let opening = 0;

/** Analyses one capture, or two of the same traffic, and shows what was found. */
export function openFiles(files: readonly NamedFile[]): Promise<void> {
  if (files.length > 0) go('explain');
  return analyse(files);
}

async function analyse(files: readonly NamedFile[]): Promise<void> {
  const [first, second] = files;
  if (first === undefined) return;
  const mine = ++opening;
  const names = files.map((file) => file.name);
  progress.value = null;
  stopping.value = false;
  filter.value = '';
  answer.value = NOTHING;
  stage.value = { name: 'reading', files: names };
  try {
    const request = { capture: first.data, peer: second?.data ?? null, mslSeconds: mslSeconds.value };
    const opened = await call('open', request);
    if (mine === opening) stage.value = { name: 'done', files: names, opened };
  } catch (error) {
    if (mine !== opening) return;
    const code = error instanceof WorkerError ? error.code : null;
    stage.value = { name: 'failed', message: (error as Error).message, code };
  }
}

/** True between the wish to stop and what was known by then. */
export const stopping: Signal<boolean> = signal(false);

/** What is known by now is shown. */
export function cancel(): void {
  stopping.value = true;
  void call('cancel');
}

export function closeCapture(): void {
  opening++;
  void call('cancel');
  stage.value = { name: 'empty' };
  go('explain');
}

/**
 * `lastack open` names its captures in the address: `?capture=TOKEN/0/name,TOKEN/1/name`. The view, or the connection, that the
 * address names is kept.
 */
export async function openFromAddress(): Promise<void> {
  const given = new URLSearchParams(location.search).get('capture');
  if (given === null) return;
  const files: NamedFile[] = [];
  for (const path of given.split(',').slice(0, 2)) {
    const name = decodeURIComponent(path.split('/').at(-1) ?? '');
    stage.value = { name: 'reading', files: [name] };
    const response = await fetch(`./capture/${path}`);
    if (!response.ok) {
      stage.value = {
        name: 'failed',
        message: `${name}: ${response.status} ${response.statusText}`,
        code: null,
      };
      return;
    }
    files.push({ name, data: await response.blob() });
  }
  await analyse(files);
}

let asked = 0;

/** Asks again whenever the filter, the order or the grouping changes. */
effect(() => {
  const query: Query = {
    filter: filter.value,
    sort: sort.value,
    descending: descending.value,
    group: group.value,
  };
  if (stage.value.name === 'done') void askFor(query);
});

async function askFor(query: Query): Promise<void> {
  const mine = ++asked;
  const result = await call('query', query);
  if (mine !== asked) return;
  if ('error' in result) {
    fault.value = { message: result.error, at: result.at, length: result.length };
    return;
  }
  fault.value = null;
  answer.value = result;
}
