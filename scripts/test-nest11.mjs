// The whole suite once more, against NestJS 11 (test/compat/nest-11), and a type check of the library against it.
// Arguments go to Jest.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from './compiler.mjs';

const compatDirectory = join(projectRoot, 'test/compat/nest-11');
const hook = pathToFileURL(join(projectRoot, 'test/support/nest-major-hook.mjs')).href;

if (
  isStale(
    join(compatDirectory, 'node_modules/.package-lock.json'),
    join(compatDirectory, 'package-lock.json'),
  )
) {
  run('npm', ['ci'], { cwd: compatDirectory });
}
run(process.execPath, ['scripts/build-examples.mjs', '--if-changed']);
run(process.execPath, ['node_modules/typescript/bin/tsc', '--project', 'test/compat/nest-11/tsconfig.json']);
run('npm', ['run', '--silent', 'jest', '--', ...process.argv.slice(2)], {
  env: {
    ...process.env,
    NEST_MAJOR: '11',
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${hook}`.trim(),
  },
});

function isStale(file, source) {
  return !existsSync(file) || statSync(file).mtimeMs < statSync(source).mtimeMs;
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: projectRoot, stdio: 'inherit', ...options });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) process.exit(result.status ?? 1);
}
