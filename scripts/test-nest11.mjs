// Runs the whole suite against NestJS 11 (test/compat/nest-11), after a type check of the library against it.
// Arguments go to Jest.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from './compiler.mjs';
import { installIfStale, run } from './run.mjs';

const compatDirectory = join(projectRoot, 'test/compat/nest-11');
const hook = pathToFileURL(join(projectRoot, 'test/support/nest-major-hook.mjs')).href;

installIfStale(compatDirectory);
run(process.execPath, ['scripts/build-examples.mjs', '--if-changed']);
run(process.execPath, ['node_modules/typescript/bin/tsc', '--project', 'test/compat/nest-11/tsconfig.json']);
run('npm', ['run', '--silent', 'jest', '--', ...process.argv.slice(2)], {
  env: {
    ...process.env,
    NEST_MAJOR: '11',
    COMPAT_SUITE: '1',
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${hook}`.trim(),
  },
});
