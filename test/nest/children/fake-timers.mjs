// A Nest application under fake timers of the whole process, run against the built package. Prints "done"
// when everything has continued. argv: directory, whose timers (`node:test` or `sinon`), which build
// (`import` or `require`)
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';

const [directory, whose, build] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const { FileJournalModule, Projection, ProjectionsService, Sequencer, getJournalToken } =
  build === 'require' ? require('nestjs-file-journal') : await import('nestjs-file-journal');

class Counter {
  total = 0;
  execute({ Add }) {
    this.total += Add;
    return this.total;
  }
}

class Sums {
  seen = 0;
  handle() {
    if (this.seen === 5 && !this.hasFailed) {
      this.hasFailed = true;
      throw new Error('once');
    }
    this.seen += 1;
  }
}
Projection('sums', { checkpointIntervalMs: 1, retry: { initialDelayMs: 1, maxDelayMs: 1 } })(Sums);

class Application {}
Reflect.decorate(
  [
    (await import('@nestjs/common')).Module({
      imports: [
        CqrsModule.forRoot(),
        FileJournalModule.forRoot({ directory }),
        FileJournalModule.forFeature([Counter]),
      ],
      providers: [Sums],
    }),
  ],
  Application,
);

// Nothing else keeps the process alive: a projection that waits for its next attempt does not.
const { clearInterval: stop } = globalThis;
const alive = setInterval(() => undefined, 1_000);

if (whose === 'node:test') {
  const { mock } = await import('node:test');
  mock.timers.enable({ apis: ['setInterval', 'setTimeout', 'setImmediate', 'Date'], now: 1_000_000 });
} else {
  const fakeTimers = require('@sinonjs/fake-timers');
  fakeTimers.install({
    now: 1_000_000,
    toFake: [
      'setTimeout',
      'setInterval',
      'setImmediate',
      'clearTimeout',
      'nextTick',
      'performance',
      'hrtime',
      'Date',
    ],
  });
}

const app = await NestFactory.createApplicationContext(Application, { logger: ['error', 'warn'] });
const sequencer = app.get(Sequencer);
const last = await Promise.all(Array.from({ length: 300 }, () => sequencer.submit({ Add: 1 }))).then((all) =>
  all.at(-1),
);
if (last.timestampNs / 1_000_000n !== 1_000_000n)
  throw new Error(`the time of events is not Date.now(): ${last.timestampNs}`);
await app.get(ProjectionsService).waitFor('sums');
let read = 0;
for await (const _entry of app.get(getJournalToken()).readFrom(0)) read += 1;
const subscription = app.get(getJournalToken()).subscribe({ from: 'end' });
const nothing = await subscription.nextBatch({ timeoutMs: 1 });
await subscription.close();
await app.close();
stop(alive);
process.stdout.write(`done ${read} ${nothing.length} ${app.get(Sums).seen}\n`);
