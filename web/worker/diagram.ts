import { EVENT_NAMES } from '../../src/states/events.ts';
import * as states from '../../src/states/index.ts';
import type { Diagram, DiagramEdge } from './protocol.ts';

const TABLES: Readonly<Record<string, states.Table>> = {
  rfc: states.RFC_TABLE,
  linux: states.LINUX_TABLE,
  freebsd: states.FREEBSD_TABLE,
};

/** The arrows of the state diagram as the engine has them. */
export function diagram(profile: string): Diagram {
  const table = TABLES[profile] ?? states.LINUX_TABLE;
  const edges = new Map<string, { from: number; to: number; events: DiagramEdge['events'][number][] }>();
  for (let from = 0; from < states.STATE_COUNT; from++) {
    for (const [event, name] of EVENT_NAMES.entries()) {
      const cell = states.cellOf(table, from as states.State, event as states.Event);
      if (cell?.kind !== 'row' || cell.next === from) continue;
      const key = `${from} ${cell.next}`;
      let edge = edges.get(key);
      if (edge === undefined) {
        edge = { from, to: cell.next, events: [] };
        edges.set(key, edge);
      }
      edge.events.push({ event: name, effects: cell.effects, rule: cell.rule });
    }
  }
  return { states: states.STATE_NAMES, edges: [...edges.values()] };
}
