import { messageOf, type JournalReader } from '../journal/index.js';
import { decodeState, parseSnapshotName, readSnapshotFile } from '../replay/index.js';
import { compareWithJournal, type Comparison, type JournalRelation } from './journal-relation.js';
import { examineFiles, type SmallFile } from './small-files.js';

/** One snapshot file, and whether it belongs to the journal. */
export interface SnapshotState {
  readonly file: string;
  /** Name of the aggregate, from the file name. */
  readonly target: string;
  /** Sequence of the last event in the state, from the file name. */
  readonly sequence: bigint;
  /** Null if the file is damaged. */
  readonly stateVersion: number | null;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly state: JournalRelation;
  /** Why it is not consistent; null if it is. */
  readonly reason: string | null;
}

/**
 * Reads the snapshots in a directory, by target and sequence. Checks their checksums, and compares each with
 * the entry that it was taken at. A directory that does not exist has none.
 * @param decode whether to decode the states, too
 * @throws (rejects) IoError (`JOURNAL_IO`)
 */
export async function readSnapshotStates(
  directory: string,
  journal: JournalReader,
  decode: boolean,
): Promise<SnapshotState[]> {
  const states = await examineFiles(directory, parseSnapshotName, (named, file) => {
    const { name, sizeBytes, modifiedMs } = file;
    const { relation, reason, stateVersion } = compare(file, journal, decode);
    return { file: name, ...named, stateVersion, sizeBytes, modifiedMs, state: relation, reason };
  });
  return states.sort((a, b) =>
    a.target === b.target ? (a.sequence < b.sequence ? -1 : 1) : a.target < b.target ? -1 : 1,
  );
}

function compare(
  file: SmallFile,
  journal: JournalReader,
  decode: boolean,
): Comparison & Pick<SnapshotState, 'stateVersion'> {
  let stateVersion: number | null = null;
  try {
    const snapshot = readSnapshotFile(file.name, file.content());
    ({ stateVersion } = snapshot);
    if (decode) decodeState(snapshot.payload);
    return { ...compareWithJournal(journal, snapshot.sequence, snapshot.entryCrc), stateVersion };
  } catch (error) {
    return { relation: 'damaged', reason: messageOf(error), stateVersion };
  }
}
