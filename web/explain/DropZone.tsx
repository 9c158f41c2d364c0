import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import example from '../../examples/article.pcapng?url';
import { strings } from '../strings/index.ts';
import { mslSeconds, openFiles } from './state.ts';

/** Captures dropped anywhere on the page are taken while this is shown. */
export function DropZone(): VNode {
  const t = strings.value.drop;
  const over = useSignal(false);
  const tooMany = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  const take = (files: FileList | null | undefined): void => {
    const list = [...(files ?? [])];
    tooMany.value = list.length > 2;
    if (list.length > 0 && list.length <= 2)
      void openFiles(list.map((file) => ({ name: file.name, data: file })));
  };
  useDrops(over, take);
  return (
    <section class={over.value ? 'drop over' : 'drop'} aria-labelledby="drop-title">
      <p class="tagline">{strings.value.app.tagline}</p>
      <h1 id="drop-title">{over.value ? t.over : t.title}</h1>
      <p>{t.hint}</p>
      <p class="actions">
        <button type="button" class="primary" onClick={() => input.current!.click()}>
          {t.pick}
        </button>
        <button type="button" onClick={() => void openExample()}>
          {t.example}
        </button>
      </p>
      <input
        ref={input}
        class="hidden"
        type="file"
        multiple
        tabIndex={-1}
        aria-label={t.pick}
        onChange={(event) => take(event.currentTarget.files)}
      />
      {tooMany.value && <p role="alert">{t.tooMany}</p>}
      <label class="msl">
        {t.msl}{' '}
        <input
          type="number"
          min="1"
          max="240"
          value={mslSeconds.value}
          onChange={(event) => {
            const value = Number(event.currentTarget.value);
            if (value > 0) mslSeconds.value = value;
          }}
        />
      </label>
    </section>
  );
}

function useDrops(over: { value: boolean }, take: (files: FileList | undefined) => void): void {
  useEffect(() => {
    const enter = (event: DragEvent): void => {
      event.preventDefault();
      over.value = true;
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) over.value = false;
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      over.value = false;
      take(event.dataTransfer?.files);
    };
    document.addEventListener('dragover', enter);
    document.addEventListener('dragleave', leave);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('dragover', enter);
      document.removeEventListener('dragleave', leave);
      document.removeEventListener('drop', drop);
    };
  }, []);
}

async function openExample(): Promise<void> {
  const response = await fetch(example);
  await openFiles([{ name: 'article.pcapng', data: await response.blob() }]);
}
