import { toError, type Durability, type Journal, type JournalError } from '../journal/index.js';
import type { LagReading, LagSource } from './lag.js';
import type { ReplayState } from './messages.js';
import { isStoredJournal, type StorageUsage } from './storage-usage.js';

/** State and counters of a journal's Sequencer. @publicApi */
export interface CommandStatus {
  /** Whether the Sequencer accepts commands. */
  readonly state: 'open' | 'recovering' | 'stopped';
  /** Commands that are pending. */
  readonly queued: number;
  /** Entries in flight to the disk. */
  readonly inFlight: number;
  /** True while the wall clock is more than a second behind the journal. */
  readonly isClockSkewed: boolean;
}

/**
 * A journal and the parts of the application around it. All properties except `name` and `journal` are
 * optional.
 * @publicApi
 */
export interface ObservedJournal {
  /** The label in metrics, logs and health. */
  readonly name: string;
  /** The journal. */
  readonly journal: Journal;
  /** The Sequencer or an object of this shape, read at every use. */
  readonly commands?: CommandStatus | null;
  /** The state of the current replay, or of the latest one. */
  replay?(): ReplayState | null;
  /** Reads how far the followers lag behind; absent without followers. */
  readonly lag?: LagSource;
}

/** The observable state of a journal, read when health or metrics ask for it. @publicApi */
export interface JournalStatus {
  /** Name of the journal in its module. */
  readonly name: string;
  /** Whether the journal accepts events. */
  readonly state: Journal['state'];
  /** The error that poisoned the journal; null if there is none. */
  readonly failure: JournalError | null;
  /** When an append resolves. */
  readonly durability: Durability;
  /** Sequence of the first entry that can be read; null if there is none. */
  readonly firstAvailableSequence: bigint | null;
  /** Sequence of the last entry; null if there is none. */
  readonly lastSequence: bigint | null;
  /** Sequence of the last durable entry; null if there is none. */
  readonly durableSequence: bigint | null;
  /** Null for a journal without files, and for one that is closed. */
  readonly storage: StorageUsage | null;
  /** The error that prevented reading the storage. */
  readonly storageError: Error | null;
  /** State of the Sequencer; null without one. */
  readonly commands: CommandStatus | null;
  /** The latest replay; null before the first one. */
  readonly replay: ReplayState | null;
  /** How far each follower lags behind the journal. */
  readonly lag: readonly LagReading[];
}

/**
 * Reads the status of a journal. Reads its directory asynchronously, outside the write path. Never rejects.
 */
export async function readStatus(observed: ObservedJournal): Promise<JournalStatus> {
  const { name, journal, commands } = observed;
  const { storage, error } = await readStorage(journal);
  return {
    name,
    state: journal.state,
    failure: journal.failure,
    durability: journal.durability,
    firstAvailableSequence: journal.firstAvailableSequence,
    lastSequence: journal.lastSequence,
    durableSequence: journal.durableSequence,
    storage,
    storageError: error,
    commands: commands ? copyOf(commands) : null,
    replay: observed.replay?.() ?? null,
    lag: [...(observed.lag?.lag() ?? [])],
  };
}

function copyOf({ state, queued, inFlight, isClockSkewed }: CommandStatus): CommandStatus {
  return { state, queued, inFlight, isClockSkewed };
}

async function readStorage(journal: Journal): Promise<{ storage: StorageUsage | null; error: Error | null }> {
  if (!isStoredJournal(journal) || journal.state === 'closed') return { storage: null, error: null };
  try {
    return { storage: await journal.usage(), error: null };
  } catch (error) {
    return { storage: null, error: toError(error) };
  }
}
