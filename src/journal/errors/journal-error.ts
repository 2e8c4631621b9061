/**
 * Whether the entry of a failed append may be stored.
 * @publicApi
 */
export type AppendOutcome =
  /** The entry was not written. It will not exist after a restart. */
  | 'not-written'
  /** The write of the entry had begun. The entry may or may not exist after a restart. */
  | 'unknown';

/**
 * Options of every error of this package.
 * @publicApi
 */
export interface JournalErrorOptions {
  /** The error or value behind this error. */
  readonly cause?: unknown;
  /** Whether the entries of the failed append are stored. */
  readonly outcome?: AppendOutcome;
}

const BRAND = Symbol.for('nestjs-file-journal/JournalError');

/**
 * The base class of all errors of this package. An error has a stable `code`, the facts as fields, and a
 * message that states what to do.
 * @publicApi
 */
export abstract class JournalError extends Error {
  /** Stable identifier of the error, the same in every release; see the guide to errors. */
  abstract readonly code: string;
  /** Set on a rejected append: whether the entry may exist after a restart. Absent on other errors. */
  declare outcome?: AppendOutcome;

  protected constructor(message: string, options: JournalErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    if (options.outcome !== undefined) this.outcome = options.outcome;
  }

  /**
   * Makes `instanceof` true for errors of any copy of this package in the process (ESM and CJS builds side by
   * side).
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!JournalError.isJournalError(value)) return false;
    return this === JournalError || this.prototype.isPrototypeOf(value) || value.name === this.name;
  }

  /** Whether a value is an error of any copy of this package in the process. */
  static isJournalError(value: unknown): value is JournalError {
    try {
      return typeof value === 'object' && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
    } catch {
      // Application code can throw any value, even a Proxy that throws when it is read.
      return false;
    }
  }
}

Object.defineProperty(JournalError.prototype, BRAND, { value: true });
