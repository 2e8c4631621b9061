// Appends, rotates, archives, compresses and takes snapshots, until it is killed. Prints
// "running" once there are archived segments and snapshots. argv: directory
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { FileJournal, FileSnapshotStore, SequencerEvent } from 'nestjs-file-journal';

const [directory] = process.argv.slice(2);
const journal = await FileJournal.open({
  directory,
  segmentSizeBytes: 512 * 1024,
  archiveCompression: 'gzip',
});
const snapshots = new FileSnapshotStore({ directory: join(directory, 'snapshots'), keep: 3 });
const IN_FLIGHT = 40;
// A journal that grows faster than a command reads it would never be read to its end.
const PAUSE_MS = 3;
const payload = Buffer.from('{}');
let sequence = Number(journal.nextSequence ?? 0n);
for (let round = 1; ; round += 1) {
  const events = Array.from({ length: IN_FLIGHT }, () => {
    const command = { Note: { sequence, text: 'x'.repeat(sequence % 997) } };
    return new SequencerEvent({
      sequenceNum: sequence++,
      timestampNs: BigInt(Date.now()) * 1_000_000n,
      command,
      result: null,
    });
  });
  // One by one and as a batch: both ways of writing leave their own moments between bytes and length.
  if (round % 2 === 0) await journal.appendBatch(events);
  else await Promise.all(events.map((event) => journal.append(event)));
  await setTimeout(PAUSE_MS);
  if (round % 20 === 0) {
    const last = journal.durableSequence;
    for (const { sequenceNum, storedCrc } of journal.readFrom(last, { limit: 1 })) {
      await snapshots.save('Book', { sequence: sequenceNum, entryCrc: storedCrc, stateVersion: 1, payload });
    }
  }
  if (round % 100 === 0) {
    await journal.archiveSegmentsBefore(BigInt(Math.max(0, sequence - 4_000)));
    if (round === 200) console.log('running');
  }
}
