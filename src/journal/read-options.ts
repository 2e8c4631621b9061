import type {
  CorruptArchiveError,
  CorruptEntryError,
  DeserializationError,
  InvalidEntryHeaderError,
  ReplayGapError,
} from './errors/index.js';

/**
 * An error that reading a damaged or incomplete journal can throw.
 * @publicApi
 */
export type ReadError =
  CorruptArchiveError | CorruptEntryError | InvalidEntryHeaderError | DeserializationError | ReplayGapError;

/**
 * Options of `readFrom`.
 * @publicApi
 */
export interface ReadOptions {
  /**
   * What happens when the iteration reaches damage. `throw` throws the typed error. `skip` continues with the
   * next entry. A function is called with the error, and the iteration continues. With `skip` or a function,
   * the iteration also decodes each event, so an undecodable payload counts as damage, too.
   * @default 'throw'
   */
  readonly onCorrupt?: 'throw' | 'skip' | ((error: ReadError) => void);
  /** Ends the iteration with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Maximum number of entries. @default no limit */
  readonly limit?: number;
  /**
   * Whether to read archived segments, plain and compressed, that are still where the journal archived them.
   * They are read first and checked like the others. A damaged compressed segment is a CorruptArchiveError;
   * `onCorrupt` then continues with the next segment. A journal without archives ignores the option.
   * @default false
   */
  readonly includeArchived?: boolean;
}

/**
 * Options of `verifyIntegrity`.
 * @publicApi
 */
export interface VerifyOptions {
  /** Whether to verify archived segments that are still where the journal archived them. @default false */
  readonly includeArchived?: boolean;
}
