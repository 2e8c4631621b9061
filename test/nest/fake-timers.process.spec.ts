import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Journal } from '../../src/journal/index.js';
import { startChild } from '../support/child.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

afterEach(() => void jest.useRealTimers());

/** Loads the modules of the library and of Nest. */
async function load() {
  await import('reflect-metadata');
  const { Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const { CqrsModule } = await import('@nestjs/cqrs');
  const library = await import('../../src/index.js');
  return { Module, NestFactory, CqrsModule, ...library };
}

/** Boots an application, calls everything that uses timers, and closes it. */
async function useEverything({
  Module,
  NestFactory,
  CqrsModule,
  ...library
}: Awaited<ReturnType<typeof load>>) {
  const { FileJournalModule, Projection, ProjectionsService, Sequencer, getJournalToken } = library;
  class Counter {
    total = 0;
    execute({ Add }: { Add: number }): number {
      return (this.total += Add);
    }
  }
  class Sums {
    seen = 0;
    hasFailed = false;
    handle(): void {
      if (this.seen === 5 && !this.hasFailed) {
        this.hasFailed = true;
        throw new Error('once');
      }
      this.seen += 1;
    }
  }
  Projection('sums', { checkpointIntervalMs: 1, retry: { initialDelayMs: 1, maxDelayMs: 1 } })(Sums);
  class Application {}
  Module({
    imports: [
      CqrsModule.forRoot(),
      FileJournalModule.forRoot({ directory: temporaryDirectory() }),
      FileJournalModule.forFeature([Counter]),
    ],
    providers: [Sums],
  })(Application);
  const app = await NestFactory.createApplicationContext(Application, { logger: false });
  const sequencer = app.get<InstanceType<typeof Sequencer>>(Sequencer);
  const events = await Promise.all(Array.from({ length: 300 }, () => sequencer.submit({ Add: 1 })));
  await app.get(ProjectionsService).waitFor('sums');
  expect(app.get(Sums).seen).toBe(300);
  const journal = app.get(getJournalToken()) as Journal;
  let read = 0;
  for await (const _entry of journal.readFrom(0)) read += 1;
  expect(read).toBe(300);
  const subscription = journal.subscribe({ from: 'end' });
  expect(await subscription.nextBatch({ timeoutMs: 1 })).toEqual([]);
  await journal.verifyIntegrity();
  await app.close();
  return events;
}

describe('under the fake timers of Jest', () => {
  it('everything continues, and events get the fake date', async () => {
    const loaded = await load();
    jest.useFakeTimers({ now: 1_000_000 });
    const events = await useEverything(loaded);
    expect(new Set(events.map(({ timestampNs }) => timestampNs / 1_000_000n))).toEqual(new Set([1_000_000n]));
  });

  it('everything continues if they were installed before the library was loaded', async () => {
    jest.resetModules();
    jest.useFakeTimers();
    expect(await useEverything(await load())).toHaveLength(300);
  });

  it('everything continues with the legacy ones', async () => {
    const loaded = await load();
    jest.useFakeTimers({ legacyFakeTimers: true });
    expect(await useEverything(loaded)).toHaveLength(300);
  });
});

describe.each(['node:test', 'sinon'])('under the fake timers of %s, of the whole process', (whose) => {
  it.each(['import', 'require'])(
    'everything continues in an application that has loaded the library with %s',
    async (build) => {
      const child = startChild(new URL('./children/fake-timers.mjs', import.meta.url), [
        temporaryDirectory(),
        whose,
        build,
      ]);
      expect(await child.line(/^done/)).toBe('done 300 0 300');
      expect(await child.exited).toEqual({ code: 0, signal: null });
    },
  );
});
