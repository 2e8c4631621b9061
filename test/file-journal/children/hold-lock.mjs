// Opens the journal, appends one event, prints "locked", and waits for a kill or a command to close on stdin.
import { FileJournal, SequencerEvent } from 'nestjs-file-journal';

const [directory] = process.argv.slice(2);
const journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
const sequenceNum = journal.nextSequence ?? 0n;
await journal.append(new SequencerEvent({ sequenceNum, timestampNs: 0n, command: 'held', result: null }));
console.log('locked');
process.stdin.once('data', async () => {
  await journal.close();
  process.exit(0);
});
