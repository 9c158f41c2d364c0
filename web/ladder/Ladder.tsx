import { useSignalEffect } from '@preact/signals';
import type { VNode } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Endpoint, LadderStep } from '../../src/explain/types.ts';
import { copyText, save } from '../app/save.ts';
import { paints } from '../app/theme.ts';
import { strings } from '../strings/index.ts';
import type { RawTable } from '../worker/protocol.ts';
import { rawAt } from '../worker/raw.ts';
import { type Drawing, draw, measure } from './draw.ts';
import { Fields } from './Fields.tsx';
import { HEAD_HEIGHT, type Layout, type Line, labelOf, layoutLadder, lineAt, STEP_HEIGHT } from './layout.ts';
import { paletteOf } from './palette.ts';
import { CanvasPen, SvgPen } from './pen.ts';
import { ladderText } from './text.ts';

export interface LadderProps {
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly steps: readonly LadderStep[];
  /** Times count from here. */
  readonly origin: number;
  /** What the whole packets hold; null while it is not known, left out where it never is. */
  readonly raw?: RawTable | null;
  /** The chosen packet, from outside. */
  readonly chosen?: number | null;
  readonly onChoose?: (step: LadderStep) => void;
  /** Steps that have happened, where a run is played. */
  readonly until?: number | null;
  /** File name without ending, for what is saved. */
  readonly name: string;
  /** Words for the evidence, by packet. */
  readonly evidence?: ReadonlyMap<number, string>;
}

const PNG_MOST_HEIGHT = 16_000;
const SVG_WIDTH = 1_000;

export function Ladder(props: LadderProps): VNode {
  const t = strings.value.ladder;
  const { steps, raw = null } = props;
  const layout = useMemo(() => layoutLadder(steps), [steps]);
  const [absolute, setAbsolute] = useState(false);
  const [index, setIndex] = useState(-1);
  const [pointed, setPointed] = useState(-1);
  const label = useCallback(
    (line: Line) => labelOf(numbered(line.step, absolute ? raw : null)),
    [absolute, raw],
  );
  useEffect(() => {
    if (props.chosen == null) return;
    setIndex(layout.lines.findIndex((line) => line.step.packet === props.chosen));
  }, [props.chosen, layout]);
  const choose = (at: number): void => {
    setIndex(at);
    const line = layout.lines[at];
    if (line !== undefined) props.onChoose?.(line.step);
  };
  const shown = [pointed, index].find((at) => at >= 0) ?? tellingLine(layout);
  const packet = layout.lines[shown]?.step.packet ?? -1;
  return (
    <section class="ladder" aria-label={t.title}>
      <LadderTools {...props} layout={layout} label={label} absolute={absolute} setAbsolute={setAbsolute} />
      <LadderCanvas
        {...props}
        layout={layout}
        label={label}
        index={index}
        choose={choose}
        pointed={pointed}
        point={setPointed}
      />
      <Legend />
      <Fields
        line={layout.lines[shown] ?? null}
        before={layout.lines[shown - 1] ?? null}
        origin={props.origin}
        raw={raw === null ? null : rawAt(raw, packet)}
        evidence={props.evidence?.get(packet) ?? null}
      />
    </section>
  );
}

/** Shown before one is chosen: the first that decides the verdict, else the last. */
function tellingLine({ lines }: Layout): number {
  const telling = lines.findIndex((line) => line.step.decisive);
  return telling >= 0 ? telling : lines.length - 1;
}

/** With the numbers of the wire, where they are wanted and known. */
function numbered(step: LadderStep, raw: RawTable | null): LadderStep {
  const fields = raw === null ? null : rawAt(raw, step.packet);
  return fields === null ? step : { ...step, seq: fields.seq, ack: step.ack === null ? null : fields.ack };
}

interface Laid extends LadderProps {
  readonly layout: Layout;
  readonly label: (line: Line) => string;
}

function LadderTools(
  props: Laid & { readonly absolute: boolean; readonly setAbsolute: (on: boolean) => void },
): VNode {
  const t = strings.value.ladder;
  const [copied, setCopied] = useState(false);
  const { layout, client, server, origin, label, name } = props;
  const copy = async (): Promise<void> => {
    await copyText(ladderText(layout, client, server, origin, label, t));
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <div class="tools">
      <span class="muted">{t.segments(layout.lines.length)}</span>
      {props.raw !== undefined && (
        <button
          type="button"
          disabled={props.raw === null}
          aria-pressed={props.absolute}
          onClick={() => props.setAbsolute(!props.absolute)}
        >
          {props.absolute ? t.absolute : t.relative}
        </button>
      )}
      <button type="button" onClick={() => void copy()}>
        {copied ? strings.value.app.copied : t.text}
      </button>
      <button type="button" onClick={() => save(`${name}.svg`, svgOf(props), 'image/svg+xml')}>
        {t.svg}
      </button>
      <button type="button" onClick={() => savePng(props)}>
        {t.png}
      </button>
    </div>
  );
}

function drawingOf(props: Laid, width: number, chosen: number, pointed: number = -1): Drawing {
  const { layout, client, server, origin, label } = props;
  const geometry = measure(width, layout);
  const until = props.until ?? null;
  return {
    layout,
    geometry,
    client,
    server,
    origin,
    chosen,
    pointed,
    until,
    label,
    strings: strings.value,
  };
}

function svgOf(props: Laid): string {
  const pen = new SvgPen();
  const { height } = props.layout;
  draw(pen, paletteOf(document.documentElement), drawingOf(props, SVG_WIDTH, -1), 0, height);
  return pen.file(SVG_WIDTH, height, props.name);
}

