import type { Packet } from '../host/packet.ts';
import type { Segment } from '../wire/index.ts';
import type { Direction } from './direction.ts';
import { FullDirection } from './full-direction.ts';
import { Reader } from './header.ts';

/** What a filter may decide; a number delays the packet by so many microseconds, and others may pass it. */
export type Verdict = 'pass' | 'drop' | 'hold' | 'duplicate' | number;

export interface PassInfo {
  readonly now: number;
  readonly direction: Direction;
  /** Names of the stations at the two ends. */
  readonly from: string;
  readonly to: string;
  /** Which packet of this direction it is, from 1 on. */
  readonly number: number;
  /** What the packet carries; valid during the call. */
  readonly segment: Segment;
}

/** Looks at each packet that enters a link. It may change the packet's bytes; keep it, it may not (`hold` does). */
export type Filter = (packet: Packet, info: PassInfo) => Verdict;

/** A packet that a filter took off the link; `Link.release` lets it go on. */
export interface Held {
  readonly packet: Packet;
  readonly direction: GatedDirection;
  readonly sinceUs: number;
}

/** A direction's filters. The first that says anything but `pass` decides. */
export class Gate {
  readonly held: Held[] = [];
  readonly #direction: GatedDirection;
  #filters: readonly Filter[] = [];
  readonly #reader: Reader = new Reader();
  readonly #info: { -readonly [K in keyof PassInfo]: PassInfo[K] };

  constructor(direction: GatedDirection) {
    this.#direction = direction;
    this.#info = {
      now: 0,
      direction,
      from: direction.from.station.name,
      to: direction.to.station.name,
      number: 0,
      segment: this.#reader.segment,
    };
  }

  /** Returns what takes the filter away again. */
  add(filter: Filter): () => void {
    this.#filters = [...this.#filters, filter];
    return () => {
      this.#filters = this.#filters.filter((other) => other !== filter);
    };
  }

  enter(packet: Packet): void {
    const direction = this.#direction;
    const { world } = direction;
    const verdict = this.#judge(packet);
    if (verdict === 'pass') direction.carry(packet, 0);
    else if (verdict === 'drop') {
      direction.counters.filtered++;
      world.packets.give(packet);
    } else if (verdict === 'hold') this.held.push({ packet, direction, sinceUs: world.now });
    else if (verdict === 'duplicate') {
      const copy = world.packets.copy(packet);
      direction.carry(packet, 0);
      direction.carry(copy, 0);
    } else direction.carry(packet, verdict);
  }

  #judge(packet: Packet): Verdict {
    const info = this.#info;
    info.number++;
    if (this.#filters.length === 0) return 'pass';
    info.now = this.#direction.world.now;
    this.#reader.read(packet, info.now);
    for (const filter of this.#filters) {
      const verdict = filter(packet, info);
      if (verdict !== 'pass') return verdict;
    }
    return 'pass';
  }

  /** Lets a held packet go on, `afterUs` later than it otherwise would. */
  release(held: Held, afterUs: number): void {
    const at = this.held.indexOf(held);
    if (at < 0) throw new Error(`the packet is not held on ${this.#direction.name}`);
    this.held.splice(at, 1);
    this.#direction.carry(held.packet, afterUs);
  }
}

/** One direction of a link, with filters before it. */
export class GatedDirection extends FullDirection {
  #gate: Gate | null = null;

  get gate(): Gate {
    this.#gate ??= new Gate(this);
    return this.#gate;
  }

  protected override enter(packet: Packet): void {
    if (this.#gate === null) this.carry(packet, 0);
    else this.#gate.enter(packet);
  }
}
