/** Journal directories of random files, and golden directories with random changes. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GOLDEN_VERSIONS, goldenCases } from '../../support/golden.js';
import type { Random } from '../../support/random.js';
import { CHECKPOINT, entryOffsets, rawEntries, segmentName, segmentOf } from './journal-bytes.js';

export type Files = Record<string, Buffer>;

const SEGMENT = /^segment-\d{20}\.journal$/;
/** Small enough for hundreds of runs. */
const MAX_GOLDEN_FILES = 30;

export function goldenDirectories(): Files[] {
  return GOLDEN_VERSIONS.flatMap((version) => goldenCases(version))
    .map(({ directory }) =>
      Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))])),
    )
    .filter((files) => Object.keys(files).length <= MAX_GOLDEN_FILES && sizeOf(files) < 300_000);
}

/** Returns a golden directory, or one of random files, with one to four changes. */
export function drawDirectory(random: Random, golden: readonly Files[]): Files {
  const original = random.chance(0.8) ? random.pickFrom(golden) : undefined;
  const files: Files = { ...(original ?? randomFiles(random)) };
  if (random.chance(0.3)) files[CHECKPOINT] = randomContent(random, 8192);
  for (let changes = random.integer(1, 4); changes > 0; changes -= 1) change(files, random);
  return files;
}

function sizeOf(files: Files): number {
  return Object.values(files).reduce((sum, { length }) => sum + length, 0);
}

function randomFiles(random: Random): Files {
  const files: Files = {};
  for (let count = random.integer(1, 4); count > 0; count -= 1)
    files[randomName(random)] = randomContent(random, random.integer(0, 12_000));
  return files;
}

function randomName(random: Random): string {
  const start = random.pick([0, 0, 1, 5, 10, 21, 200, 2 ** 40]);
  return random.pick([
    segmentName(start),
    segmentName(start),
    `${segmentName(start)}.archived`,
    'next-segment.prepared',
    CHECKPOINT,
    'segment-18446744073709551615.journal',
  ]);
}

/** Random bytes that look like entries more often than by chance. */
function randomContent(random: Random, length: number): Buffer {
  switch (random.integer(0, 4)) {
    case 0:
      return random.bytes(length);
    case 1:
      return Buffer.alloc(length);
    case 2:
      return Buffer.alloc(length, Buffer.from([0x7b, 0, 1, 0]));
    case 3:
      return Buffer.alloc(length, 0x7b);
    default:
      return segmentOf(rawEntries(0, random.integer(1, 20)), length);
  }
}

function change(files: Files, random: Random): void {
  const name = random.pickFrom(Object.keys(files));
  if (name === undefined) return;
  const content = Buffer.from(files[name] as Buffer);
  const other = random.pickFrom(Object.keys(files)) as string;
  switch (random.integer(0, 9)) {
    case 0:
      files[name] = withFlips(content, random);
      return;
    case 1:
      files[name] = content.subarray(0, random.integer(0, content.length));
      return;
    case 2:
      files[name] = Buffer.concat([content, randomContent(random, random.integer(1, 5000))]);
      return;
    case 3:
      files[name] = withLength(content, random);
      return;
    case 4:
      files[name] = withOverwritten(content, randomContent(random, random.integer(1, 5000)), random);
      return;
    case 5:
      files[name] = withOverwritten(content, pieceOf(files[other] as Buffer, random), random);
      return;
    case 6:
      delete files[name];
      return;
    case 7:
      [files[name], files[other]] = [files[other] as Buffer, files[name] as Buffer];
      return;
    case 8:
      files[randomName(random)] = content;
      return;
    default:
      if (!SEGMENT.test(name)) return;
      delete files[name];
      files[segmentName(BigInt(name.slice(8, 28)) + BigInt(random.integer(0, 3)))] = content;
  }
}

function withFlips(content: Buffer, random: Random): Buffer {
  for (let flips = random.integer(1, 8); flips > 0 && content.length > 0; flips -= 1) {
    const at = random.integer(0, content.length - 1);
    content[at] = (content[at] ?? 0) ^ (1 << random.integer(0, 7));
  }
  return content;
}

/** Puts a wrong length where an entry begins. */
function withLength(content: Buffer, random: Random): Buffer {
  const offset = random.pickFrom(offsetsIn(content)) ?? 0;
  if (offset + 4 > content.length) return content;
  content.writeUInt32LE(
    random.pick([0, 1, 19, 20, 21, 0xffff_ffff, 0x7fff_ffff, 0x8000_0000, content.length - offset - 4]) >>> 0,
    offset,
  );
  return content;
}

function withOverwritten(content: Buffer, bytes: Buffer, random: Random): Buffer {
  // The place is often exactly where an entry begins, because whole entries in the wrong place are the
  // hardest to detect.
  const at = random.chance(0.5)
    ? (random.pickFrom(offsetsIn(content)) ?? 0)
    : random.integer(0, content.length);
  bytes.copy(content, Math.min(at, content.length));
  return content;
}

function pieceOf(content: Buffer, random: Random): Buffer {
  const from = random.chance(0.5)
    ? (random.pickFrom(offsetsIn(content)) ?? 0)
    : random.integer(0, content.length);
  return content.subarray(from, from + random.integer(1, 4096));
}

function offsetsIn(content: Buffer): number[] {
  return entryOffsets(content).filter((offset) => offset <= content.length);
}
