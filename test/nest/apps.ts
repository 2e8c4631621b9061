import 'reflect-metadata';
import { afterEach } from '@jest/globals';
import type { DynamicModule, INestApplication, Provider, Type } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Test, type TestingModule } from '@nestjs/testing';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import type { JournalFactory } from '../../src/nest/index.js';

// The library logs through Nest. A test that expects log lines captures them itself.
const SILENT = { log() {}, error() {}, warn() {}, debug() {}, verbose() {}, fatal() {} };

const running: { close(): Promise<unknown> }[] = [];

export interface Parts {
  readonly imports?: (DynamicModule | Type)[];
  readonly providers?: Provider[];
  readonly controllers?: Type[];
  /** @default CqrsModule.forRoot() */
  readonly cqrs?: DynamicModule | Type | null;
}

/** Creates the providers of an application; runs no hook. */
export async function compile({
  imports = [],
  providers = [],
  controllers = [],
  cqrs = CqrsModule.forRoot(),
}: Parts): Promise<TestingModule> {
  const module = await Test.createTestingModule({
    imports: [...(cqrs === null ? [] : [cqrs]), ...imports],
    providers,
    controllers,
  })
    .setLogger(SILENT)
    .compile();
  running.push(module);
  return module;
}

/** A started application without HTTP. Closed after the test. */
export async function boot(parts: Parts): Promise<TestingModule> {
  const module = await compile(parts);
  return module.init();
}

/** A started application that serves HTTP. */
export async function serve(parts: Parts): Promise<{ app: INestApplication; url: string }> {
  const module = await compile(parts);
  const app = module.createNestApplication({ logger: false });
  running.push(app);
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl() };
}

/**
 * A journal in memory that outlives the application that opened it: the next application gets its entries, as
 * after a restart.
 */
export function survivingJournal(): JournalFactory & { current: InMemoryJournal | null; opened: number } {
  let stored: { sequenceNum: bigint; timestampNs: bigint; storedCrc: number; payload: Uint8Array }[] = [];
  const factory: ReturnType<typeof survivingJournal> = Object.assign(
    async ({ codec }: Parameters<JournalFactory>[0]) => {
      const journal = await InMemoryJournal.open({ codec, initialEntries: stored as never });
      const close = journal.close.bind(journal);
      journal.close = () => {
        if (journal.state !== 'closed') stored = [...journal.readFrom(0)];
        return close();
      };
      factory.current = journal;
      factory.opened += 1;
      return journal;
    },
    { current: null as InMemoryJournal | null, opened: 0 },
  );
  return factory;
}

afterEach(async () => {
  for (const app of running.splice(0)) await app.close().catch(() => undefined);
});
