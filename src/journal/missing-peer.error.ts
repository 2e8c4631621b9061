import { JournalError } from './errors.js';

/**
 * A part of this package was used whose peer package is not installed.
 * @publicApi
 */
export class MissingPeerError extends JournalError {
  readonly code = 'JOURNAL_MISSING_PEER';
  constructor(
    /** Name of the npm package. */
    readonly packageName: string,
    /** What needs it. */
    readonly neededBy: string,
    cause: unknown,
  ) {
    super(`${neededBy} needs the package ${packageName}: npm install ${packageName}`, { cause });
  }
}
