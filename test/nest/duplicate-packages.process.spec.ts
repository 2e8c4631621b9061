import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { Module } from '@nestjs/common';
import { CqrsModule as NestCqrsModule } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { FileJournalModule } from '../../src/nest/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

// Copies applications and starts them, which takes long on a busy machine.
jest.setTimeout(180_000);

/**
 * The source of an application's packages: those of the project, or those of the other
 * major of NestJS.
 */
const MODULES = resolve('node_modules');
const NEST = process.env['NEST_MAJOR'] === '11' ? resolve('test/compat/nest-11/node_modules') : MODULES;
const SHARED = ['reflect-metadata', 'rxjs', 'tslib', 'koffi', '@koromix', 'crc-32'];

interface Outcome {
  readonly code?: string;
  readonly message?: string;
  readonly packageName?: string;
  readonly ours?: string;
  readonly theirs?: string;
  readonly handled?: unknown;
}

/** A directory with an application, which has its own copy of one package. */
function install(own: '@nestjs/cqrs' | 'class-transformer' | null): string {
  const directory = realpathSync(temporaryDirectory('copies-'));
  const modules = join(directory, 'node_modules');
  const library = join(modules, 'nestjs-file-journal');
  const place = (name: string, from: string, into: string): void => {
    mkdirSync(dirname(join(into, name)), { recursive: true });
    symlinkSync(realpathSync(join(from, name)), join(into, name));
  };
  for (const name of SHARED) place(name, MODULES, modules);
  for (const name of ['@nestjs/common', '@nestjs/core']) place(name, NEST, modules);
  for (const [name, from] of [
    ['@nestjs/cqrs', NEST],
    ['class-transformer', MODULES],
  ] as const) {
    if (name !== own) place(name, from, modules);
    else {
      cpSync(realpathSync(join(from, name)), join(modules, name), { recursive: true });
      place(name, from, join(library, 'node_modules'));
    }
  }
  for (const part of ['esm', 'cjs'])
    cpSync(resolve('dist', part), join(library, 'dist', part), { recursive: true });
  cpSync(resolve('package.json'), join(library, 'package.json'));
  writeFileSync(join(directory, 'package.json'), '{"name":"application","private":true}');
  return directory;
}

/** Applies the class decorators by hand, so that the application needs no compiler. */
const BODY = `
  class Priced {}
  Type(() => Date)(Priced.prototype, 'at');
  class PricedLater extends Priced {}
  const handled = [];
  class Audit { handle(event) { handled.push(String(event.sequenceNum)); } }
  EventsHandler(SequencerEvent)(Audit);
  class AppModule {}
  Module({
    imports: [
      CqrsModule.forRoot(),
      FileJournalModule.forRoot({ directory: 'data/journal', segmentSizeBytes: 65536, events: [{ event: PricedLater, name: 'PricedLater' }] }),
    ],
    providers: [Audit],
  })(AppModule);
  const started = NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  started.then(async (app) => {
    await app.get(EventBus).publish(new SequencerEvent({ sequenceNum: 0n, timestampNs: 1n, command: 'x', result: null }));
    await app.close();
    return { handled };
  }).catch(({ code, message, packageName, ours, theirs }) => ({ code, message, packageName, ours, theirs }))
    .then((outcome) => console.log(JSON.stringify(outcome)));
`;
const NAMES = [
  [[], 'reflect-metadata'],
  [['Module'], '@nestjs/common'],
  [['NestFactory'], '@nestjs/core'],
  [['CqrsModule', 'EventBus', 'EventsHandler'], '@nestjs/cqrs'],
  [['Type'], 'class-transformer'],
  [['FileJournalModule', 'SequencerEvent'], 'nestjs-file-journal'],
] as const;

function run(directory: string, format: 'esm' | 'cjs'): Outcome {
  const lines = NAMES.map(([names, from]) => {
    if (names.length === 0) return format === 'esm' ? `import '${from}';` : `require('${from}');`;
    const list = `{ ${names.join(', ')} }`;
    return format === 'esm' ? `import ${list} from '${from}';` : `const ${list} = require('${from}');`;
  });
  const file = join(directory, format === 'esm' ? 'main.mjs' : 'main.cjs');
  writeFileSync(file, `${lines.join('\n')}\n${BODY}`);
  // The hook of the compatibility suite would resolve other packages than those that are installed here.
  const env = { ...process.env, NODE_OPTIONS: '', NEST_MAJOR: '' };
  const { stdout, stderr } = spawnSync(process.execPath, [file], { cwd: directory, encoding: 'utf8', env });
  const last = stdout.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) throw new Error(`the application said nothing: ${stderr}`);
  return JSON.parse(last) as Outcome;
}

it('An application may have a CqrsModule and an EventBus of its own', async () => {
  class EventBus {
    publish(): string {
      return 'to a queue';
    }
  }
  @Module({ providers: [EventBus], exports: [EventBus] })
  class CqrsModule {}

  const built = Test.createTestingModule({
    imports: [CqrsModule, NestCqrsModule.forRoot(), FileJournalModule.forTesting()],
  });
  const app = await built.compile();
  await app.init();
  expect(app.get(EventBus).publish()).toBe('to a queue');
  await app.close();
});

describe.each(['esm', 'cjs'] as const)('An application in %s', (format) => {
  it.each([
    ['@nestjs/cqrs', 'Event handlers would never see a journaled event'],
    ['class-transformer', 'The decorators of the event class PricedLater would be ignored'],
  ] as const)(
    'with its own copy of %s does not boot, and the error names both copies',
    (name, consequence) => {
      const directory = install(name);
      const outcome = run(directory, format);
      expect(outcome).toMatchObject({
        code: 'JOURNAL_DUPLICATE_PACKAGE',
        packageName: name,
        message: expect.stringContaining(consequence) as unknown,
      });
      const own = join(directory, 'node_modules', name);
      const linked = realpathSync(join(directory, 'node_modules/nestjs-file-journal/node_modules', name));
      expect(outcome.theirs).toMatch(new RegExp(`^${own} \\(\\d+\\.\\d+\\.\\d+`));
      expect(outcome.ours).toMatch(new RegExp(`^${linked} \\(\\d+\\.\\d+\\.\\d+`));
      expect(outcome.message).toContain(own);
      expect(outcome.message).toContain(linked);
      expect(existsSync(join(directory, 'data'))).toBe(false);
    },
  );

  it('with one copy of each boots, and its handlers run', () => {
    expect(run(install(null), format)).toEqual({ handled: ['0'] });
  });
});
