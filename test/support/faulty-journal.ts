import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { IoError, type Journal } from '../../src/journal/index.js';
import { JournalFaults } from '../../src/testing/index.js';

/** How appends fail. */
export type Fault =
  /**
   * Refused before anything is written. The journal stays open; appends in flight behind it are refused, too.
   */
  | 'no-space'
  /** The write begins and fails. The journal is poisoned; the outcome is unknown. */
  | 'sync-failed'
  /** Refused synchronously, in the call of `append`. */
  | 'refused-at-once';

export interface FaultyJournal extends Journal {
  /** How appends fail from now on; null lets them pass. */
  fault: Fault | null;
  /** While true, appends stay in flight. */
  held: boolean;
  /** Lets held appends continue. */
  release(): void;
}

/** An in-memory journal with the faults of {@link JournalFaults}, switched by properties. */
export async function openFaultyJournal(
  options: Parameters<typeof InMemoryJournal.open>[0] = {},
): Promise<FaultyJournal> {
  const faults = new JournalFaults();
  const journal: Journal = faults.wrap(await InMemoryJournal.open(options));
  const append = journal.append.bind(journal);
  let fault: Fault | null = null;
  let isHeld = false;
  const hold = (): void => {
    isHeld = true;
    faults.hold();
  };
  const release = (): void => {
    isHeld = false;
    faults.release();
  };
  return Object.defineProperties(journal as FaultyJournal, {
    fault: {
      get: () => fault,
      set(value: Fault | null) {
        fault = value;
        faults.reset();
        if (isHeld) faults.hold();
        if (value === 'no-space') faults.diskFull();
        if (value === 'sync-failed') faults.failNextWrite();
      },
    },
    held: {
      get: () => isHeld,
      set(value: boolean) {
        if (value) hold();
        else release();
      },
    },
    release: { value: release },
    append: {
      value(...args: Parameters<Journal['append']>) {
        if (fault !== 'refused-at-once' || journal.state !== 'open') return append(...args);
        const options_ = { outcome: 'not-written' } as const;
        return Promise.reject(new IoError('fallocate', '/journal/segment', 'ENOSPC', options_));
      },
    },
  });
}
