// Opens the journal with a Sequencer and submits commands until it is killed. Most have ids out of a small
// moving set, so that many are repeated while they are pending and afterwards. Prints to stdout, each in one
// write: "opening", "open", "s <id>" before a command is submitted, "r <answer as JSON>" for its answer, "e
// <id> <error>" where it was refused. argv: directory, then as JSON the journal's options and the life (see
// KilledCommands)
import { writeSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { FileJournal } from '../../../dist/modules/esm/file-journal/index.js';
import { ReplayService } from '../../../dist/modules/esm/replay/index.js';
import {
  CommitQueue,
  ExecutedAggregateTarget,
  Sequencer,
  SequencerClock,
  createEventConversion,
} from '../../../dist/modules/esm/sequencer/index.js';
import { jsonCodec } from '../../../dist/modules/esm/serialization/index.js';

Logger.overrideLogger(false);

const [directory, options, lifeJson] = process.argv.slice(2);
const life = JSON.parse(lifeJson);
const say = (line) => writeSync(1, `${line}\n`);

let state = life.seed >>> 0;
const random = (below) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

class Totals {
  totals = {};
  execute({ add, to }) {
    this.totals[to] = (this.totals[to] ?? 0) + add;
    return { total: this.totals[to] };
  }
}

/** Equal for the same number in every life. */
const commandOf = (number) => ({ add: 1 + (number % 7), to: `account ${number % 5}` });

say('opening');
const journal = await FileJournal.open({ directory, ...JSON.parse(options) });
const target = new ExecutedAggregateTarget({ name: 'Totals', create: () => new Totals() });
const replay = new ReplayService(journal);
await target.reset();
await replay.rehydrate([target]);
const queue = new CommitQueue(journal, new SequencerClock(), 0n);
const sequencer = new Sequencer(queue, target, replay, createEventConversion(jsonCodec()), {
  storesCommandIds: true,
  commandWindow: life.commandWindow,
  maxInFlight: 32,
});
// Else, the first command with an id would wait for the ids of earlier ones.
if (life.loadsIdsFirst) await sequencer.loadCommandIds();
say('open');

function submit(number) {
  const id = `c${number}`;
  say(`s ${id}`);
  return sequencer.submit(commandOf(number), { commandId: id }).then(
    ({ commandId, sequenceNum, timestampNs, result }) => {
      const answer = { id: commandId, sequence: `${sequenceNum}`, timestampNs: `${timestampNs}`, result };
      say(`r ${JSON.stringify(answer)}`);
    },
    (error) => say(`e ${id} ${error.code}: ${error.message}`),
  );
}

const pending = life.repeats.map(submit);
if (life.isLast) {
  await Promise.all(pending);
  await sequencer.close();
  await journal.close();
  say('closed');
} else {
  let newest = life.firstNew;
  for (;;) {
    const choice = random(100);
    if (choice < 25) pending.push(submit(newest++));
    else if (choice < 65) pending.push(submit(Math.max(0, newest - 1 - random(life.spread))));
    else if (choice < 90) pending.push(sequencer.submit(commandOf(random(1000))));
    else if (choice < 95) await pending.at(-1);
    else await Promise.all(pending.splice(0));
  }
}
