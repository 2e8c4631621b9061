import { JournalError } from '../../journal/index.js';

/**
 * The running release of Node.js lacks a compression. zstd needs 22.15, 23.8 or later.
 * @publicApi
 */
export class CompressionUnavailableError extends JournalError {
  readonly code = 'JOURNAL_COMPRESSION_UNAVAILABLE';
  constructor(
    /** The requested compression. */
    readonly compression: string,
    /** The compressed file; null if none is written yet. */
    readonly path: string | null = null,
  ) {
    super(
      `${compression} is not available in Node.js ${process.versions.node}` +
        `${path === null ? '' : `, which ${path} needs`}; run Node.js 22.15, 23.8 or later, or use gzip`,
    );
  }
}
