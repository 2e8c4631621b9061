import { JournalError, messageOf, type JournalEntry, type JournalReader } from '../../journal/index.js';
import { firstEntryFrom } from '../../journal-kit/index.js';
import { CooperativeYield } from '../../common/index.js';
import { StatisticsCollector, type JournalStatistics } from './journal-statistics.js';

/** Damage that reading skipped. */
export interface StatisticsFault {
  readonly code: string;
  readonly message: string;
}

export interface CollectedStatistics extends JournalStatistics {
  /** Number of faults; the entries behind them are not counted. */
  readonly faults: number;
  /** The first faults. */
  readonly firstFaults: readonly StatisticsFault[];
}

export interface CollectOptions {
  readonly includeArchived: boolean;
  /** Called with numbers of sequences. */
  readonly onProgress: (done: number, total: number) => void;
}

const MAX_LISTED_FAULTS = 20;

/** Reads a journal once, up to its end at the time of the call, and counts its entries. */
export async function collectStatistics(
  journal: JournalReader,
  { includeArchived, onProgress }: CollectOptions,
): Promise<CollectedStatistics> {
  const collector = new StatisticsCollector();
  const faults: StatisticsFault[] = [];
  let faultCount = 0;
  const onFault = (error: unknown): void => {
    if (!JournalError.isJournalError(error)) throw error;
    faultCount += 1;
    if (faults.length < MAX_LISTED_FAULTS) faults.push({ code: error.code, message: messageOf(error) });
  };
  const meter = meterOf(journal, includeArchived, onProgress);
  const pause = new CooperativeYield();
  let next = 0n;
  const count = async (entries: Iterable<JournalEntry>): Promise<void> => {
    for (const entry of entries) {
      collector.add(entry);
      next = entry.sequenceNum + 1n;
      if (!pause.isDueAfter(entry.payload.byteLength)) continue;
      meter(entry.sequenceNum);
      await pause.run();
    }
  };
  try {
    // A policy for damage makes the journal decode every entry. So it is used only once there is damage.
    await count(journal.readFrom(0n, { includeArchived }));
  } catch (error) {
    if (!JournalError.isJournalError(error)) throw error;
    await count(journal.readFrom(next, { includeArchived, onCorrupt: onFault }));
  }
  return { ...collector.summary(), faults: faultCount, firstFaults: faults };
}

function meterOf(
  journal: JournalReader,
  includeArchived: boolean,
  onProgress: CollectOptions['onProgress'],
): (sequence: bigint) => void {
  let first = journal.firstAvailableSequence;
  if (includeArchived) {
    try {
      first = firstEntryFrom(journal, 0n)?.sequenceNum ?? first;
    } catch (error) {
      if (!JournalError.isJournalError(error)) throw error; // the reading reports it
    }
  }
  const start = first ?? 0n;
  const total = Number((journal.lastSequence ?? start) - start) + 1;
  return (sequence) => onProgress(Math.min(total, Number(sequence - start) + 1), total);
}
