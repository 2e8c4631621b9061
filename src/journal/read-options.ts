import type {
  CorruptArchiveError,
  CorruptEntryError,
  DeserializationError,
  InvalidEntryHeaderError,
  ReplayGapError,
} from './errors.js';

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
   * What happens when the iteration reaches damage: `throw` the typed error, `skip` to the next entry, or
   * call a function with the error and continue. `skip` and a function decode each event while iterating, so
   * an undecodable payload counts as damage too.
   * @default 'throw'
   */
  readonly onCorrupt?: 'throw' | 'skip' | ((error: ReadError) => void);
  /** Ends the iteration with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Maximum number of entries. @default no limit */
  readonly limit?: number;
  /**
   * Whether to read archived segments, plain and compressed, that are still where the journal put them. They
   * come first and are checked like the others. A damaged compressed segment is a CorruptArchiveError;
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
  /** Whether to verify archived segments that are still where the journal put them. @default false */
  readonly includeArchived?: boolean;
}
