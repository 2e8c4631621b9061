import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.js';

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Nothing of these can be loaded; what tries is answered as Node answers for a package that is not installed.
 */
const ABSENT = ['@nestjs/terminus', 'prom-client', '@opentelemetry/api'];

const HOOK = `
  export async function resolve(specifier, context, next) {
    if (${JSON.stringify(ABSENT)}.includes(specifier)) {
      const error = new Error("Cannot find package '" + specifier + "' imported from " + context.parentURL);
      throw Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' });
    }
    return next(specifier, context);
  }
`;

function register(): string {
  const hook = `data:text/javascript,${encodeURIComponent(HOOK)}`;
  return `data:text/javascript,${encodeURIComponent(`import { register } from 'node:module'; register(${JSON.stringify(hook)});`)}`;
}

/** Runs a program against the built package in a process without the optional peers. */
function runWithout(program: string): unknown {
  const args = ['--import', register(), '--input-type=module', '--eval', program];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: projectRoot,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as unknown;
}

test('the package, and each entry point, load without the optional peers', () => {
  const program = `
    const entries = ['', '/testing', '/terminus', '/prometheus', '/opentelemetry'];
    const sizes = [];
    for (const entry of entries) sizes.push(Object.keys(await import('nestjs-file-journal' + entry)).length > 0);
    console.log(JSON.stringify(sizes));
  `;
  expect(runWithout(program)).toEqual([true, true, true, true, true]);
});

test.each([
  ['terminus', 'FileJournalHealthModule', '@nestjs/terminus'],
  ['prometheus', 'FileJournalPrometheusModule', 'prom-client'],
  ['opentelemetry', 'FileJournalOpenTelemetryModule', '@opentelemetry/api'],
])('using ./%s without its peer fails at boot, and says what to install', (entry, module, peer) => {
  const program = `
    import 'reflect-metadata';
    import { NestFactory } from '@nestjs/core';
    import { CqrsModule } from '@nestjs/cqrs';
    import { FileJournalModule, JournalError } from 'nestjs-file-journal';
    import { ${module} } from 'nestjs-file-journal/${entry}';
    const root = {
      module: class Root {},
      imports: [CqrsModule.forRoot(), FileJournalModule.forRoot({ directory: ${JSON.stringify(
        temporaryDirectory(),
      )}, segmentSizeBytes: 65_536 }), ${module}.forRoot()],
    };
    const booting = NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
    const error = await booting.then(() => null, (error) => error);
    const { code, packageName, message } = error;
    console.log(JSON.stringify({ code, packageName, message, isTyped: error instanceof JournalError }));
  `;
  expect(runWithout(program)).toEqual({
    code: 'JOURNAL_MISSING_PEER',
    packageName: peer,
    message: `nestjs-file-journal/${entry} needs the package ${peer}: npm install ${peer}`,
    isTyped: true,
  });
});
