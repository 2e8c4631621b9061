import { JournalError } from './errors.js';

/**
 * A part of this package was used whose peer package, or native binary, is not installed or not where it is looked for.
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
    remedy = `npm install ${packageName}`,
  ) {
    super(`${neededBy} needs the package ${packageName}: ${remedy}`, { cause });
  }
}
