import { messageOf, type JournalReader } from '../journal/index.js';
import { parseCheckpointName, readCheckpointFile } from '../projections/index.js';
import { compareWithJournal, type JournalRelation } from './journal-relation.js';
import { examineFiles, type SmallFile } from './small-files.js';

/** The checkpoint file of a projection, and how far the projection is behind. */
export interface CheckpointState {
  readonly file: string;
  readonly projection: string;
  /** Sequence of the last handled entry; null before the first one, and if the file is damaged. */
  readonly position: bigint | null;
  /** Number of sequences after the position; null if the file is damaged or foreign. */
  readonly lag: bigint | null;
  /** Whether a rebuild was interrupted while it reset the read model. */
  readonly isResetting: boolean;
  readonly modifiedMs: number;
  readonly state: JournalRelation;
  /** Why it is not consistent; null if it is. */
  readonly reason: string | null;
}

/**
 * Reads the checkpoints in a directory, by projection, and compares each with the entry at its position. A
 * directory that does not exist has none.
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function readCheckpointStates(
  directory: string,
  journal: JournalReader,
): Promise<CheckpointState[]> {
  const states = await examineFiles(directory, parseCheckpointName, (projection, file) => {
    const { name, modifiedMs } = file;
    return { file: name, projection, modifiedMs, ...compare(file, journal) };
  });
  return states.sort((a, b) => (a.projection < b.projection ? -1 : 1));
}

function compare(
  file: SmallFile,
  journal: JournalReader,
): Pick<CheckpointState, 'position' | 'lag' | 'isResetting' | 'state' | 'reason'> {
  try {
    const { position, entryCrc, isResetting } = readCheckpointFile(file.name, file.content());
    const { relation: state, reason } =
      position === null || entryCrc === null
        ? { relation: 'consistent' as const, reason: null }
        : compareWithJournal(journal, position, entryCrc);
    const lag = state === 'foreign' ? null : lagOf(journal, position);
    return { position, lag, isResetting, state, reason };
  } catch (error) {
    return { position: null, lag: null, isResetting: false, state: 'damaged', reason: messageOf(error) };
  }
}

function lagOf({ lastSequence, firstAvailableSequence }: JournalReader, position: bigint | null): bigint {
  if (lastSequence === null) return 0n;
  const before = position ?? (firstAvailableSequence ?? 0n) - 1n;
  return lastSequence > before ? lastSequence - before : 0n;
}
