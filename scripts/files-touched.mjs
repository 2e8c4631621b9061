/**
 * Which files of src/ take part in an append, a submit, a boot and a projection event:
 * `node scripts/files-touched.mjs`. ARCHITECTURE.md has the answers. It runs the built package
 * (`npm run build`) and asks V8 which functions were called.
 */
import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule, EventsHandler } from '@nestjs/cqrs';

const root = process.argv[2] ?? process.cwd();
const built = `${pathToFileURL(join(root, 'dist/esm')).href}/`;
const main = await import(`${built}index.js`);
const { FileJournal, FileJournalModule, OnJournaled, Projection, Sequencer, SequencerEvent } = main;

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

class Counter {
  #total = 0;
  execute(by) {
    this.#total += Number(by);
    return this.#total;
  }
}

class Total {
  handle() {}
  onIncrement() {
    this.handled?.();
  }
}
OnJournaled('Increment')(
  Total.prototype,
  'onIncrement',
  Object.getOwnPropertyDescriptor(Total.prototype, 'onIncrement'),
);
delete Total.prototype.handle;
Projection('total')(Total);

class Heard {
  handle() {}
}
EventsHandler(SequencerEvent)(Heard);

const directory = mkdtempSync(join(tmpdir(), 'files-touched-'));
const options = { directory: join(directory, 'journal'), segmentSizeBytes: 1024 * 1024 };

/** An event of a projection is appended, too; those files are left out there. */
let ofAppend;
await measure('append', async (call) => {
  const journal = await FileJournal.open({ ...options, directory: join(directory, 'append') });
  const append = (sequenceNum) =>
    journal.append(new SequencerEvent({ sequenceNum, timestampNs: sequenceNum, command: 1, result: 1 }));
  await append(0n);
  ofAppend = await call(() => append(1n));
  await journal.close();
});

class Application {}
Module({
  imports: [
    CqrsModule.forRoot(),
    FileJournalModule.forRoot(options),
    FileJournalModule.forFeature([Counter]),
  ],
  providers: [Heard],
})(Application);
await measure('submit', async (call) => {
  const app = await NestFactory.createApplicationContext(Application, { logger: false });
  const sequencer = app.get(Sequencer);
  await sequencer.submit(1);
  await call(() => sequencer.submit(2));
  await app.close();
});
await measure('boot', async (call) => {
  let app;
  await call(async () => (app = await NestFactory.createApplicationContext(Application, { logger: false })));
  await app.close();
});

class Projecting {}
Module({
  imports: [
    CqrsModule.forRoot(),
    FileJournalModule.forRoot({ ...options, directory: join(directory, 'projection') }),
  ],
  providers: [Total],
})(Projecting);
await measure('projection event', async (call) => {
  const app = await NestFactory.createApplicationContext(Projecting, { logger: false });
  const journal = app.get(main.getJournalToken());
  const projections = app.get(main.ProjectionsService);
  const append = (sequenceNum) =>
    journal.append(
      new SequencerEvent({ sequenceNum, timestampNs: sequenceNum, command: { Increment: 1 }, result: 1 }),
    );
  await append(0n);
  await projections.waitFor('total');
  await call(async () => {
    await append(1n);
    await projections.waitFor('total');
  }, ofAppend);
  await app.close();
});
rmSync(directory, { recursive: true });

/** Prints the files of what `run` passes to its argument; those in `without` belong to something else. */
async function measure(name, run) {
  await run(async (operation, without = new Set()) => {
    const all = await called(operation);
    const files = [...all].filter((file) => !without.has(file)).sort();
    console.log(`${name}: ${files.length}\n${files.map((file) => `  ${file}`).join('\n')}`);
    return all;
  });
}

/** The source files with a function that ran during an operation, modules that load then excluded. */
async function called(operation) {
  await session.post('Profiler.takePreciseCoverage');
  await operation();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const touched = result.filter(
    ({ url, functions }) =>
      url.startsWith(built) &&
      functions.some(({ functionName, ranges }) => functionName !== '' && ranges[0].count > 0),
  );
  return new Set(touched.map(({ url }) => url.slice(built.length).replace(/\.js$/, '.ts')));
}
