const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** Seven bytes of seven bits each fit in a safe integer. */
const SAFE_FACTOR_LIMIT = 0x80 ** 7;

/** Writes unsigned LEB128 integers of up to 64 bits to a growing buffer. */
export class VarintWriter {
  private buffer = Buffer.allocUnsafe(64 * 1024);
  private length = 0;

  writeNumber(value: number): void {
    this.reserve();
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.buffer[this.length++] = rest;
  }

  writeBigint(value: bigint): void {
    if (value <= MAX_SAFE) return this.writeNumber(Number(value));
    this.reserve();
    let rest = value;
    while (rest >= 0x80n) {
      this.buffer[this.length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.buffer[this.length++] = Number(rest);
  }

  toBase64(): string {
    return this.buffer.toString('base64', 0, this.length);
  }

  /** Makes room for one integer. */
  private reserve(): void {
    if (this.length + 10 <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(this.buffer.length * 2);
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

/** Reads what {@link VarintWriter} wrote. Reading past the end throws a RangeError. */
export class VarintReader {
  private offset = 0;
  private readonly buffer: Buffer;

  constructor(base64: string) {
    this.buffer = Buffer.from(base64, 'base64');
  }

  get isAtEnd(): boolean {
    return this.offset === this.buffer.length;
  }

  /** Reads an integer up to 2^53 - 1. */
  readNumber(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.readByte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  readBigint(): bigint {
    let low = 0;
    for (let factor = 1; factor < SAFE_FACTOR_LIMIT; factor *= 0x80) {
      const byte = this.readByte();
      low += (byte & 0x7f) * factor;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 49n; ; shift += 7n) {
      const byte = this.readByte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  private readByte(): number {
    const byte = this.buffer[this.offset];
    if (byte === undefined) throw new RangeError('the bytes end in the middle of an integer');
    this.offset += 1;
    return byte;
  }
}