function savePng(props: Laid): void {
  const canvas = document.createElement('canvas');
  const height = Math.min(PNG_MOST_HEIGHT, props.layout.height);
  canvas.width = SVG_WIDTH * 2;
  canvas.height = height * 2;
  const context = canvas.getContext('2d')!;
  context.scale(2, 2);
  const drawing = drawingOf(props, SVG_WIDTH, -1);
  draw(new CanvasPen(context), paletteOf(document.documentElement), drawing, 0, height);
  canvas.toBlob((blob) => {
    if (blob !== null) save(`${props.name}.png`, blob, 'image/png');
  });
}

interface CanvasProps extends Laid {
  readonly index: number;
  readonly choose: (index: number) => void;
  /** The line under the pointer, or -1: its fields are shown meanwhile. */
  readonly pointed: number;
  readonly point: (index: number) => void;
}

function LadderCanvas(props: CanvasProps): VNode {
  const t = strings.value.ladder;
  const { layout, index } = props;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<() => void>(() => {});
  painter.current = () => paint(box.current, canvas.current, props);
  useLayoutEffect(() => painter.current());
  useSignalEffect(() => {
    paints.value;
    painter.current();
  });
  useEffect(() => {
    const observer = new ResizeObserver(() => painter.current());
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => reveal(box.current, layout, index), [index, layout]);
  useEffect(() => {
    if (props.until != null) reveal(box.current, layout, props.until - 1);
  }, [props.until, layout]);
  const line = layout.lines[index];
  return (
    <div
      class="scroll"
      ref={box}
      role="listbox"
      tabIndex={0}
      aria-label={t.label}
      aria-activedescendant={line === undefined ? undefined : `${props.name}-step`}
      onScroll={() => painter.current()}
      onKeyDown={(event) => keyed(event, props, box.current!)}
      onPointerMove={(event) => hover(event, props, box.current!)}
      onPointerLeave={() => props.point(-1)}
      onClick={(event) => props.choose(lineAt(layout, heightOf(event, box.current!)))}
    >
      <div class="space" style={{ height: `${layout.height}px` }}>
        <canvas ref={canvas} />
      </div>
      <div
        class="hidden"
        role="option"
        tabIndex={-1}
        id={`${props.name}-step`}
        aria-selected={line !== undefined}
      >
        {line === undefined ? t.choose : spoken(line, props)}
      </div>
    </div>
  );
}

/** What a screen reader says of a packet. */
function spoken(line: Line, { label, origin, layout, index }: CanvasProps): string {
  const t = strings.value;
  const { step } = line;
  const from = t.ends[step.from] ?? step.from;
  const states = `${step.clientState || '?'}, ${step.serverState || '?'}`;
  return `${t.ladder.step(index + 1, layout.lines.length)}: ${t.ladder.field.packet} ${step.packet}, ${(step.at - origin).toFixed(6)} s, ${from}: ${label(line)}, ${step.notes.join(', ')} ${states}`;
}

function paint(box: HTMLDivElement | null, canvas: HTMLCanvasElement | null, props: CanvasProps): void {
  if (box === null || canvas === null) return;
  const [width, height] = [box.clientWidth, box.clientHeight];
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext('2d')!;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const top = box.scrollTop;
  draw(
    new CanvasPen(context),
    paletteOf(box),
    drawingOf(props, width, props.index, props.pointed),
    top,
    top + height,
  );
}

function heightOf(event: MouseEvent, box: HTMLDivElement): number {
  return event.clientY - box.getBoundingClientRect().top + box.scrollTop;
}

function hover(event: PointerEvent, { layout, pointed, point }: CanvasProps, box: HTMLDivElement): void {
  const at = lineAt(layout, heightOf(event, box));
  if (at !== pointed) point(at);
}

const PAGE = 10;

function keyed(event: KeyboardEvent, props: CanvasProps, box: HTMLDivElement): void {
  const next = nextIndex(
    event.key,
    props,
    Math.max(1, Math.floor(box.clientHeight / STEP_HEIGHT) - 2) || PAGE,
  );
  if (next === null) return;
  event.preventDefault();
  props.choose(next);
}

function nextIndex(key: string, { layout, index }: CanvasProps, page: number): number | null {
  const last = layout.lines.length - 1;
  const within = (at: number): number => Math.max(0, Math.min(last, at));
  switch (key) {
    case 'ArrowDown':
      return within(index + 1);
    case 'ArrowUp':
      return within(index - 1);
    case 'PageDown':
      return within(index + page);
    case 'PageUp':
      return within(index - page);
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'e':
    case 'E': {
      const after = layout.lines.findIndex((line, i) => i > index && line.step.decisive);
      return after >= 0 ? after : layout.lines.findIndex((line) => line.step.decisive);
    }
    default:
      return null;
  }
}

/** Scrolls only where the line is not in sight. */
function reveal(box: HTMLDivElement | null, layout: Layout, index: number): void {
  const line = layout.lines[index];
  if (box === null || line === undefined) return;
  const { scrollTop, clientHeight } = box;
  if (line.y < scrollTop + HEAD_HEIGHT) box.scrollTop = line.y - HEAD_HEIGHT - STEP_HEIGHT;
  else if (line.y + STEP_HEIGHT > scrollTop + clientHeight)
    box.scrollTop = line.y + 2 * STEP_HEIGHT - clientHeight;
}

function Legend(): VNode {
  const t = strings.value.ladder;
  return (
    <ul class="legend">
      {Object.entries(t.legend).map(([meaning, text]) => (
        <li key={meaning} class={`seg-${meaning}`}>
          {text}
        </li>
      ))}
    </ul>
  );
}
