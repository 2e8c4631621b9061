// Appends until it is killed; rotates, archives, compresses, and deletes old archived segments all the time.
// Writes the last acknowledged sequence to a file, as eight bytes.
import { openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FileJournal, SequencerEvent } from 'nestjs-file-journal';

const [directory, acknowledgedPath, keptArchives] = process.argv.slice(2);
const journal = await FileJournal.open({ directory, segmentSizeBytes: 16_384, archiveCompression: 'gzip' });
const acknowledged = openSync(acknowledgedPath, 'w');
const bytes = Buffer.alloc(8);

for (let batch = 1; ; batch += 1) {
  const appends = [];
  for (let count = 0; count < 10; count += 1) {
    const sequenceNum = journal.nextSequence ?? 0n;
    appends.push(
      journal
        .append(
          new SequencerEvent({
            sequenceNum,
            timestampNs: 1_700_000_000_000_000_000n + sequenceNum,
            command: { Note: { number: Number(sequenceNum), padding: 'x'.repeat(200) } },
            result: null,
          }),
        )
        .then(() => {
          bytes.writeBigUInt64LE(sequenceNum);
          writeSync(acknowledged, bytes, 0, 8, 0);
        }),
    );
  }
  await Promise.all(appends);
  if (batch === 1) console.log('writing');
  if (batch % 12 === 0) {
    await journal.archiveSegmentsBefore(journal.lastSequence - 60n);
    const archived = readdirSync(directory)
      .filter((name) => name.includes('.archived'))
      .sort();
    for (const name of archived.slice(0, Math.max(0, archived.length - Number(keptArchives))))
      rmSync(join(directory, name), { force: true });
  }
  await delay(10);
}
