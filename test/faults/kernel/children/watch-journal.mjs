/** The test is meaningful only if a reader has seen more entries than this. */
export const ENOUGH_ENTRIES = 10;

/**
 * Follows a journal beside its writer, alternately from the start and from the end, and checks every entry.
 * Calls `onEnough` after more than ENOUGH_ENTRIES entries.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { FileJournal } from '../../../../dist/modules/esm/file-journal/index.js';

export async function watchJournal(options, isStopped, onEnough) {
  const seen = { entries: 0, last: -1, rounds: 0, faults: [] };
  const journal = await FileJournal.openReadOnly(options);
  while (!isStopped()) {
    const before = seen.last;
    const from = seen.rounds % 5 === 0 ? 0 : Math.max(0, before - 50);
    let expected = null;
    try {
      for await (const entry of journal.readFrom(from)) {
        const number = Number(entry.sequenceNum);
        const { Note } = entry.event.command;
        if (expected !== null && number !== expected) seen.faults.push(`${number} follows ${expected - 1}`);
        if (Note.number !== number || Note.padding !== 'x'.repeat(Note.padding.length))
          seen.faults.push(`${number} is wrong`);
        expected = number + 1;
        seen.entries += 1;
        if (seen.entries === ENOUGH_ENTRIES + 1) onEnough();
        if (isStopped()) break;
      }
    } catch (error) {
      seen.faults.push(`${error.code}: ${error.message}`);
    }
    if (!isStopped() && expected !== null && expected - 1 < before)
      seen.faults.push(`${expected - 1} after ${before} had been seen`);
    if (expected !== null) seen.last = Math.max(before, expected - 1);
    seen.rounds += 1;
    if (seen.faults.length > 3) break;
    await delay(1);
  }
  await journal.close();
  return seen;
}
