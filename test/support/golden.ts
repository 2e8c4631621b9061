import { cpSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './temporary-directory.js';

/** Journals written by the real orderbook-rs; see the README beside them. */
const ROOT = fileURLToPath(new URL('../golden/', import.meta.url));

export const GOLDEN_VERSIONS = ['v0.7.0', 'v0.12.1'] as const;
export type GoldenVersion = (typeof GOLDEN_VERSIONS)[number];

export interface GoldenEntry {
  readonly sequence: bigint;
  readonly timestampNs: bigint;
  readonly storedCrc: number;
  readonly payload: string | null;
  readonly segment: string | null;
  readonly offset: number | null;
}

export interface GoldenCase {
  readonly version: GoldenVersion;
  readonly name: string;
  /** The original; tests that write take a `copy()`. */
  readonly directory: string;
  readonly segmentSizeBytes: number;
  /** What the Rust code could read. */
  readonly entries: readonly GoldenEntry[];
  copy(): string;
}

export function goldenCases(version: GoldenVersion): GoldenCase[] {
  return readdirSync(join(ROOT, version))
    .filter((file) => file.endsWith('.expected.json'))
    .map((file) => goldenCase(version, file.replace('.expected.json', '')));
}

export function goldenCase(version: GoldenVersion, name: string): GoldenCase {
  const directory = join(ROOT, version, name);
  const text = readFileSync(join(ROOT, version, `${name}.expected.json`), 'utf8');
  const expected = JSON.parse(text) as { segment_size: number; entries: RawEntry[] };
  return {
    version,
    name,
    directory,
    segmentSizeBytes: expected.segment_size,
    entries: expected.entries.filter((entry) => entry.error === undefined).map(toEntry),
    copy() {
      const copy = temporaryDirectory(`golden-${name}-`);
      cpSync(directory, copy, { recursive: true });
      return copy;
    },
  };
}

interface RawEntry {
  readonly error?: string;
  readonly sequence?: string;
  readonly sequence_num: number;
  readonly timestamp_ns: string;
  readonly stored_crc: number;
  readonly payload?: string;
  readonly segment?: string;
  readonly offset?: number;
}

function toEntry(raw: RawEntry): GoldenEntry {
  return {
    // `sequence` is the decimal string; replay-book, whose sequences are small, leaves it out.
    sequence: BigInt(raw.sequence ?? raw.sequence_num),
    timestampNs: BigInt(raw.timestamp_ns),
    storedCrc: raw.stored_crc,
    payload: raw.payload ?? null,
    segment: raw.segment ?? null,
    offset: raw.offset ?? null,
  };
}
