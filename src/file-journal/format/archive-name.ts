/** File names of archived segments. orderbook-rs writes and reads the plain form, and ignores the others. */
import { archivedName, parseSegmentName, segmentName } from './segment-name.js';

/** How archived segments are compressed. */
export type ArchiveCompression = 'gzip' | 'zstd';
/** The form of an archived segment: as it was written, or compressed. */
export type ArchiveForm = 'plain' | ArchiveCompression;

/** By precedence: if several forms of one segment exist, readers use the first. */
export const ARCHIVE_FORMS: readonly ArchiveForm[] = ['plain', 'gzip', 'zstd'];

const SUFFIXES: Readonly<Record<ArchiveForm, string>> = { plain: '', gzip: '.gz', zstd: '.zst' };
const NAME_LENGTH = segmentName(0n).length;

/**
 * Name of a compressed segment before it is complete. There is one at a time; the next replaces a leftover.
 */
export const COMPRESSING_NAME = 'archived-segment.compressing';

export function archiveFileName(startSequence: bigint, form: ArchiveForm): string {
  return archivedName(segmentName(startSequence)) + SUFFIXES[form];
}

/** Parses the name of an archived segment; null for any other file. */
export function parseArchiveName(name: string): { startSequence: bigint; form: ArchiveForm } | null {
  const startSequence = parseSegmentName(name.slice(0, NAME_LENGTH));
  if (startSequence === null) return null;
  const form = ARCHIVE_FORMS.find((one) => name === archiveFileName(startSequence, one));
  return form === undefined ? null : { startSequence, form };
}
