import { JournalError } from './journal-error.js';

/**
 * A method was called with an invalid argument. Nothing was changed.
 * @publicApi
 */
export class InvalidArgumentError extends JournalError {
  readonly code = 'JOURNAL_INVALID_ARGUMENT';
  constructor(
    /** Name of the argument. */
    readonly argument: string,

    /** The refused value. */
    readonly value: unknown,
    expected: string,
    message = `${argument} must be ${expected}, got ${describeValue(value)}`,
  ) {
    super(message, { outcome: 'not-written' });
  }
}

/**
 * A configuration option cannot be used. Nothing was opened or written.
 * @publicApi
 */
export class InvalidOptionError extends JournalError {
  readonly code = 'JOURNAL_INVALID_OPTION';
  constructor(
    /** Name of the option. */
    readonly option: string,

    /** The refused value. */
    readonly value: unknown,
    expected: string,
    message = `option ${option} must be ${expected}, got ${describeValue(value)}`,
  ) {
    super(message);
  }
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}
