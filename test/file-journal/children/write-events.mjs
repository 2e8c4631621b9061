// Appends events `from` … `to` - 1 in batches, as fast as possible, and prints "done".
// argv: directory, options as JSON, from, to
import { FileJournal, SequencerEvent } from 'nestjs-file-journal';

const [directory, options, from, to] = process.argv.slice(2);
const journal = await FileJournal.open({ directory, ...JSON.parse(options) });
const IN_FLIGHT = 200;
let pending = [];
for (let sequence = Number(from); sequence < Number(to); sequence += 1) {
  pending.push(
    journal.append(
      new SequencerEvent({
        sequenceNum: sequence,
        timestampNs: BigInt(sequence) * 1_000n,
        command: { Note: { number: sequence, text: 'x'.repeat(sequence % 97) } },
        result: null,
      }),
    ),
  );
  if (pending.length === IN_FLIGHT) {
    await Promise.all(pending);
    pending = [];
  }
}
await Promise.all(pending);
await journal.close();
console.log('done');
