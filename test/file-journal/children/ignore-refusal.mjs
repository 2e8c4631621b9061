// Appends three events in one turn, poisons the journal, and handles the errors of the first and the last.
// Prints the messages of the unhandled rejections.
import { FileJournal, SequencerEvent } from 'nestjs-file-journal';

process.on('unhandledRejection', (error) => console.log(`unhandled: ${error.code}`));
const [directory] = process.argv.slice(2);
const journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
const appends = [0, 1, 2].map((sequenceNum) =>
  journal.append(new SequencerEvent({ sequenceNum, timestampNs: 0n, command: 'refused', result: null })),
);
journal.poison(new Error('by the test'));
const settled = await Promise.allSettled([appends[0], appends[2]]);
// Unhandled rejections are reported before the next turn.
setImmediate(async () => {
  console.log(`handled: ${settled.map(({ status }) => status).join(' ')}`);
  await journal.close();
});
