import { type Signal, signal } from '@preact/signals';

export type View = 'explain' | 'pressure' | 'lab' | 'causes';

/** `#/lab/last-ack-lost?seed=3&lost=2`: a view, what of it, and settings. */
export interface Route {
  readonly view: View;
  readonly item: string;
  readonly settings: URLSearchParams;
}

const VIEWS: readonly View[] = ['explain', 'pressure', 'lab', 'causes'];

export const route: Signal<Route> = signal(parse(location.hash));

addEventListener('hashchange', () => {
  route.value = parse(location.hash);
});

export function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first = '', item = ''] = path.split('/', 2);
  const view = VIEWS.find((name) => name === first) ?? 'explain';
  return { view, item: decode(item), settings: new URLSearchParams(query) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

export function hashOf(
  view: View,
  item: string = '',
  settings: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams(settings).toString();
  return `#/${view}${item === '' ? '' : `/${encodeURIComponent(item)}`}${query === '' ? '' : `?${query}`}`;
}

export function go(view: View, item: string = '', settings: Readonly<Record<string, string>> = {}): void {
  location.hash = hashOf(view, item, settings);
}

/** As `go`, in place of the present entry of the history. */
export function replace(view: View, item: string, settings: Readonly<Record<string, string>>): void {
  history.replaceState(null, '', hashOf(view, item, settings));
  route.value = parse(location.hash);
}
