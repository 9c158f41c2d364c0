import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { offsetText } from '../app/format.ts';
import { strings } from '../strings/index.ts';

interface PlayerProps {
  /** Virtual microseconds, in order. */
  readonly moments: readonly number[];
  readonly at: number;
  readonly setAt: (at: number) => void;
  readonly running: boolean;
}

const STEP_MS = 450;

/** Moves the cursor from moment to moment of a run, forwards and back. */
export function Player({ moments, at, setAt, running }: PlayerProps): VNode {
  const t = strings.value.lab;
  const [playing, setPlaying] = useState(false);
  const last = Math.max(0, moments.length - 1);
  useEffect(() => {
    if (!playing) return;
    if (at >= last) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => setAt(at + 1), STEP_MS);
    return () => clearTimeout(timer);
  }, [playing, at, last]);
  const play = (): void => {
    if (!playing && at >= last) setAt(0);
    setPlaying(!playing);
  };
  const to = (next: number): void => {
    setPlaying(false);
    setAt(Math.max(0, Math.min(last, next)));
  };
  const text = t.moment(
    Math.min(at + 1, moments.length),
    moments.length,
    `${offsetText((moments[at] ?? 0) / 1e6)} s`,
  );
  return (
    <div class="player" role="group" aria-label={t.scrub}>
      <button type="button" onClick={() => to(0)} title={t.begin} aria-label={t.begin}>
        |◀
      </button>
      <button type="button" onClick={() => to(at - 1)} title={t.back} aria-label={t.back}>
        ◀
      </button>
      <button type="button" class="primary" onClick={play} aria-pressed={playing}>
        {playing ? t.pause : t.play}
      </button>
      <button type="button" onClick={() => to(at + 1)} title={t.step} aria-label={t.step}>
        ▶
      </button>
      <button type="button" onClick={() => to(last)} title={t.end} aria-label={t.end}>
        ▶|
      </button>
      <input
        type="range"
        min={0}
        max={last}
        value={at}
        aria-label={t.scrub}
        aria-valuetext={text}
        onInput={(event) => to(Number(event.currentTarget.value))}
      />
      <output class="number" aria-live="off">
        {running ? t.running : text}
      </output>
    </div>
  );
}
