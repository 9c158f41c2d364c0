import type { RawFields, RawTable } from './protocol.ts';

/** Numbers kept of each packet; -1 where there is none. */
const WIDTH = 15;
const FIRST_ROWS = 64;

const TIMESTAMPS = 1;
const SACK_PERMITTED = 2;
const DONT_FRAGMENT = 4;

/** Header fields of many packets as numbers in a row, which change their thread without being copied. */
export class RawWriter {
  private packets = new Uint32Array(FIRST_ROWS);
  private values = new Float64Array(FIRST_ROWS * WIDTH);
  private readonly sack = new Map<number, readonly number[]>();
  private count = 0;

  /** Packets come in order. */
  add(packet: number, f: RawFields): void {
    if (this.count === this.packets.length) this.grow();
    const bits =
      (f.timestamps === null ? 0 : TIMESTAMPS) +
      (f.sackPermitted ? SACK_PERMITTED : 0) +
      (f.dontFragment ? DONT_FRAGMENT : 0);
    const numbers = [f.seq, f.ack, f.hopLimit, f.identification, f.ecn, f.urgentPointer, f.headerLength];
    const [value, echo] = f.timestamps ?? [0, 0];
    const options = [f.captured, f.mss ?? -1, f.windowScale ?? -1, f.vlan ?? -1, f.tunnels];
    this.values.set([...numbers, ...options, value, echo, bits], this.count * WIDTH);
    if (f.sack.length > 0) this.sack.set(packet, f.sack);
    this.packets[this.count++] = packet;
  }

  table(): RawTable {
    const { count, sack } = this;
    return { packets: this.packets.slice(0, count), values: this.values.slice(0, count * WIDTH), sack };
  }

  private grow(): void {
    const [packets, values] = [this.packets, this.values];
    this.packets = new Uint32Array(packets.length * 2);
    this.packets.set(packets);
    this.values = new Float64Array(values.length * 2);
    this.values.set(values);
  }
}

/** The fields of a packet; null where the table does not have it. */
export function rawAt({ packets, values, sack }: RawTable, packet: number): RawFields | null {
  const row = find(packets, packet);
  if (row < 0) return null;
  const at = (column: number): number => values[row * WIDTH + column]!;
  const orNull = (value: number): number | null => (value < 0 ? null : value);
  const bits = at(14);
  return {
    seq: at(0),
    ack: at(1),
    hopLimit: at(2),
    identification: at(3),
    ecn: at(4),
    urgentPointer: at(5),
    headerLength: at(6),
    captured: at(7),
    mss: orNull(at(8)),
    windowScale: orNull(at(9)),
    vlan: orNull(at(10)),
    tunnels: at(11),
    timestamps: (bits & TIMESTAMPS) === 0 ? null : [at(12), at(13)],
    sackPermitted: (bits & SACK_PERMITTED) !== 0,
    dontFragment: (bits & DONT_FRAGMENT) !== 0,
    sack: sack.get(packet) ?? [],
  };
}

function find(packets: Uint32Array, packet: number): number {
  let low = 0;
  let high = packets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (packets[middle]! < packet) low = middle + 1;
    else high = middle;
  }
  return packets[low] === packet ? low : -1;
}
