/** Buckets of every series; when time goes beyond the last, two become one. */
export const BUCKETS = 512;

const FIRST_WIDTH_US = 1_000;

/** Maps times to buckets that all series of a capture share: fine for a short one, coarser the longer it lasts. */
export class Buckets {
  originUs: number = -1;
  widthUs: number = FIRST_WIDTH_US;
  readonly #series: Int32Array[] = [];

  series(): Int32Array {
    const one = new Int32Array(BUCKETS);
    this.#series.push(one);
    return one;
  }

  indexOf(us: number): number {
    const sinceUs = Math.max(0, us - this.originUs);
    while (sinceUs >= this.widthUs * BUCKETS) this.#coarsen();
    return Math.floor(sinceUs / this.widthUs);
  }

  bump(series: Int32Array, us: number): void {
    // The place first: finding it may make the series coarser.
    const at = this.indexOf(us);
    series[at] = series[at]! + 1;
  }

  #coarsen(): void {
    this.widthUs *= 2;
    for (const one of this.#series) {
      for (let i = 0; i < BUCKETS / 2; i++) one[i] = one[2 * i]! + one[2 * i + 1]!;
      one.fill(0, BUCKETS / 2);
    }
  }
}
