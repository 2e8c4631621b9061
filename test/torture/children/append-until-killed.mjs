// Opens the journal and appends until it is killed: single appends and batches, sometimes archiving, closing
// and opening again. Prints to stdout, each in one write before it does anything else: "opening", "open",
// "archive N", and "a N" for every acknowledged sequence. argv: directory, options as JSON, life, seed
import { writeSync } from 'node:fs';
import { FileJournal } from '../../../dist/modules/esm/file-journal/index.js';
import { SequencerEvent } from '../../../dist/modules/esm/journal/index.js';

const [directory, options, life, seed] = process.argv.slice(2);
const say = (line) => writeSync(1, `${line}\n`);

let state = Number(seed) >>> 0;
const random = (below) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

/** The text names the life that wrote it. */
function event(sequenceNum) {
  const text = `${life}:${sequenceNum}:${'x'.repeat(random(10) === 0 ? random(3000) : random(200))}`;
  return new SequencerEvent({
    sequenceNum,
    timestampNs: BigInt(life),
    command: { Note: text },
    result: null,
  });
}

async function open() {
  say('opening');
  const opened = await FileJournal.open({ directory, ...JSON.parse(options) });
  say('open');
  return opened;
}

let journal = await open();
let pending = [];
const track = (promise, last) => pending.push(promise.then(() => say(`a ${last}`)));
for (;;) {
  const next = journal.nextSequence ?? 0n;
  const choice = random(100);
  if (choice < 60) {
    track(journal.append(event(next)), next);
  } else if (choice < 80) {
    const count = BigInt(1 + random(12));
    const batch = Array.from({ length: Number(count) }, (_, index) => event(next + BigInt(index)));
    track(journal.appendBatch(batch), next + count - 1n);
  } else if (choice < 97 || next < 200n) {
    await Promise.all(pending);
    pending = [];
  } else if (choice < 98) {
    const before = next - 100n;
    say(`archive ${before}`);
    await journal.archiveSegmentsBefore(before);
  } else {
    await Promise.all(pending);
    pending = [];
    await journal.close();
    journal = await open();
  }
}
