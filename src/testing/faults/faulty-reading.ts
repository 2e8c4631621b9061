import {
  CorruptEntryError,
  type IntegrityReport,
  type JournalEntry,
  type JournalReader,
  type ReadOptions,
} from '../../journal/index.js';
import type { ArmedFaults } from './armed-faults.js';

/** Iterates the entries before `hiddenFrom`, and treats corrupt ones as `onCorrupt` says. */
export function entriesWithFaults<TCommand, TResult>(
  entries: Iterable<JournalEntry<TCommand, TResult>>,
  faults: ArmedFaults,
  hiddenFrom: bigint | null,
  onCorrupt: ReadOptions['onCorrupt'] = 'throw',
): Iterator<JournalEntry<TCommand, TResult>> {
  // Now, not with the first entry: an iteration covers the entries that exist when it is made.
  const iterator = entries[Symbol.iterator]();
  return (function* () {
    for (const entry of { [Symbol.iterator]: () => iterator }) {
      if (hiddenFrom !== null && entry.sequenceNum >= hiddenFrom) return;
      if (!faults.isCorrupt(entry.sequenceNum)) {
        yield entry;
        continue;
      }
      const error = corruption(entry);
      if (onCorrupt === 'throw') throw error;
      if (typeof onCorrupt === 'function') onCorrupt(error);
    }
  })();
}

/** Adds the corrupt entries to a report of `verifyIntegrity`, as readers see them. */
export function reportWithFaults(
  report: IntegrityReport,
  reader: JournalReader,
  faults: ArmedFaults,
): IntegrityReport {
  if (!faults.hasCorruptEntries) return report;
  const corrupt = [...reader.readFrom(0n, { onCorrupt: 'skip' })]
    .filter(({ sequenceNum }) => faults.isCorrupt(sequenceNum))
    .map(corruption);
  const errors = corrupt.map(({ segment, offset, sequence, message }) => ({
    kind: 'crc' as const,
    segment,
    offset,
    sequence,
    message,
  }));
  return {
    ...report,
    ok: report.ok && errors.length === 0,
    entries: report.entries - BigInt(errors.length),
    errors: [...report.errors, ...errors],
  };
}

function corruption({ location, sequenceNum, storedCrc }: JournalEntry): CorruptEntryError {
  const where = location ?? { segment: 'memory', offset: 0, sequence: sequenceNum };
  // Every bit differs: a checksum that no entry with these bytes has.
  return new CorruptEntryError(where, storedCrc, ~storedCrc >>> 0);
}
