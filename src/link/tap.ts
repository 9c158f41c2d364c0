import { ByteCollector, PcapngWriter } from '../capture/index.ts';
import { LinkType } from '../wire/index.ts';
import type { Port } from './station.ts';

/** 2026-01-01T00:00:00Z: what virtual time 0 is in captures. */
export const CAPTURE_EPOCH_US = 1_767_225_600_000_000;

export interface TapOptions {
  /** Name of the interface in the capture; default that of the port. */
  readonly name?: string;
  /** Longer packets are cut to it. */
  readonly snaplen?: number;
}

export interface TappedPacket {
  /** Virtual time. */
  readonly timeUs: number;
  readonly bytes: Uint8Array;
  /** Size on the wire. */
  readonly length: number;
  readonly port: Port;
  /** `out`: the port's station sent it, before anything on the link befell it. */
  readonly way: 'in' | 'out';
}

/** What tcpdump would see at one or more ports. */
export class Tap {
  readonly packets: TappedPacket[] = [];
  /** Called for each packet as it passes. */
  onPacket: ((packet: TappedPacket) => void) | null = null;
  readonly #ports: Port[];
  readonly #options: TapOptions;

  constructor(ports: Port[], options: TapOptions = {}) {
    this.#ports = ports;
    this.#options = options;
    for (const port of ports) port.taps = [...(port.taps ?? []), this];
  }

  record(timeUs: number, port: Port, way: 'in' | 'out', bytes: Uint8Array, length: number): void {
    const kept = bytes.slice(0, Math.min(length, this.#options.snaplen ?? length));
    const packet: TappedPacket = { timeUs, bytes: kept, length, port, way };
    this.packets.push(packet);
    this.onPacket?.(packet);
  }

  /** Sees nothing more; what it has seen stays. */
  stop(): void {
    for (const port of this.#ports) {
      const others = port.taps?.filter((tap) => tap !== this) ?? [];
      port.taps = others.length === 0 ? null : others;
    }
  }

  pcapng(): Uint8Array {
    return writeTaps([this]);
  }

  /** Adds the tap's interfaces to a capture and returns the id of each port's. */
  describe(writer: PcapngWriter): Map<Port, number> {
    const { name, snaplen } = this.#options;
    const ids = new Map<Port, number>();
    for (const port of this.#ports) {
      const label = name === undefined || this.#ports.length > 1 ? port.name : name;
      ids.set(port, writer.addInterface({ linkType: LinkType.raw, name: label, snaplen: snaplen ?? 0 }));
    }
    return ids;
  }
}

/** One capture of what several taps saw, in order of time; what was seen at the same time stays in the taps' order. */
export function writeTaps(taps: readonly Tap[]): Uint8Array {
  const collector = new ByteCollector();
  const writer = new PcapngWriter(collector.sink, { application: 'lastack' });
  const ids = taps.map((tap) => tap.describe(writer));
  const all = taps.flatMap((tap, i) =>
    tap.packets.map((packet) => ({ packet, id: ids[i]!.get(packet.port)! })),
  );
  all.sort((a, b) => a.packet.timeUs - b.packet.timeUs);
  for (const { packet, id } of all) {
    writer.write(id, CAPTURE_EPOCH_US + packet.timeUs, packet.bytes, { originalLength: packet.length });
  }
  return collector.bytes();
}
