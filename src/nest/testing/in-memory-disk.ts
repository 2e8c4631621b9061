import {
  InMemoryJournal,
  type InMemoryJournalOptions,
  type InitialEntry,
} from '../../in-memory-journal/index.js';
import { JournalLockedError, type Journal, type JournalEntry } from '../../journal/index.js';
import { InMemoryCheckpointStore, type CheckpointStore } from '../../projections/index.js';
import { DEFAULT_JOURNAL_NAME } from '../file-journal.constants.js';

/**
 * An entry as the disk stores it.
 * @publicApi
 */
export type StoredBytes = Pick<JournalEntry, 'sequenceNum' | 'timestampNs' | 'payload' | 'storedCrc'>;

interface Directory {
  journal: Journal | null;
  entries: readonly StoredBytes[];
}

/**
 * The disk of an application under test: it keeps the entries of journals, by name, and the checkpoints of
 * projections across restarts. The test creates it and passes it to `FileJournalModule.forTesting({ disk })`
 * at each start of the application.
 *
 * @example
 * const disk = new InMemoryDisk();
 * const first = await start(FileJournalModule.forTesting({ disk }));
 * await first.close();
 * const second = await start(FileJournalModule.forTesting({ disk })); // with the entries of the first
 * @publicApi
 */
export class InMemoryDisk {
  private readonly checkpoints = new Map<string, InMemoryCheckpointStore>();
  private readonly directories = new Map<string, Directory>();

  /** The entries of the journal of this name: the open one, or the one that was open last. */
  entries(name: string = DEFAULT_JOURNAL_NAME): readonly StoredBytes[] {
    const { journal, entries } = this.directoryOf(name);
    return journal === null || journal.state === 'closed' ? entries : [...journal.readFrom(0n)];
  }

  /**
   * Simulates the death of the process, as by `kill -9`: stored entries remain, pending ones are lost, and no
   * further append of the application succeeds. The application may start again at once.
   */
  crash(): void {
    for (const [name, directory] of this.directories) {
      const { journal } = directory;
      directory.entries = this.entries(name);
      directory.journal = null;
      journal?.poison(new Error('the process has ended'));
    }
  }

  /**
   * Simulates a power cut: as `crash`, and in `async` durability entries that were not synced are lost, too.
   */
  powerCut(): void {
    for (const [name, directory] of this.directories) {
      const durable = directory.journal?.durableSequence;
      const entries = this.entries(name);
      const journal = directory.journal;
      directory.journal = null;
      directory.entries =
        journal === null || journal.state === 'closed'
          ? entries
          : entries.filter(
              ({ sequenceNum }) => durable !== null && durable !== undefined && sequenceNum <= durable,
            );
      journal?.poison(new Error('the machine has lost power'));
    }
  }

  /**
   * Opens the journal of this name with its stored entries, or with `initialEntries` if there are none.
   * @throws (rejects) JournalLockedError (`JOURNAL_LOCKED`) while an application has it open
   */
  async open(name: string, options: InMemoryJournalOptions): Promise<Journal> {
    const directory = this.directoryOf(name);
    if (directory.journal !== null && directory.journal.state !== 'closed')
      throw new JournalLockedError(name, 0);
    const stored: Iterable<InitialEntry> = directory.entries;
    const initialEntries = directory.entries.length > 0 ? stored : options.initialEntries;
    const journal = await InMemoryJournal.open({ ...options, initialEntries });
    const close = journal.close.bind(journal);
    journal.close = async () => {
      if (directory.journal === journal && journal.state !== 'closed') {
        while (isWriting(journal)) await journal.flush();
        directory.entries = [...journal.readFrom(0n)];
        directory.journal = null;
      }
      await close();
    };
    directory.journal = journal;
    return journal;
  }

  /** Checkpoints of the projections that follow the journal of this name. */
  checkpointsOf(name: string = DEFAULT_JOURNAL_NAME): CheckpointStore {
    let store = this.checkpoints.get(name);
    if (store === undefined) this.checkpoints.set(name, (store = new InMemoryCheckpointStore()));
    return store;
  }

  private directoryOf(name: string): Directory {
    let directory = this.directories.get(name);
    if (directory === undefined) this.directories.set(name, (directory = { journal: null, entries: [] }));
    return directory;
  }
}

/** True while an accepted entry is not visible yet. */
function isWriting({ state, nextSequence, lastSequence }: Journal): boolean {
  return state === 'open' && nextSequence !== null && nextSequence - 1n !== lastSequence;
}
