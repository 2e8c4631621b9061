import { accessOfJournal, assertJournalThere, FileJournal } from '../file-journal/index.js';
import { JournalLockedError } from '../journal/index.js';
import type { Output } from './output.js';

/**
 * Opens an existing journal for a command that changes files. The application must be stopped.
 * @param option the option by which a running application does the same
 * @throws (rejects) JournalLockedError (`JOURNAL_LOCKED`)
 * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for root in the journal of another user
 */
export async function openToMaintain(
  output: Output,
  directory: string,
  option: string,
): Promise<FileJournal> {
  await assertJournalThere(directory);
  const access = await accessOfJournal(directory);
  try {
    const journal = await FileJournal.open({ directory, access, lockTimeoutMs: 0 });
    const { cut } = journal.recovery;
    if (cut !== null) {
      const kept = cut.quarantineFile === null ? '' : `, kept in ${cut.quarantineFile}`;
      output.note(
        `opening cut a torn write: ${cut.lengthBytes} bytes of ${cut.segment} at ${cut.offset}${kept}`,
      );
    }
    return journal;
  } catch (error) {
    if (error instanceof JournalLockedError && !output.isJson)
      output.note(`The command needs the lock. A running application does the same with ${option}.`);
    throw error;
  }
}
