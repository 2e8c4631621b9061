import { JournalError } from '../../journal/index.js';

/**
 * Reports that the application and this package load different copies of a package that keeps its state in a
 * module. Classes registered with one copy are unknown to the other. The journal was not opened.
 * @publicApi
 */
export class DuplicatePackageError extends JournalError {
  readonly code = 'JOURNAL_DUPLICATE_PACKAGE';
  constructor(
    /** Name of the package that was loaded twice. */
    readonly packageName: string,
    /** Directory and version of the copy that this package loads. */
    readonly ours: string,
    /** Directory and version of the copy that the application loads. */
    readonly theirs: string,
    /** What would go wrong, as a sentence for the message. */
    consequence: string,
  ) {
    super(
      `there are two copies of ${packageName}: the application uses ${theirs}, nestjs-file-journal uses ${ours}. ${consequence}. ` +
        `Install one copy for both: npm ls ${packageName}, npm dedupe; with pnpm and in a monorepo, the same version in every package.json`,
    );
  }
}
