import { type Prefix, PrefixTable } from './addresses.ts';
import type { Port, Station } from './station.ts';

/** Where a station's packets leave: what was configured counts before what follows from the topology. */
export class Routes {
  readonly computed: PrefixTable<Port> = new PrefixTable();
  readonly #configured: PrefixTable<Port> = new PrefixTable();
  readonly #refresh: () => void;

  /** `refresh` brings `computed` up to date where it is not. */
  constructor(refresh: () => void) {
    this.#refresh = refresh;
  }

  add(prefix: Prefix, port: Port): void {
    this.#configured.set(prefix, port);
  }

  find(family: number, words: Int32Array): Port | null {
    const configured = this.#configured.get(family, words);
    if (configured !== null) return configured;
    this.#refresh();
    return this.computed.get(family, words);
  }
}

/** Fills every station's computed routes: the way with the fewest links to each address, by connection order where equal. */
export function computeRoutes(stations: readonly Station[]): void {
  for (const station of stations) station.routes?.computed.clear();
  for (const station of stations) if (station.addresses.length > 0) spread(station);
}

/** Walks outward from the owner of addresses and tells each station met which way back it is. */
function spread(owner: Station): void {
  const met = new Set<Station>([owner]);
  const ways: Port[] = owner.ports.map((port) => port.peer);
  for (let i = 0; i < ways.length; i++) {
    const way = ways[i]!;
    const station = way.station;
    if (met.has(station)) continue;
    met.add(station);
    for (const { family, words } of owner.addresses) {
      station.routes?.computed.set({ family, words, bits: family === 4 ? 32 : 128 }, way);
    }
    for (const port of station.ports) {
      if (port !== way && station.forwards(port, way)) ways.push(port.peer);
    }
  }
}
