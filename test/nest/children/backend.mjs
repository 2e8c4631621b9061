// A small Nest backend with all three ways to write, run against the built package. Prints one JSON object
// per line. argv: directory, mode, options as JSON
//   trade   writes in all three ways until it is killed; prints what was acknowledged
//   report  boots, prints what is in memory, and closes
//   idle    boots, writes one event, and neither closes nor exits
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AggregateRoot, CqrsModule, EventBus } from '@nestjs/cqrs';
import {
  FileJournalModule,
  Sequencer,
  SequencerEvent,
  getAggregateRepositoryToken,
  getJournalToken,
} from 'nestjs-file-journal';

const [directory, mode, options = '{}'] = process.argv.slice(2);
const say = (message) => process.stdout.write(`${JSON.stringify(message, bigintsToStrings)}\n`);
const bigintsToStrings = (_key, value) => (typeof value === 'bigint' ? value.toString() : value);

class Counter {
  total = 0;
  execute({ Add }) {
    this.total += Add;
    return { total: this.total };
  }
  handles(command) {
    return command !== null && typeof command === 'object' && 'Add' in command;
  }
}

class Noted {}

class Notes {
  texts = [];
  instances = 0;
  apply({ command }) {
    if (!command.Noted) return;
    if (command.Noted instanceof Noted) this.instances += 1;
    if (command.Noted.text !== undefined) this.texts.push(command.Noted.text);
  }
}

class Filled {}

class Order extends AggregateRoot {
  filled = 0;
  constructor(id) {
    super();
    this.id = id;
  }
  fill(quantity) {
    this.apply(Object.assign(new Filled(), { quantity }));
  }
  onFilled(event) {
    this.filled += event instanceof Filled ? event.quantity : Number.NaN;
  }
}

const app = await NestFactory.createApplicationContext(
  {
    module: class Backend {},
    imports: [
      CqrsModule.forRoot(),
      FileJournalModule.forRoot({ directory, segmentSizeBytes: 16_384, ...JSON.parse(options) }),
      FileJournalModule.forFeature({
        aggregates: [Counter, Notes, Order],
        events: [
          { event: Noted, name: 'Noted' },
          { event: Filled, name: 'Filled' },
        ],
      }),
    ],
  },
  { logger: ['error', 'fatal'], abortOnError: false },
);
app.enableShutdownHooks(['SIGTERM']);
const journal = app.get(getJournalToken());
const sequencer = app.get(Sequencer);
const bus = app.get(EventBus);
const orders = app.get(getAggregateRepositoryToken(Order));
say({ ready: journal.lastSequence });

const modes = {
  async trade() {
    await Promise.all([...Array.from({ length: 8 }, submitForever), publishForever(), saveForever('A-1')]);
  },
  async report() {
    const { total } = await sequencer.query((counter) => ({ total: counter.total }));
    const { texts, instances } = app.get(Notes);
    const order = await orders.find('A-1');
    const events = [...journal.readFrom(0)].map(({ sequenceNum, event }) => ({
      sequenceNum,
      command: event.command,
      result: event.result,
    }));
    say({ total, texts, instances, filled: order?.filled ?? 0, events });
    await app.close();
  },
  async idle() {
    await sequencer.submit({ Add: 1 });
    say({ idle: true });
  },
};
await modes[mode]();

async function submitForever() {
  for (;;) {
    const { sequenceNum, result } = await sequencer.submit({ Add: 1 });
    say({ door: 'submit', sequenceNum, result });
  }
}

async function publishForever() {
  for (let count = 0; ; count += 1) {
    const event = new SequencerEvent({
      sequenceNum: journal.nextSequence ?? 0n,
      timestampNs: 1n,
      command: { Noted: Object.assign(new Noted(), { text: `note ${count}` }) },
      result: null,
    });
    bus.publish(event);
    await journal.flush();
    say({ door: 'publish', sequenceNum: event.sequenceNum, text: `note ${count}` });
  }
}

async function saveForever(id) {
  const order = (await orders.find(id)) ?? new Order(id);
  for (;;) {
    order.fill(1);
    order.fill(2);
    await orders.save(order);
    say({ door: 'save', filled: order.filled });
  }
}
