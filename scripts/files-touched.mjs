/**
 * Lists the files of src/ that run during an append, a submit, a boot and a projection event: `node
 * scripts/files-touched.mjs`. It runs the built package (`npm run build`), and V8 reports which functions
 * were called. ARCHITECTURE.md has the lists; `--write` updates its list of the files of a boot.
 */
import 'reflect-metadata';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule, EventsHandler } from '@nestjs/cqrs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false } },
});
const root = positionals[0] ?? process.cwd();
const built = `${pathToFileURL(join(root, 'dist/modules/esm')).href}/`;
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

/** An event of a projection is also appended, so its list leaves out the files of an append. */
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
  const start = async () =>
    (app = await NestFactory.createApplicationContext(Application, { logger: false }));
  const files = await call(start);
  await app.close();
  if (values.write) writeList([...files].sort());
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

/** Prints the files of the operation that `run` passes to its argument, except those in `without`. */
async function measure(name, run) {
  await run(async (operation, without = new Set()) => {
    const all = await called(operation);
    const files = [...all].filter((file) => !without.has(file)).sort();
    console.log(`${name}: ${files.length}\n${files.map((file) => `  ${file}`).join('\n')}`);
    return all;
  });
}

/** Writes the files of a boot into ARCHITECTURE.md, folder by folder. */
function writeList(files) {
  const folders = groupBy(files, dirname);
  const list = [...folders].map(([folder, paths]) => {
    const names = paths.map((path) => `\`${path.slice(folder.length + 1)}\``);
    return wrap(`- \`${folder}/\` (${names.length}): ${names.join(' ')}`);
  });
  const document = join(root, 'ARCHITECTURE.md');
  const text = readFileSync(document, 'utf8')
    .replace(
      /(<!-- boot: [^]*? -->\n)[^]*?(\n<!-- end of boot -->)/,
      (_, from, to) => `${from}\n${list.join('\n')}\n${to}`,
    )
    .replace(/(### The life of a boot: )\d+/, `$1${files.length}`);
  writeFileSync(document, text);
}

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** Breaks a list item at column 110. */
function wrap(item) {
  const lines = [''];
  for (const word of item.split(/ (?=`|\()/)) {
    const line = lines[lines.length - 1];
    if (line.length + word.length + 1 > 110) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

/** The source files with a function that ran during an operation, except modules that load during it. */
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
