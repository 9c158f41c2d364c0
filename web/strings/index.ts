import { type Signal, signal } from '@preact/signals';
import { en, type Strings } from './en.ts';

export type { Strings };

export const LANGUAGES: readonly (readonly [code: Language, name: string])[] = [
  ['en', 'English'],
  ['zh', '中文'],
];

export type Language = 'en' | 'zh';

/** The texts of the language that is shown. */
export const strings: Signal<Strings> = signal(en);
export const language: Signal<Language> = signal('en');

const STORED = 'lastack-language';

/** `?lang=zh` in the address, else what was chosen before, else what the browser prefers. */
export async function initLanguage(): Promise<void> {
  const asked = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem(STORED);
  const wanted = asked ?? navigator.language;
  await setLanguage(wanted.startsWith('zh') ? 'zh' : 'en', asked !== null);
}

export async function setLanguage(code: Language, keep: boolean = true): Promise<void> {
  strings.value = code === 'zh' ? (await import('./zh.ts')).zh : en;
  language.value = code;
  document.documentElement.lang = code;
  if (keep) localStorage.setItem(STORED, code);
}
