import { archiveFileName } from '../format/archive-name.js';
import { segmentName } from '../format/segment-name.js';
import { isNotFound } from '../os/file-system.js';
import { openCompressedSource } from './compressed-source.js';
import type { SegmentDirectory } from './segment-directory.js';
import { SegmentFile } from './segment-file.js';
import type { SegmentSource } from './segment-source.js';

const COMPRESSED_FORMS = ['gzip', 'zstd'] as const;

/** The location of the file of one segment: live, archived, or archived and compressed. */
export class SegmentLocation {
  constructor(
    private readonly directory: SegmentDirectory,
    private readonly startSequence: bigint,
    private archived: boolean,
  ) {}

  get isArchived(): boolean {
    return this.archived;
  }

  get path(): string {
    return this.directory.pathOf(
      this.archived ? archiveFileName(this.startSequence, 'plain') : segmentName(this.startSequence),
    );
  }

  markArchived(): void {
    this.archived = true;
  }

  /**
   * Opens the uncompressed file. Another process may archive it at any time.
   * @throws IoError (`JOURNAL_IO`)
   */
  open(): SegmentFile {
    try {
      return this.directory.openForReading(this.path);
    } catch (error) {
      if (this.archived || !isNotFound(error)) throw error;
      const file = this.directory.openForReading(this.archivePath('plain'));
      this.archived = true;
      return file;
    }
  }

  /**
   * Opens the uncompressed file, or a source of the compressed one if only that is left.
   * @throws IoError (`JOURNAL_IO`), `ENOENT` if the segment was moved away or deleted
   */
  openInAnyForm(): SegmentFile | SegmentSource {
    try {
      return this.open();
    } catch (error) {
      const compressed = isNotFound(error) ? this.openCompressed() : null;
      if (compressed === null) throw error;
      return compressed;
    }
  }

  /**
   * The size of the file: of the compressed one if only that is left.
   * @throws IoError (`JOURNAL_IO`)
   */
  sizeOnDisk(): number {
    const file = this.openAnyFile();
    try {
      return file.sizeBytes;
    } finally {
      file.close();
    }
  }

  private openAnyFile(): SegmentFile {
    try {
      return this.open();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      for (const form of COMPRESSED_FORMS) {
        try {
          return this.directory.openForReading(this.archivePath(form));
        } catch (other) {
          if (!isNotFound(other)) throw other;
        }
      }
      throw error;
    }
  }

  private openCompressed(): SegmentSource | null {
    for (const form of COMPRESSED_FORMS) {
      try {
        return openCompressedSource(this.directory.openForReading(this.archivePath(form)), form);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    return null;
  }

  private archivePath(form: 'plain' | 'gzip' | 'zstd'): string {
    return this.directory.pathOf(archiveFileName(this.startSequence, form));
  }
}
