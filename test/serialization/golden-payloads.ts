import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../golden/', import.meta.url));

/** One entry that the Rust code wrote, cut out of its segment file. */
export interface GoldenPayload {
  readonly where: string;
  readonly sequenceNum: bigint;
  readonly timestampNs: bigint;
  readonly storedCrc: number;
  /** The bytes that the CRC covers: sequence_num, timestamp_ns and payload. */
  readonly covered: Buffer;
  readonly payload: Buffer;
}

export const GOLDEN_CASES: readonly string[] = ['v0.7.0', 'v0.12.1'].flatMap((version) =>
  readdirSync(join(ROOT, version), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${version}/${entry.name}`),
);

const LENGTH_BYTES = 4;
const HEADER_BYTES = 16;
const CRC_BYTES = 4;

/**
 * Every intact entry of a case, including archived segments. The name of a case says which entry is damaged.
 */
export function goldenPayloads(name: string): GoldenPayload[] {
  const directory = join(ROOT, name);
  return readdirSync(directory)
    .sort()
    .flatMap((file) => entriesOf(readFileSync(join(directory, file)), `${name}/${file}`))
    .filter((entry) => !isDamaged(entry));
}

function entriesOf(file: Buffer, where: string): GoldenPayload[] {
  const entries: GoldenPayload[] = [];
  let offset = 0;
  while (offset + LENGTH_BYTES <= file.length) {
    const length = file.readUInt32LE(offset);
    const start = offset + LENGTH_BYTES;
    const crcAt = start + length - CRC_BYTES;
    if (length === 0 || crcAt + CRC_BYTES > file.length) break;
    entries.push({
      where: `${where}@${offset}`,
      sequenceNum: file.readBigUInt64LE(start),
      timestampNs: file.readBigUInt64LE(start + 8),
      storedCrc: file.readUInt32LE(crcAt),
      covered: file.subarray(start, crcAt),
      payload: file.subarray(start + HEADER_BYTES, crcAt),
    });
    offset = crcAt + CRC_BYTES;
  }
  return entries;
}

/**
 * Whether it is the entry with the flipped byte of corrupt-middle, or the torn last entry of torn-tail or
 * torn-length.
 */
function isDamaged(entry: GoldenPayload): boolean {
  if (entry.where.includes('corrupt-middle')) return entry.sequenceNum === 26n;
  if (entry.where.includes('torn-tail')) return entry.storedCrc === 0;
  return entry.where.includes('torn-length') && entry.payload[0] !== 0x7b;
}
