/** File names of archived segments. orderbook-rs writes and reads the plain form, and ignores the others. */
import { archivedName, parseSegmentName, segmentName } from './segment-name.js';

/** How archived segments are compressed. */
export type ArchiveCompression = 'gzip' | 'zstd';
/** An archived segment as it was, or compressed. */
export type ArchiveForm = 'plain' | ArchiveCompression;

/** Where several forms of one segment lie side by side, the first is the one that counts: it is what was written. */
export const ARCHIVE_FORMS: readonly ArchiveForm[] = ['plain', 'gzip', 'zstd'];

const SUFFIXES: Readonly<Record<ArchiveForm, string>> = { plain: '', gzip: '.gz', zstd: '.zst' };
const NAME_LENGTH = segmentName(0n).length;

/** A compressed segment before it is complete. One at a time: a leftover is written over. */
export const COMPRESSING_NAME = 'archived-segment.compressing';

export function archiveFileName(startSequence: bigint, form: ArchiveForm): string {
  return archivedName(segmentName(startSequence)) + SUFFIXES[form];
}

/** Null for every other file. */
export function parseArchiveName(name: string): { startSequence: bigint; form: ArchiveForm } | null {
  const startSequence = parseSegmentName(name.slice(0, NAME_LENGTH));
  if (startSequence === null) return null;
  const form = ARCHIVE_FORMS.find((one) => name === archiveFileName(startSequence, one));
  return form === undefined ? null : { startSequence, form };
}
