import type { Port, Station } from './station.ts';

/** Fills every station's computed routes: the way with the fewest links to each address, by connection order where equal. */
export function computeRoutes(stations: readonly Station[]): void {
  for (const station of stations) station.computedRoutes.clear();
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
      station.computedRoutes.set({ family, words, bits: family === 4 ? 32 : 128 }, way);
    }
    for (const port of station.ports) {
      if (port !== way && station.forwards(port, way)) ways.push(port.peer);
    }
  }
}
