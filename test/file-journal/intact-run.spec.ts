import { describe, expect, it } from '@jest/globals';
import { EntryCursor } from '../../src/file-journal/entry-cursor.js';
import {
  ENTRY_OVERHEAD_BYTES,
  finishEntry,
  HEADER_BYTES,
  MIN_ENTRY_LENGTH,
} from '../../src/file-journal/entry-format.js';
import { intactRun, MAX_RUN_ENTRY_BYTES } from '../../src/file-journal/intact-run.js';
import { MappedSource } from '../../src/file-journal/segment-source.js';
import { Random } from '../serialization/random.js';

function seeded(seed: number): () => number {
  const random = new Random(seed);
  return () => random.next();
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Entries of these payload sizes with any bytes, then zeros. */
function segment(payloadSizes: readonly number[], random: () => number): Buffer {
  const total = payloadSizes.reduce((sum, size) => sum + size + ENTRY_OVERHEAD_BYTES, 0);
  const bytes = Buffer.alloc(total + 100);
  const view = viewOf(bytes);
  let offset = 0;
  for (const [index, size] of payloadSizes.entries()) {
    for (let at = 0; at < size; at += 1) bytes[offset + HEADER_BYTES + at] = random() * 256;
    offset = finishEntry(view, offset, BigInt(index), BigInt(index) * 7n, size);
  }
  return bytes;
}

/** What a reader comes upon, entry by entry, up to where stepping ends. */
function steps(bytes: Buffer, checksAhead: boolean): string[] {
  const cursor = new EntryCursor(new MappedSource(bytes), 0, bytes.length, checksAhead);
  const seen: string[] = [];
  for (;;) {
    const step = cursor.advance();
    seen.push(`${step} ${cursor.offset} ${cursor.length}`);
    if (step === 'end' || step === 'bad-length') return seen;
  }
}

describe('checking a run of entries at once', () => {
  it('finds runs of any sizes intact, up to the limits it is given', () => {
    const random = seeded(1);
    for (let round = 0; round < 200; round += 1) {
      const sizes = Array.from({ length: 2 + Math.floor(random() * 30) }, () =>
        Math.floor(random() * (round % 10 === 0 ? 5_000 : 300)),
      );
      const bytes = segment(sizes, random);
      const end = bytes.length - 100;
      expect(intactRun(bytes, viewOf(bytes), 0, bytes.length, bytes.length)).toBe(end);
      const last = (sizes.at(-1) as number) + ENTRY_OVERHEAD_BYTES;
      const shorter = sizes.length === 2 ? 0 : end - last;
      expect(intactRun(bytes, viewOf(bytes), 0, end - 1, bytes.length)).toBe(shorter);
      expect(intactRun(bytes, viewOf(bytes), 0, bytes.length, end - 1)).toBe(shorter);
    }
  });

  it('leaves entries that are too large for its tables, or alone, to their own checksum', () => {
    const random = seeded(2);
    const large = segment([10, 10, MAX_RUN_ENTRY_BYTES - ENTRY_OVERHEAD_BYTES + 5, 10], random);
    expect(intactRun(large, viewOf(large), 0, large.length, large.length)).toBe(
      2 * (10 + ENTRY_OVERHEAD_BYTES),
    );
    const largest = segment([10, MAX_RUN_ENTRY_BYTES - MIN_ENTRY_LENGTH, 10], random);
    const end = largest.length - 100;
    expect(intactRun(largest, viewOf(largest), 0, largest.length, largest.length)).toBe(end);
    const alone = segment([10], random);
    expect(intactRun(alone, viewOf(alone), 0, alone.length, alone.length)).toBe(0);
    expect(steps(large, true)).toEqual(steps(large, false));
  });

  it('every flipped bit of a run shows', () => {
    const bytes = segment([5, 30, 0, 17, 64], seeded(3));
    const end = bytes.length - 100;
    for (let bit = 0; bit < end * 8; bit += 1) {
      const at = bit >>> 3;
      bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
      expect(intactRun(bytes, viewOf(bytes), 0, bytes.length, bytes.length)).not.toBe(end);
      bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
    }
  });

  it('a reader meets the same, entry by entry, as one that checks each by itself', () => {
    const random = seeded(4);
    for (let round = 0; round < 300; round += 1) {
      const sizes = Array.from({ length: 200 }, () => Math.floor(random() * 500));
      const bytes = segment(sizes, random);
      for (let damages = Math.floor(random() * 4); damages > 0; damages -= 1) {
        const at = Math.floor(random() * bytes.length);
        bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random() * 8));
      }
      expect(steps(bytes, true)).toEqual(steps(bytes, false));
    }
  });
});
