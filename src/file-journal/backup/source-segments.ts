/** The segments of the journal that is backed up, while its writer rotates, archives and compresses them. */
import { ARCHIVE_FORMS, archiveFileName, type ArchiveForm } from '../format/archive-name.js';
import { segmentName } from '../format/segment-name.js';
import { isNotFound } from '../os/file-system.js';
import { openCompressedSource } from '../segment/compressed-source.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import type { SegmentFile } from '../segment/segment-file.js';
import { sourceOf, type SegmentSource } from '../segment/segment-source.js';

export interface ListedSegment {
  readonly startSequence: bigint;
  readonly isLive: boolean;
}

/** One segment in the form in which it was found. Its file stays readable when it is renamed or deleted. */
export interface FoundSegment {
  readonly startSequence: bigint;
  readonly name: string;
  readonly role: 'live' | 'archived';
  readonly form: ArchiveForm;
  readonly file: SegmentFile;
}

/**
 * Lists the segments, ascending. Lists twice: a file that is renamed during one listing may be missing in it.
 * As for a reader, archived copies at or after the first live segment do not count.
 * @throws InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`) for a segment name that is not a file
 */
export function listSegments(directory: SegmentDirectory): ListedSegment[] {
  const live = new Set<bigint>();
  const archived = new Set<bigint>();
  for (let listing = 0; listing < 2; listing += 1) {
    // In the order in which a segment moves, so that it is in one of the two lists.
    for (const start of directory.listSegments()) live.add(start);
    for (const start of directory.listArchived().keys()) archived.add(start);
  }
  const moved = [...live].filter((start) => archived.has(start));
  const stillLive = moved.length === 0 ? null : new Set(directory.listSegments());
  for (const start of moved) if (stillLive?.has(start) === false) live.delete(start);
  const [firstLive] = [...live].sort(ascending);
  return [
    ...[...archived]
      .filter((start) => firstLive === undefined || start < firstLive)
      .map((startSequence) => ({ startSequence, isLive: false })),
    ...[...live].map((startSequence) => ({ startSequence, isLive: true })),
  ].sort((a, b) => ascending(a.startSequence, b.startSequence));
}

/**
 * Opens a segment in the form that it has now.
 * @returns null if it was deleted or moved away
 * @throws IoError (`JOURNAL_IO`)
 */
export function openSegment(directory: SegmentDirectory, startSequence: bigint): FoundSegment | null {
  // In the order in which a segment moves: live, archived, compressed.
  const live = { name: segmentName(startSequence), role: 'live', form: 'plain' } as const;
  const archived = ARCHIVE_FORMS.map(
    (form) => ({ name: archiveFileName(startSequence, form), role: 'archived', form }) as const,
  );
  for (const candidate of [live, ...archived]) {
    try {
      const file = directory.openForReading(directory.pathOf(candidate.name));
      return { startSequence, ...candidate, file };
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return null;
}

/**
 * The bytes of a segment without compression. Closing the source closes the file.
 * @throws CorruptArchiveError (`JOURNAL_CORRUPT_ARCHIVE`)
 * @throws CompressionUnavailableError (`JOURNAL_COMPRESSION_UNAVAILABLE`)
 */
export function contentOf(file: SegmentFile, form: ArchiveForm): SegmentSource {
  if (form !== 'plain') return openCompressedSource(file, form);
  const source = sourceOf(file);
  source.close = () => file.close();
  return source;
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
