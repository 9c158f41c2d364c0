import type { ComponentType, VNode } from 'preact';
import { Explain } from '../explain/Explain.tsx';
import { LANGUAGES, type Language, language, setLanguage, strings } from '../strings/index.ts';
import { Later } from './Later.tsx';
import { hashOf, route, type View } from './route.ts';
import { setTheme, THEMES, type Theme, theme } from './theme.ts';

const lab = async (): Promise<ComponentType> => (await import('../lab/LabView.tsx')).LabView;
const causes = async (): Promise<ComponentType> => (await import('../causes/CausesView.tsx')).CausesView;
const pressure = async (): Promise<ComponentType> =>
  (await import('../pressure/PressureView.tsx')).PressureView;

const VIEWS: readonly View[] = ['explain', 'pressure', 'lab', 'causes'];

export function App(): VNode {
  const t = strings.value.app;
  const { view } = route.value;
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        {t.skip}
      </button>
      <header class="top">
        <a class="brand" href={hashOf('explain')}>
          <img src="./icon.svg" alt="" width="28" height="28" />
          <span>{t.name}</span>
        </a>
        <nav aria-label={t.nav}>
          {VIEWS.map((name) => (
            <a key={name} href={hashOf(name)} aria-current={view === name ? 'page' : undefined}>
              {t[name]}
            </a>
          ))}
        </nav>
        <Choices />
      </header>
      <main id="content" tabIndex={-1}>
        <Shown view={view} />
      </main>
      <footer>{t.local}</footer>
    </>
  );
}

function Shown({ view }: { readonly view: View }): VNode {
  switch (view) {
    case 'explain':
      return <Explain />;
    case 'pressure':
      return <Later key={view} load={pressure} />;
    case 'lab':
      return <Later key={view} load={lab} />;
    case 'causes':
      return <Later key={view} load={causes} />;
  }
}

function skip(): void {
  document.getElementById('content')!.focus();
}

function Choices(): VNode {
  const t = strings.value.app;
  return (
    <div class="choices">
      <label>
        <span class="hidden">{t.theme}</span>
        <select value={theme.value} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
          {THEMES.map((name) => (
            <option key={name} value={name}>
              {t.themes[name]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="hidden">{t.language}</span>
        <select
          value={language.value}
          onChange={(event) => void setLanguage(event.currentTarget.value as Language)}
        >
          {LANGUAGES.map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
