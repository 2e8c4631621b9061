import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import 'reflect-metadata';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Injectable, Module, type INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { EventBus, EventsHandler, CqrsModule, type IEventHandler } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { Observable } from 'rxjs';

const expectedMajor = process.env['NEST_MAJOR'] ?? '12';
const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '../..');

class Ticked {
  constructor(readonly at: bigint) {}
}

@Injectable()
@EventsHandler(Ticked)
class Recorder implements IEventHandler<Ticked> {
  readonly seen: bigint[] = [];
  handle(event: Ticked): void {
    this.seen.push(event.at);
  }
}

@Module({ imports: [CqrsModule.forRoot()], providers: [Recorder] })
class AppModule {}

let app: INestApplication;

beforeAll(async () => {
  const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
  app = testing.createNestApplication();
  await app.listen(0, '127.0.0.1');
});

afterAll(() => app.close());

test(`an application with CqrsModule boots on NestJS ${expectedMajor}`, () => {
  app.get(EventBus).publish(new Ticked(1n));
  expect(app.get(Recorder).seen).toEqual([1n]);
  expect(majorOf(nestVersion())).toEqual({ major: expectedMajor });
});

test('there is one rxjs and one reflect-metadata', () => {
  expect(app.get(EventBus)).toBeInstanceOf(Observable);
  expect(Reflect.getMetadata('design:paramtypes', Recorder)).toBeUndefined();
  expect(Reflect.getMetadata('imports', AppModule)).toHaveLength(1);
});

test('the container a provider gets is the one that is exported', () => {
  expect(app.get(ModulesContainer)).toBeInstanceOf(ModulesContainer);
});

test.each([
  [
    'import',
    'module',
    `import { readFileSync } from 'node:fs';
     import { Logger } from '@nestjs/common';
     if (typeof Logger !== 'function') throw new Error('no Logger');
     const manifest = new URL(import.meta.resolve('@nestjs/core/package.json'));
     console.log(JSON.parse(readFileSync(manifest, 'utf8')).version)`,
  ],
  ['require', 'commonjs', `console.log(require('@nestjs/core/package.json').version)`],
])(`a child process has NestJS ${expectedMajor} through %s`, (_way, type, code) => {
  const child = spawnSync(process.execPath, [`--input-type=${type}`, '--eval', code], {
    cwd: projectRoot,
    encoding: 'utf8',
  });
  expect({
    ...majorOf(child.stdout),
    status: child.status,
    stderr: child.status === 0 ? '' : child.stderr,
  }).toEqual({
    major: expectedMajor,
    status: 0,
    stderr: '',
  });
});

function majorOf(version: string): { major: string } {
  return { major: version.split('.')[0] ?? '' };
}

/** Of the copy that this file imports. */
function nestVersion(): string {
  return (createRequire(import.meta.url)('@nestjs/core/package.json') as { version: string }).version;
}
