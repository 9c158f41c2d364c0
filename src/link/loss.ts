import type { BurstLoss } from './options.ts';
import type { Random } from './random.ts';

/** Decides packet by packet which are lost. */
export interface LossModel {
  next(): boolean;
}

class Bernoulli implements LossModel {
  readonly #probability: number;
  readonly #random: Random;

  constructor(probability: number, random: Random) {
    this.#probability = probability;
    this.#random = random;
  }

  next(): boolean {
    return this.#random.chance(this.#probability);
  }
}

class GilbertElliott implements LossModel {
  readonly #options: BurstLoss;
  readonly #random: Random;
  #isBad: boolean = false;

  constructor(options: BurstLoss, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  next(): boolean {
    const { enter, leave, good = 0, bad = 1 } = this.#options;
    if (this.#random.chance(this.#isBad ? leave : enter)) this.#isBad = !this.#isBad;
    return this.#random.chance(this.#isBad ? bad : good);
  }
}

/** Null where nothing is ever lost. */
export function lossModel(loss: number | BurstLoss, random: Random): LossModel | null {
  if (typeof loss !== 'number') return new GilbertElliott(loss, random);
  return loss > 0 ? new Bernoulli(loss, random) : null;
}
