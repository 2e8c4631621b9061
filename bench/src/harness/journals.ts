/** Journals that benches read, built through the public API with batches in `async` durability. */
import { openJournal, type JournalOptions } from '../contestants/index.js';
import { EventSource } from './events.js';

const BATCH = 2_000;

/** Appends from `source` until the entries take `sizeBytes`, syncs and closes. */
export async function fillJournal(
  directory: string,
  sizeBytes: number,
  source: EventSource,
  options: JournalOptions = {},
): Promise<void> {
  const journal = await openJournal(directory, {
    ...options,
    durability: 'async',
    maxUnsyncedBytes: 64 * 1024 * 1024,
  });
  const averageBytes = averageEntryBytes();
  for (let bytes = 0; bytes < sizeBytes; bytes += BATCH * averageBytes) {
    await journal.appendBatch(source.batch(BATCH));
  }
  await journal.close();
}

/** The average of the first few thousand events, which then repeat. */
function averageEntryBytes(): number {
  const source = new EventSource();
  const sample = 4096;
  let bytes = 0;
  for (let i = 0; i < sample; i += 1) bytes += JSON.stringify(source.plain()).length + 24;
  return bytes / sample;
}
