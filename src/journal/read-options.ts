import type {
  CorruptArchiveError,
  CorruptEntryError,
  DeserializationError,
  InvalidEntryHeaderError,
  ReplayGapError,
} from './errors.js';

/**
 * What reading can meet on damaged or incomplete journals.
 * @publicApi
 */
export type ReadError =
  CorruptArchiveError | CorruptEntryError | InvalidEntryHeaderError | DeserializationError | ReplayGapError;

/**
 * How to read: what to do with damage, when to stop.
 * @publicApi
 */
export interface ReadOptions {
  /**
   * What to do with damage, when (and only when) it is reached: `throw` the typed error; `skip` it and go on at the
   * next entry; or call a function with the error and go on. The latter two decode each event while iterating, so
   * that an undecodable payload is reported as damage too.
   * @default 'throw'
   */
  readonly onCorrupt?: 'throw' | 'skip' | ((error: ReadError) => void);
  /** Ends the iteration with the signal's reason. */
  readonly signal?: AbortSignal;
  /** At most so many entries. @default no limit */
  readonly limit?: number;
  /**
   * Also reads archived segments that are still where the journal archived them, before the others and with the same checks:
   * plain ones and compressed ones. A compressed one that is damaged is a CorruptArchiveError; what `onCorrupt` goes on
   * with is the next segment. A journal without archives ignores it.
   * @default false
   */
  readonly includeArchived?: boolean;
}

/**
 * What to verify.
 * @publicApi
 */
export interface VerifyOptions {
  /** Also archived segments that are still where the journal archived them. @default false */
  readonly includeArchived?: boolean;
}
