import { InvalidArgumentError } from '../../journal/index.js';
import type { ArchiveCompression } from '../format/archive-name.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import type { ReaderName } from '../segment/segment-source.js';
import type { Segment } from '../segment/segment.js';
import type { JournalState } from '../write/journal-state.js';
import { ArchivedSegments, type CompressionReport } from './archived-segments.js';
import { SegmentArchiver } from './segment-archiver.js';

/** The options of a journal that archiving depends on; see FileJournalOptions. */
interface ArchiveOptions {
  readonly reader: ReaderName;
  readonly archiveCompression: ArchiveCompression | 'none';
}

/** The archive of a journal that is being written: renames old segments and compresses archived ones. */
export class Archive {
  private readonly archiver: SegmentArchiver;
  private readonly archived: ArchivedSegments;

  /** @param poison called if new names cannot be made durable */
  constructor(
    directory: SegmentDirectory,
    private readonly state: JournalState,
    private readonly options: ArchiveOptions,
    poison: (error: unknown) => void,
  ) {
    this.archiver = new SegmentArchiver(directory, state, options.reader, poison);
    this.archived = new ArchivedSegments(directory, {
      isStopped: () => state.failure !== null,
      onNamesUnsure: poison,
    });
  }

  /** Continues the work of an earlier process. */
  start(): void {
    this.archived.discardLeftover();
    this.compressInBackground();
  }

  /** See `FileJournal.archiveSegmentsBefore`. */
  async archiveBefore(sequence: bigint): Promise<number> {
    const archived = await this.archiver.archiveBefore(sequence);
    if (archived > 0) this.compressInBackground();
    return archived;
  }

  /** See `FileJournal.compressArchived`. */
  async compress(compression?: ArchiveCompression): Promise<CompressionReport> {
    if (compression !== undefined && compression !== 'gzip' && compression !== 'zstd')
      throw new InvalidArgumentError('compression', compression, "'gzip' or 'zstd'");
    const { archiveCompression } = this.options;
    try {
      return await this.archived.compress(
        compression ?? (archiveCompression === 'none' ? 'gzip' : archiveCompression),
      );
    } catch (error) {
      this.state.assertNotFailed();
      throw error;
    }
  }

  /** The visible segments, after the archived ones if `includeArchived` says so. */
  segments(includeArchived = false): readonly Segment[] {
    const { segments } = this.state.visible;
    return includeArchived ? this.archived.before(segments) : segments;
  }

  /** Ends a compression, and resolves when no run uses a file any more. */
  async stop(): Promise<void> {
    await Promise.all([this.archiver.idle(), this.archived.stop()]);
  }

  private compressInBackground(): void {
    const { archiveCompression } = this.options;
    if (archiveCompression !== 'none' && !this.state.isClosing)
      this.archived.compressInBackground(archiveCompression);
  }
}
