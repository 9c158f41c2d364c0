import type { VNode } from 'preact';
import { progress } from '../app/client.ts';
import { bytesText, percentText } from '../app/format.ts';
import { strings } from '../strings/index.ts';
import { cancel, stopping } from './state.ts';

/** How far the analysis is, and how fast. */
export function Reading({ files }: { readonly files: readonly string[] }): VNode {
  const t = strings.value.progress;
  const now = progress.value;
  const share = now === null || now.totalBytes === 0 ? 0 : now.bytes / now.totalBytes;
  const name = now?.readingPeer ? t.readingPeer(files[1] ?? '') : t.reading(files[0] ?? '');
  return (
    <section class="card reading" aria-label={t.label}>
      <h1>{name}</h1>
      <progress max={1} value={share} aria-label={t.label} />
      <p role="status" aria-live="polite">
        {percentText(share)}
      </p>
      {now !== null && (
        <p class="muted">
          {t.counts(now.packets, now.connections)}
          {now.seconds > 0 && ` · ${t.rate(bytesText(now.bytes / now.seconds))}`}
        </p>
      )}
      <button type="button" onClick={cancel} disabled={stopping.value}>
        {stopping.value ? t.stopping : t.cancel}
      </button>
    </section>
  );
}
