import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { transformSync } from '@swc/core';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe('a minified bundle', () => {
  const run = promisify(execFile);
  const root = fileURLToPath(new URL('../..', import.meta.url));

  /** An application with one aggregate and one aggregate root, as one minified file. */
  function bundle(folder: string, { named, extra }: { named: boolean; extra: boolean }): string {
    const name = (given: string): string => (named ? `JournalAggregate('${given}')` : '(() => {})');
    const source = `
      import 'reflect-metadata';
      import { Module } from '@nestjs/common';
      import { NestFactory } from '@nestjs/core';
      import { CqrsModule } from '@nestjs/cqrs';
      import { FileJournalModule, JournalAggregate, JournalEvent, JournaledAggregateRoot, On, SnapshotManager,
        getAggregateRepositoryToken, Sequencer } from 'nestjs-file-journal';
      ${extra ? 'class Added { apply(event) { this.x = event; } snapshot() { return 1; } restore() {} }' : ''}
      class Opened {}
      JournalEvent('Opened')(Opened);
      class Counter {
        count = 0;
        execute() { return (this.count += 1); }
        handles(command) { return 'Add' in command; }
        snapshot() { return this.count; }
        restore(count) { this.count = count; }
      }
      class Account extends JournaledAggregateRoot {
        opened = 0;
        open() { this.apply(new Opened()); }
        onOpened() { this.opened += 1; }
      }
      On(Opened)(Account.prototype, 'onOpened', Object.getOwnPropertyDescriptor(Account.prototype, 'onOpened'));
      ${name('counter')}(Counter);
      ${name('account')}(Account);
      ${extra ? `${name('added')}(Added);` : ''}
      class AppModule {}
      Module({ imports: [
        CqrsModule.forRoot(),
        FileJournalModule.forRoot({ directory: process.argv[2], segmentSizeBytes: 4096 }),
        FileJournalModule.forFeature({ aggregates: [${extra ? 'Added,' : ''} Counter, Account], events: [Opened] }),
      ] })(AppModule);
      const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'], abortOnError: false });
      const accounts = app.get(getAggregateRepositoryToken(Account));
      await app.get(Sequencer).submit({ Add: 1 });
      await accounts.update('1', (account) => account.open(), { createIfAbsent: true });
      await app.get(SnapshotManager).take();
      console.log(JSON.stringify({
        names: [Counter.name, Account.name],
        count: app.get(Counter).count,
        opened: (await accounts.load('1')).opened,
        ids: [...accounts.ids()],
      }));
      await app.close();`;
    const { code } = transformSync(source, {
      minify: true,
      isModule: true,
      jsc: {
        target: 'es2022',
        minify: { compress: true, mangle: { toplevel: true, keepClassNames: false } },
      },
    });
    const path = join(folder, `app-${named}-${extra}.mjs`);
    writeFileSync(path, code);
    return path;
  }

  async function start(path: string, directory: string, environment: string) {
    const env = { ...process.env, NODE_ENV: environment };
    const { stdout } = await run(process.execPath, [path, directory], { env });
    const line = stdout.split('\n').find((one) => one.startsWith('{')) ?? '{}';
    return JSON.parse(line) as { names: string[]; count: number; opened: number; ids: string[] };
  }

  it('loses nothing with stable names, and does not start without them, if the next build renames classes', async () => {
    const folder = temporaryDirectory();
    const modules = join(folder, 'node_modules');
    mkdirSync(modules);
    symlinkSync(root, join(modules, 'nestjs-file-journal'));
    // The bundle uses the same NestJS as the package; see test/support/nest-major.cjs.
    const nest = process.env['NEST_MAJOR'] === '11' ? 'test/compat/nest-11/node_modules' : 'node_modules';
    symlinkSync(join(root, nest, '@nestjs'), join(modules, '@nestjs'));
    for (const name of ['reflect-metadata', 'rxjs', 'class-transformer'])
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    const directory = join(folder, 'journal');
    const first = await start(bundle(folder, { named: true, extra: false }), directory, 'production');
    const second = await start(bundle(folder, { named: true, extra: true }), directory, 'production');
    expect(first).toMatchObject({ count: 1, opened: 1, ids: ['1'] });
    expect(second).toMatchObject({ count: 2, opened: 2, ids: ['1'] });
    expect(second.names).not.toEqual(first.names);
    expect(first.names.join('').length).toBeLessThan(5);
    await expect(
      start(bundle(folder, { named: false, extra: false }), join(folder, 'other'), 'production'),
    ).rejects.toMatchObject({ stderr: expect.stringContaining("@JournalAggregate('…')") });
  });
});
