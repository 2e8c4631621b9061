/** A small seeded generator (mulberry32): a failure is found again by its seed. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  /** 0 … 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** 0 … count - 1. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Any number of digits, so that lengths are as likely as values. */
  bigint(min: bigint, max: bigint): bigint {
    if (this.chance(0.1)) return min;
    if (this.chance(0.1)) return max;
    const digits = this.below(max.toString().length) + 1;
    let text = '';
    for (let index = 0; index < digits; index++) text += this.below(10);
    const value = this.chance(0.5) ? BigInt(text) : -BigInt(text);
    return value < min || value > max ? this.bigint(min, max) : value;
  }

  text(maxLength: number): string {
    const pieces = ['a', 'Z', '0', ' ', '"', '\\', '/', '\b', '\f', '\n', '\r', '\t', '\u0000', '\u001f'];
    const more = [
      '\u007f',
      'é',
      '中',
      '😀',
      '\u2028',
      '\u2029',
      '\ufeff',
      '\uffff',
      '{',
      '}',
      '[',
      ',',
      ':',
      '-1',
    ];
    let text = '';
    for (let left = this.below(maxLength + 1); left > 0; left--) text += this.pick([...pieces, ...more]);
    return text;
  }
}
