/** Random choices that can be repeated: the same seed gives the same choices (mulberry32). */
export class Random {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed >>> 0;
  }

  /** An integer of 32 bits. */
  word(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** 0 ≤ x < 1. */
  fraction(): number {
    return this.word() / 2 ** 32;
  }

  /** An integer of `from` … `to`, both included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  /** An integer of 0 … `count` - 1. */
  below(count: number): number {
    return Math.floor(this.fraction() * count);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** @param choices not empty */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** One of a list that may be empty. */
  pickFrom<T>(choices: readonly T[]): T | undefined {
    return choices[this.below(choices.length)];
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let index = 0; index < length; index += 1) bytes[index] = this.below(256);
    return bytes;
  }

  /** Any number of digits, so that lengths are as likely as values. */
  bigint(min: bigint, max: bigint): bigint {
    if (this.chance(0.1)) return min;
    if (this.chance(0.1)) return max;
    const digits = this.below(max.toString().length) + 1;
    let text = '';
    for (let index = 0; index < digits; index += 1) text += this.below(10);
    const value = this.chance(0.5) ? BigInt(text) : -BigInt(text);
    return value < min || value > max ? this.bigint(min, max) : value;
  }

  /** Text of up to `maxLength` pieces, most of them characters that JSON or UTF-8 treat in a special way. */
  text(maxLength: number): string {
    let text = '';
    for (let left = this.below(maxLength + 1); left > 0; left -= 1) text += this.pick(PIECES);
    return text;
  }
}

const PIECES = [
  ...['a', 'Z', '0', ' ', '"', '\\', '/', '\b', '\f', '\n', '\r', '\t', '\u0000', '\u001f'],
  ...['\u007f', 'é', '中', '😀', '\u2028', '\u2029', '\ufeff', '\uffff', '{', '}', '[', ',', ':', '-1'],
];

/** Tests print their seeds and take one from the environment: `FAULT_SEED=1234 npm test -- test/faults`. */
export function seedFromEnvironment(fallback: number): number {
  const given = Number(process.env['FAULT_SEED']);
  return Number.isSafeInteger(given) && given > 0 ? given : fallback;
}
