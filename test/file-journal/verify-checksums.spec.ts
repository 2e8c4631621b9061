import { describe, expect, it } from '@jest/globals';
import { EntryCursor } from '../../src/file-journal/segment/entry-cursor.js';
import {
  ENTRY_OVERHEAD_BYTES,
  finishEntry,
  HEADER_BYTES,
  MIN_ENTRY_LENGTH,
} from '../../src/file-journal/format/entry-format.js';
import { verifyChecksums, MAX_RUN_ENTRY_BYTES } from '../../src/file-journal/segment/verify-checksums.js';
import {
  GrowingSource,
  MemorySource,
  type SegmentSource,
} from '../../src/file-journal/segment/segment-source.js';
import { Random } from '../support/random.js';

function seeded(seed: number): () => number {
  const random = new Random(seed);
  return () => random.fraction();
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Random bytes, generated once: most content of the segments in these tests. */
const NOISE = new Random(0).bytes(64 * 1024);

/** Entries with random payloads of these sizes, then zeros. */
function segment(payloadSizes: readonly number[], random: () => number): Buffer {
  const total = payloadSizes.reduce((sum, size) => sum + size + ENTRY_OVERHEAD_BYTES, 0);
  const bytes = Buffer.alloc(total + 100);
  const view = viewOf(bytes);
  let offset = 0;
  for (const [index, size] of payloadSizes.entries()) {
    const noise = NOISE.subarray(random() * NOISE.length);
    bytes.fill(noise, offset + HEADER_BYTES, offset + HEADER_BYTES + size);
    offset = finishEntry(view, offset, BigInt(index), BigInt(index) * 7n, size);
  }
  return bytes;
}

/** The steps of a reader, entry by entry, up to the end. */
function steps(
  bytes: Buffer,
  checksAhead: boolean,
  source: SegmentSource = new MemorySource(bytes),
): string[] {
  const cursor = new EntryCursor(source, 0, bytes.length, checksAhead);
  const seen: string[] = [];
  for (;;) {
    const step = cursor.advance();
    seen.push(`${step} ${cursor.offset} ${cursor.length}`);
    if (step === 'end' || step === 'bad-length') return seen;
  }
}

describe('checking a run of entries at once', () => {
  it('finds intact runs of any sizes, up to the given limits', () => {
    const random = seeded(1);
    for (let round = 0; round < 200; round += 1) {
      const sizes = Array.from({ length: 2 + Math.floor(random() * 30) }, () =>
        Math.floor(random() * (round % 10 === 0 ? 5_000 : 300)),
      );
      const bytes = segment(sizes, random);
      const end = bytes.length - 100;
      expect(verifyChecksums(bytes, viewOf(bytes), 0, bytes.length, bytes.length)).toBe(end);
      const last = (sizes.at(-1) as number) + ENTRY_OVERHEAD_BYTES;
      const shorter = sizes.length === 2 ? 0 : end - last;
      expect(verifyChecksums(bytes, viewOf(bytes), 0, end - 1, bytes.length)).toBe(shorter);
      expect(verifyChecksums(bytes, viewOf(bytes), 0, bytes.length, end - 1)).toBe(shorter);
    }
  });

  it('leaves single entries, and entries too large for its tables, to their own checksum', () => {
    const random = seeded(2);
    const large = segment([10, 10, MAX_RUN_ENTRY_BYTES - ENTRY_OVERHEAD_BYTES + 5, 10], random);
    expect(verifyChecksums(large, viewOf(large), 0, large.length, large.length)).toBe(
      2 * (10 + ENTRY_OVERHEAD_BYTES),
    );
    const largest = segment([10, MAX_RUN_ENTRY_BYTES - MIN_ENTRY_LENGTH, 10], random);
    const end = largest.length - 100;
    expect(verifyChecksums(largest, viewOf(largest), 0, largest.length, largest.length)).toBe(end);
    const alone = segment([10], random);
    expect(verifyChecksums(alone, viewOf(alone), 0, alone.length, alone.length)).toBe(0);
    expect(steps(large, true)).toEqual(steps(large, false));
  });

  it('detects every flipped bit of a run', () => {
    const bytes = segment([5, 30, 0, 17, 64], seeded(3));
    const end = bytes.length - 100;
    for (let bit = 0; bit < end * 8; bit += 1) {
      const at = bit >>> 3;
      bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
      expect(verifyChecksums(bytes, viewOf(bytes), 0, bytes.length, bytes.length)).not.toBe(end);
      bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
    }
  });

  it('gives a reader the same steps as checking each entry by itself', () => {
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

describe('a source that is read in blocks and then mapped', () => {
  /** A file in memory. */
  function growing(bytes: Buffer, canMap: () => boolean = () => true) {
    const calls = { read: 0, map: 0, closed: 0, unmapped: 0 };
    const file = {
      sizeBytes: bytes.length,
      path: 'memory',
      read(target: Buffer, offset: number) {
        calls.read += 1;
        bytes.copy(target, 0, offset, offset + target.length);
      },
      close: () => (calls.closed += 1),
    };
    const map = () => {
      calls.map += 1;
      return canMap() ? new MemorySource(bytes) : null;
    };
    return { calls, source: new GrowingSource(file, map, () => (calls.unmapped += 1)) };
  }

  it('shows the same as a mapping, for all sizes and damage', () => {
    const random = seeded(5);
    for (let round = 0; round < 60; round += 1) {
      const sizes = Array.from({ length: 400 }, () => Math.floor(random() * 1_500));
      if (round % 3 === 0) sizes[Math.floor(random() * 300)] = 60_000 + Math.floor(random() * 10_000);
      if (round % 10 === 0) sizes[Math.floor(random() * 300)] = 1_100_000;
      const bytes = segment(sizes, random);
      for (let damages = Math.floor(random() * 3); damages > 0; damages -= 1) {
        const at = Math.floor(random() * bytes.length);
        bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random() * 8));
      }
      const { source } = growing(bytes);
      expect(steps(bytes, true, source)).toEqual(steps(bytes, false));
    }
  });

  it('never overwrites a block, so returned payloads keep their bytes', () => {
    const bytes = segment(
      Array.from({ length: 2_000 }, () => 300),
      seeded(7),
    );
    const { source } = growing(bytes);
    const views: { view: Buffer; at: number }[] = [];
    for (let at = 0; at + 500 < bytes.length; at += 500) {
      source.locate(at, 500);
      views.push({ view: source.copyOf(at, 500), at });
    }
    source.close();
    for (const { view, at } of views) expect(view.equals(bytes.subarray(at, at + 500))).toBe(true);
  });

  it('reads blocks of the file while it cannot be mapped, and is closed once', () => {
    const bytes = segment(
      Array.from({ length: 1_000 }, () => 1_000),
      seeded(6),
    );
    let refusals = 1;
    const { source, calls } = growing(bytes, () => refusals-- <= 0);
    const step = 64 * 1024;
    let at = 0;
    for (; calls.map === 0; at += step) expect(source.locate(at, step)).toBe(0);
    expect(calls).toMatchObject({ map: 1, closed: 0 });
    expect(at).toBeGreaterThan(2 * step); // a reader of one entry has made no mapping
    const { read } = calls;
    source.forget();
    expect(source.locate(at, step)).toBe(at);
    expect(calls).toEqual({ read, map: 2, closed: 1, unmapped: 0 });
    source.close();
    expect(calls).toEqual({ read, map: 2, closed: 1, unmapped: 0 });

    const unmapped = growing(bytes);
    expect(unmapped.source.locate(0, 100)).toBe(0);
    unmapped.source.close();
    unmapped.source.close();
    expect(unmapped.calls).toEqual({ read: 1, map: 0, closed: 1, unmapped: 1 });
  });
});
