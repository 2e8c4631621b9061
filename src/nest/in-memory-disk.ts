import {
  InMemoryJournal,
  type InMemoryJournalOptions,
  type InitialEntry,
} from '../in-memory-journal/index.js';
import { JournalLockedError, type Journal, type JournalEntry } from '../journal/index.js';
import { InMemoryCheckpointStore, type CheckpointStore } from '../projections/index.js';
import { DEFAULT_JOURNAL_NAME } from './file-journal.constants.js';

/** An entry as bytes: what is on the disk. */
export type StoredBytes = Pick<JournalEntry, 'sequenceNum' | 'timestampNs' | 'payload' | 'storedCrc'>;

interface Directory {
  journal: Journal | null;
  entries: readonly StoredBytes[];
}

/**
 * What survives a restart of an application under test: the entries of its journals, by name, and the checkpoints of its projections. Made by the
 * test, and given to `FileJournalModule.forTesting({ disk })` each time the application starts.
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

  /** What is stored under this name: of the open journal, or of the last one. */
  entries(name: string = DEFAULT_JOURNAL_NAME): readonly StoredBytes[] {
    const { journal, entries } = this.directoryOf(name);
    return journal === null || journal.state === 'closed' ? entries : [...journal.readFrom(0n)];
  }

  /**
   * The process dies, as by `kill -9`: what the journals hold stays, what waits for them is lost, and the application under test gets no further
   * append through. It may be started again at once.
   */
  crash(): void {
    for (const [name, directory] of this.directories) {
      const { journal } = directory;
      directory.entries = this.entries(name);
      directory.journal = null;
      journal?.poison(new Error('the process has ended'));
    }
  }

  /** The machine loses power: as `crash`, and in `async` durability what was not synced is lost, too. */
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
   * Opens the journal of this name with what is stored; `initialEntries` only where nothing is.
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

/** Whether an accepted entry is not visible yet. */
function isWriting({ state, nextSequence, lastSequence }: Journal): boolean {
  return state === 'open' && nextSequence !== null && nextSequence - 1n !== lastSequence;
}
