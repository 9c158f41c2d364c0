import { useSignalEffect } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { countText } from '../app/format.ts';
import { paints } from '../app/theme.ts';

export interface PlotLine {
  readonly label: string;
  readonly values: readonly number[];
  /** Name of a colour of the style sheet. */
  readonly color: string;
  /** Drawn broad, so that a line that runs over it leaves it seen. */
  readonly broad?: boolean;
}

interface PlotProps {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Seconds from the beginning. */
  readonly times: readonly number[];
  readonly lines: readonly PlotLine[];
}

const HEIGHT = 290;
/** Of things that are counted there are no halves. */
const WHOLE_STEPS: number[] = [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((n) => n * 10 ** power));

export function Plot(props: PlotProps): VNode {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const make = (): void => {
    plot.current?.destroy();
    plot.current = makePlot(box.current!, props);
  };
  useEffect(() => {
    make();
    const shown = box.current!;
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: shown.clientWidth, height: HEIGHT }),
    );
    observer.observe(shown);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [props.times, props.lines, props.title]);
  useSignalEffect(() => {
    if (paints.value > 0 && plot.current !== null) make();
  });
  const peaks = props.lines.map((line) => `${line.label}: ${countText(Math.max(0, ...line.values))}`);
  return (
    <figure>
      <figcaption>{props.title}</figcaption>
      <div class="plot" ref={box} role="img" aria-label={`${props.title}. ${peaks.join(', ')}`} />
    </figure>
  );
}

function makePlot(box: HTMLElement, { x, y, times, lines }: PlotProps): UPlot {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: color('text'),
    grid: { stroke: color('rule'), width: 1 },
    ticks: { stroke: color('rule') },
  };
  const stepped = UPlot.paths.stepped!({ align: 1 });
  const series = lines.map((line) => ({
    label: line.label,
    stroke: color(line.color),
    width: line.broad === true ? 6 : 2,
    alpha: line.broad === true ? 0.45 : 1,
    points: { show: false },
    paths: stepped,
  }));
  const options: UPlot.Options = {
    width: box.clientWidth || 600,
    height: HEIGHT,
    scales: { x: { time: false } },
    axes: [
      { ...axis, label: x },
      { ...axis, label: y, size: 70, incrs: WHOLE_STEPS, values: (_, ticks) => ticks.map(countText) },
    ],
    series: [{ label: x }, ...series],
  };
  return new UPlot(options, [[...times], ...lines.map((line) => [...line.values])], box);
}
