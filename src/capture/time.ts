const TWO_32 = 4294967296;

/**
 * How an interface counts time (if_tsresol, if_tsoffset of draft-ietf-opsawg-pcapng 4.2) and the exact way from its
 * 64-bit counts to whole microseconds. Counts of nanoseconds since 1970 need 61 bits, more than a double holds, so
 * each resolution has its own arithmetic; only the rare ones use BigInt.
 */
export class TimeScale {
  private readonly kind: 'microseconds' | 'nanoseconds' | 'coarse-decimal' | 'binary' | 'other';
  private readonly factor: number;
  private readonly shift: number;
  private readonly divisor: bigint;
  private readonly offsetUs: number;

  /** `resolution` is the if_tsresol octet: 10^-n, or 2^-n with the high bit set. `offsetSeconds` is if_tsoffset. */
  constructor(resolution: number = 6, offsetSeconds: number = 0) {
    const exponent = resolution & 0x7f;
    const binary = (resolution & 0x80) !== 0;
    this.offsetUs = offsetSeconds * 1_000_000;
    this.factor = !binary && exponent < 6 ? 10 ** (6 - exponent) : 1;
    this.shift = exponent;
    this.divisor = binary ? 1n << BigInt(exponent) : 10n ** BigInt(exponent);
    if (binary) this.kind = exponent <= 32 ? 'binary' : 'other';
    else if (exponent === 6) this.kind = 'microseconds';
    else if (exponent === 9) this.kind = 'nanoseconds';
    else this.kind = exponent < 6 ? 'coarse-decimal' : 'other';
  }

  /** Microseconds since the epoch, rounded down. `high` and `low` are the unsigned halves of the count. */
  toMicroseconds(high: number, low: number): number {
    return this.countToMicroseconds(high, low) + this.offsetUs;
  }

  private countToMicroseconds(high: number, low: number): number {
    switch (this.kind) {
      case 'microseconds':
        return high * TWO_32 + low;
      case 'nanoseconds':
        // 2^32 = 4294967 * 1000 + 296, so that every product below stays under 2^53.
        return high * 4294967 + Math.floor((high * 296 + low) / 1000);
      case 'coarse-decimal':
        return (high * TWO_32 + low) * this.factor;
      case 'binary':
        return this.binaryToMicroseconds(high, low);
      case 'other':
        return Number((((BigInt(high) << 32n) | BigInt(low)) * 1_000_000n) / this.divisor);
    }
  }

  private binaryToMicroseconds(high: number, low: number): number {
    const unit = 2 ** this.shift;
    const seconds = high * (TWO_32 / unit) + Math.floor(low / unit);
    return seconds * 1_000_000 + Math.floor(((low % unit) * 1_000_000) / unit);
  }
}
