import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { StateStep } from '../../src/explain/types.ts';
import { call } from '../app/client.ts';
import { strings } from '../strings/index.ts';
import type { Diagram, DiagramEdge } from '../worker/protocol.ts';

interface DiagramProps {
  readonly states: { readonly client: readonly StateStep[]; readonly server: readonly StateStep[] };
  /** Seconds since the epoch. */
  readonly now: number;
  readonly profile: string;
}

/** Where the states stand, as in Figure 5 of RFC 9293. */
const PLACES: Readonly<Record<string, readonly [x: number, y: number]>> = {
  CLOSED: [400, 40],
  LISTEN: [180, 110],
  'SYN-SENT': [620, 110],
  'SYN-RECEIVED': [180, 190],
  ESTABLISHED: [400, 190],
  'FIN-WAIT-1': [180, 280],
  'CLOSE-WAIT': [620, 280],
  'FIN-WAIT-2': [90, 370],
  CLOSING: [310, 370],
  'LAST-ACK': [620, 370],
  'TIME-WAIT': [200, 450],
};

const HALF = [62, 17] as const;

/** The diagram that the TCP runs on; both ends' states at the cursor and the way to them are lit. */
export function StateDiagram({ states, now, profile }: DiagramProps): VNode | null {
  const t = strings.value;
  const [diagram, setDiagram] = useState<Diagram | null>(null);
  useEffect(() => void call('diagram', profile).then(setDiagram), [profile]);
  const ends = useMemo(
    () => ({
      client: states.client.filter((s) => s.at <= now),
      server: states.server.filter((s) => s.at <= now),
    }),
    [states, now],
  );
  if (diagram === null) return null;
  const lit = { client: litEdges(diagram, ends.client), server: litEdges(diagram, ends.server) };
  const [client, server] = [stateOf(ends.client), stateOf(ends.server)];
  const says = `${t.ends.client}: ${client}. ${t.ends.server}: ${server}.`;
  return (
    <details open>
      <summary>{t.lab.diagram}</summary>
      <p class="muted">{t.lab.diagramHint}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: by keyboard it scrolls only where it has the focus */}
      <div class="scrolling" tabIndex={0} role="group" aria-label={t.lab.diagram}>
        <svg class="diagram" viewBox="0 0 800 490" role="img" aria-label={`${t.lab.diagram}. ${says}`}>
          {diagram.edges.map((edge) => (
            <Edge key={`${edge.from} ${edge.to}`} edge={edge} diagram={diagram} lit={lit} />
          ))}
          {diagram.states.map((name) => (
            <Node key={name} name={name} client={name === client} server={name === server} />
          ))}
        </svg>
      </div>
    </details>
  );
}

function stateOf(steps: readonly StateStep[]): string {
  return steps.at(-1)?.state ?? 'CLOSED';
}

interface NodeProps {
  readonly name: string;
  readonly client: boolean;
  readonly server: boolean;
}

function Node({ name, client, server }: NodeProps): VNode {
  const t = strings.value.ends;
  const [x, y] = PLACES[name] ?? [0, 0];
  const who = [client ? t.client : '', server ? t.server : ''].filter((text) => text !== '').join(' + ');
  return (
    <g class={`${client ? 'client' : ''} ${server ? 'server' : ''}`}>
      <rect x={x - HALF[0]} y={y - HALF[1]} width={2 * HALF[0]} height={2 * HALF[1]} rx={8} />
      <text x={x} y={y + 4}>
        {name}
      </text>
      {who !== '' && (
        <text class="who" x={x} y={y - HALF[1] - 6}>
          {who}
        </text>
      )}
    </g>
  );
}

interface EdgeProps {
  readonly edge: DiagramEdge;
  readonly diagram: Diagram;
  readonly lit: { readonly client: ReadonlySet<string>; readonly server: ReadonlySet<string> };
}

function Edge({ edge, diagram, lit }: EdgeProps): VNode {
  const key = `${edge.from} ${edge.to}`;
  const classes = [lit.client.has(key) ? 'lit-client' : '', lit.server.has(key) ? 'lit-server' : ''];
  const [from, to] = [diagram.states[edge.from]!, diagram.states[edge.to]!];
  const words = edge.events.map(({ event, effects }) => [event, ...effects].join(' / ')).join('\n');
  return (
    <path class={classes.join(' ')} d={pathOf(PLACES[from] ?? [0, 0], PLACES[to] ?? [0, 0])}>
      <title>{`${from} → ${to}\n${words}`}</title>
    </path>
  );
}

/** A bow to the right of the way, so that there and back do not lie on each other; with a small head. */
function pathOf(from: readonly [number, number], to: readonly [number, number]): string {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy) || 1;
  const bow = 14 + length * 0.05;
  const [cx, cy] = [(from[0] + to[0]) / 2 - (dy / length) * bow, (from[1] + to[1]) / 2 + (dx / length) * bow];
  const [sx, sy] = borderPoint(from, [cx, cy]);
  const [ex, ey] = borderPoint(to, [cx, cy]);
  const angle = Math.atan2(ey - cy, ex - cx);
  const wing = (turn: number): string =>
    `${(ex - 9 * Math.cos(angle + turn)).toFixed(1)},${(ey - 9 * Math.sin(angle + turn)).toFixed(1)}`;
  return `M${sx.toFixed(1)},${sy.toFixed(1)} Q${cx.toFixed(1)},${cy.toFixed(1)} ${ex.toFixed(1)},${ey.toFixed(1)} M${wing(0.4)} L${ex.toFixed(1)},${ey.toFixed(1)} L${wing(-0.4)}`;
}

/** Where a line from the middle of a box towards a point leaves the box. */
function borderPoint(
  [x, y]: readonly [number, number],
  [tx, ty]: readonly [number, number],
): [number, number] {
  const [dx, dy] = [tx - x, ty - y];
  const scale = Math.min(HALF[0] / Math.max(Math.abs(dx), 1e-6), HALF[1] / Math.max(Math.abs(dy), 1e-6), 1);
  return [x + dx * scale, y + dy * scale];
}

/** The arrows taken; where one event made several steps at once, the shortest way between. */
function litEdges(diagram: Diagram, steps: readonly StateStep[]): ReadonlySet<string> {
  const lit = new Set<string>();
  // What a SYN made was made by a listener.
  let at = diagram.states.indexOf(steps[0]?.state === 'SYN-RECEIVED' ? 'LISTEN' : 'CLOSED');
  for (const step of steps) {
    const to = diagram.states.indexOf(step.state);
    for (const edge of wayBetween(diagram, at, to)) lit.add(`${edge.from} ${edge.to}`);
    at = to;
  }
  return lit;
}

function wayBetween(diagram: Diagram, from: number, to: number): readonly DiagramEdge[] {
  const ways = new Map<number, readonly DiagramEdge[]>([[from, []]]);
  const queue = [from];
  for (let i = 0; i < queue.length && !ways.has(to); i++) {
    for (const edge of diagram.edges) {
      if (edge.from !== queue[i] || ways.has(edge.to)) continue;
      ways.set(edge.to, [...ways.get(edge.from)!, edge]);
      queue.push(edge.to);
    }
  }
  return ways.get(to) ?? [];
}
