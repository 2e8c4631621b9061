import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { TEMPORARY_SUFFIX } from '../../common/index.js';
import { COMPRESSING_NAME, parseArchiveName, type ArchiveForm } from '../format/archive-name.js';
import {
  CHECKPOINT_NAME,
  isIndexName,
  isQuarantineName,
  parseSegmentName,
  PREPARED_SEGMENT_NAME,
} from '../format/segment-name.js';
import { toIoError } from '../os/file-system.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';

/**
 * What a file of a journal directory is.
 *
 * - `segment`, `archived`: entries; an archived one may be compressed.
 * - `index`, `checkpoint`: made from the segments; deleting one loses no event.
 * - `prepared`, `compressing`, `temporary`: in use by a writer, or left by one that was killed.
 * - `quarantine`: bytes that recovery or a repair cut from a segment.
 * - `other`: not of the journal, or a directory beside it, such as `snapshots`.
 */
export type JournalFileKind =
  | 'segment'
  | 'archived'
  | 'index'
  | 'checkpoint'
  | 'prepared'
  | 'compressing'
  | 'temporary'
  | 'quarantine'
  | 'other';

/** One name in a journal directory. */
export interface JournalFile {
  readonly name: string;
  readonly kind: JournalFileKind;
  /** False for a directory, a FIFO, a socket, a device and a symbolic link. */
  readonly isFile: boolean;
  /** From the name of a segment; null for other files. */
  readonly startSequence: bigint | null;
  /** Null for anything but an archived segment. */
  readonly form: ArchiveForm | null;
  readonly sizeBytes: number;
  /** Space on the disk: less than the size for a sparse file. */
  readonly diskBytes: number;
  readonly modifiedMs: number;
}

/** The unit of `st_blocks`, whatever the file system's block size is. */
const STAT_BLOCK_BYTES = 512;

/**
 * Lists the directory, by name. Leaves out a file that disappears meanwhile.
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function listJournalFiles(directory: SegmentDirectory): Promise<JournalFile[]> {
  const found: JournalFile[] = [];
  for (const { name } of directory.files.list(directory.path)) {
    const stats = await statIfThere(directory.pathOf(name));
    if (stats === null) continue;
    const { size, blocks, mtimeMs } = stats;
    found.push({
      name,
      ...kindOf(name),
      isFile: stats.isFile(),
      sizeBytes: size,
      diskBytes: blocks * STAT_BLOCK_BYTES,
      modifiedMs: mtimeMs,
    });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function kindOf(name: string): Pick<JournalFile, 'kind' | 'startSequence' | 'form'> {
  const start = parseSegmentName(name);
  if (start !== null) return { kind: 'segment', startSequence: start, form: null };
  const archived = parseArchiveName(name);
  if (archived !== null) return { kind: 'archived', ...archived };
  return { kind: otherKindOf(name), startSequence: null, form: null };
}

function otherKindOf(name: string): JournalFileKind {
  if (name === CHECKPOINT_NAME) return 'checkpoint';
  if (name === PREPARED_SEGMENT_NAME) return 'prepared';
  if (name === COMPRESSING_NAME) return 'compressing';
  if (isIndexName(name)) return 'index';
  if (isQuarantineName(name)) return 'quarantine';
  return name.endsWith(TEMPORARY_SUFFIX) ? 'temporary' : 'other';
}

async function statIfThere(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw toIoError('lstat', path, error);
  }
}
