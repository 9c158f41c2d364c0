import { type Signal, signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';

export const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

const STORED = 'lastack-theme';

export const theme: Signal<Theme> = signal(
  THEMES.find((name) => name === localStorage.getItem(STORED)) ?? 'auto',
);
/** Counts changes of colour, the system's too: canvases draw again. */
export const paints: Signal<number> = signal(0);

export function initTheme(): void {
  apply();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
}

export function setTheme(name: Theme): void {
  theme.value = name;
  localStorage.setItem(STORED, name);
  apply();
}

function apply(): void {
  const dark =
    theme.value === 'dark' || (theme.value === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  paints.value++;
}
