import { JournalError } from '../../journal/index.js';

/**
 * This release of Node.js lacks a compression: zstd came with 22.15 and 23.8.
 * @publicApi
 */
export class CompressionUnavailableError extends JournalError {
  readonly code = 'JOURNAL_COMPRESSION_UNAVAILABLE';
  constructor(
    readonly compression: string,
    /** The compressed file; null where it was about to be written. */
    readonly path: string | null = null,
  ) {
    super(
      `${compression} is not available in Node.js ${process.versions.node}` +
        `${path === null ? '' : `, which ${path} needs`}; run Node.js 22.15, 23.8 or later, or use gzip`,
    );
  }
}
