import { render } from 'preact';
import { App } from './app/App.tsx';
import { loadCatalogue } from './app/client.ts';
import { initTheme } from './app/theme.ts';
import { openFromAddress } from './explain/state.ts';
import { initLanguage } from './strings/index.ts';

initTheme();
const language = initLanguage();
const root = document.getElementById('app')!;
language.finally(() => {
  render(<App />, root);
  void loadCatalogue();
  void openFromAddress();
});

if ('serviceWorker' in navigator && import.meta.env.PROD) void navigator.serviceWorker.register('./sw.js');
