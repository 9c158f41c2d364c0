import type { Port } from './station.ts';

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

/** Keeps the packets that pass at one or more ports. */
export class PacketTap {
  readonly packets: TappedPacket[] = [];
  /** Called for each packet as it passes. */
  onPacket: ((packet: TappedPacket) => void) | null = null;
  readonly ports: readonly Port[];
  readonly options: TapOptions;

  constructor(ports: readonly Port[], options: TapOptions | string = {}) {
    this.ports = ports;
    this.options = typeof options === 'string' ? { name: options } : options;
    for (const port of ports) port.taps = [...(port.taps ?? []), this];
  }

  record(timeUs: number, port: Port, way: 'in' | 'out', bytes: Uint8Array, length: number): void {
    const kept = bytes.slice(0, Math.min(length, this.options.snaplen ?? length));
    const packet: TappedPacket = { timeUs, bytes: kept, length, port, way };
    this.packets.push(packet);
    this.onPacket?.(packet);
  }

  /** Sees nothing more; what it has seen stays. */
  stop(): void {
    for (const port of this.ports) {
      const others = port.taps?.filter((tap) => tap !== this) ?? [];
      port.taps = others.length === 0 ? null : others;
    }
  }
}
