import { BUCKETS, type Buckets } from './buckets.ts';

/** More TIME-WAITs that a new incarnation ended are not told from those that ran out. */
const MAX_REVIVED = 4_096;

/** The TIME-WAITs of one end: when they began, and which of them a new incarnation ended before their time. */
export class Waits {
  readonly begun: Int32Array;
  readonly #revived: Int32Array;
  /** When those would have ended. */
  readonly #revivedUntilUs: number[] = [];
  count: number = 0;

  constructor(buckets: Buckets) {
    this.begun = buckets.series();
    this.#revived = buckets.series();
  }

  /** `revivedUs`: -1 where nobody took the port meanwhile. */
  add(fromUs: number, untilUs: number, revivedUs: number, buckets: Buckets): void {
    this.count++;
    buckets.bump(this.begun, fromUs);
    if (revivedUs < 0 || revivedUs >= untilUs || this.#revivedUntilUs.length >= MAX_REVIVED) return;
    buckets.bump(this.#revived, revivedUs);
    this.#revivedUntilUs.push(untilUs);
  }

  /** How many are alive at the end of each bucket; each lasts so many buckets. */
  alive(length: number, lasts: number, buckets: Buckets): Float64Array {
    const alive = new Float64Array(length);
    let all = 0;
    for (let i = 0; i < length; i++) {
      all += this.begun[i]!;
      alive[i] = all - this.#begunBefore(i + 1 - lasts);
    }
    this.#takeAway(alive, buckets);
    return alive;
  }

  /** Ports that come back in each bucket of the 2MSL after the end. */
  returns(length: number, lasts: number): Float64Array {
    return Float64Array.from({ length: Math.ceil(lasts) }, (_, i) => {
      const place = length + i - lasts;
      return this.#begunBefore(Math.min(place + 1, length)) - this.#begunBefore(Math.min(place, length));
    });
  }

  /** How many began before this place, which may lie inside a bucket. */
  #begunBefore(place: number): number {
    if (place <= 0) return 0;
    const whole = Math.min(Math.floor(place), BUCKETS);
    let sum = 0;
    for (let i = 0; i < whole; i++) sum += this.begun[i]!;
    return sum + (place - whole) * (this.begun[whole] ?? 0);
  }

  /** What a new incarnation ended is gone until it would have run out anyway. */
  #takeAway(alive: Float64Array, buckets: Buckets): void {
    if (this.#revivedUntilUs.length === 0) return;
    const back = new Float64Array(alive.length);
    for (const us of this.#revivedUntilUs) {
      const at = Math.floor((us - buckets.originUs) / buckets.widthUs);
      if (at < back.length) back[at] = back[at]! + 1;
    }
    let gone = 0;
    for (let i = 0; i < alive.length; i++) {
      gone += this.#revived[i]! - back[i]!;
      alive[i] = Math.max(0, alive[i]! - gone);
    }
  }
}
