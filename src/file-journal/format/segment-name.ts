/** File names in a journal directory. orderbook-rs ignores every name that is not a segment's. */
import { U64_MAX } from '../../journal/index.js';

const SEGMENT = /^segment-(\d{20})\.journal$/;
const INDEX = /^index-\d{20}\.sparse$/;
const QUARANTINE = /^quarantine-segment-\d{20}(?:\.\w+)*-at-\d+-[0-9a-f]{8}\.bin$/;
const ARCHIVED_SUFFIX = '.archived';

/** Name of the next segment while it is prepared. Renaming makes it a segment. */
export const PREPARED_SEGMENT_NAME = 'next-segment.prepared';
/** See recover/checkpoint. */
export const CHECKPOINT_NAME = 'journal.checkpoint';

/**
 * @param startSequence sequence of the first entry; 0 for the first segment of a journal, whatever its first
 * entry is
 */
export function segmentName(startSequence: bigint): string {
  return `segment-${startSequence.toString().padStart(20, '0')}.journal`;
}

export function archivedName(name: string): string {
  return name + ARCHIVED_SUFFIX;
}

/** The start sequence in a segment's name; null for any other file, archived segments included. */
export function parseSegmentName(name: string): bigint | null {
  const match = SEGMENT.exec(name);
  if (match?.[1] === undefined) return null;
  const startSequence = BigInt(match[1]);
  return startSequence <= U64_MAX ? startSequence : null;
}

/** See segment/index-file. */
export function indexName(startSequence: bigint): string {
  return `index-${startSequence.toString().padStart(20, '0')}.sparse`;
}

/**
 * Name of the file that keeps the bytes which recovery cut from a segment. The same bytes have the same name:
 * repeated failed boots leave one file.
 */
export function quarantineName(segment: string, offset: number, crc: number): string {
  const digest = crc.toString(16).padStart(8, '0');
  return `quarantine-${segment.replace('.journal', '')}-at-${offset}-${digest}.bin`;
}

export function isIndexName(name: string): boolean {
  return INDEX.test(name);
}

export function isQuarantineName(name: string): boolean {
  return QUARANTINE.test(name);
}
