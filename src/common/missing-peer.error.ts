import { JournalError } from '../journal/index.js';

/**
 * A part of this package needs a peer package or native binary that is not installed or that Node.js cannot
 * find.
 * @publicApi
 */
export class MissingPeerError extends JournalError {
  readonly code = 'JOURNAL_MISSING_PEER';
  constructor(
    /** Name of the npm package. */
    readonly packageName: string,
    /** The part that needs it. */
    readonly neededBy: string,
    cause: unknown,
    remedy = `npm install ${packageName}`,
  ) {
    super(`${neededBy} needs the package ${packageName}: ${remedy}`, { cause });
  }
}
