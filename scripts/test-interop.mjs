// The interop tests, against published versions of orderbook-rs: `npm run test:interop -- [--all] [arguments
// for Jest]`. Builds the programs of test/interop/rust into a cache, so that only the first run takes
// minutes. Skips the tests without cargo.
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './compiler.mjs';
import { run } from './run.mjs';

/** The oldest supported version, the first that checks match results, and the newest. */
const USUAL = ['0-7', '0-12', '0-15'];
/** Every version whose journals or books differ from those of the previous version. */
const ALL = ['0-7', '0-8', '0-9', '0-10', '0-12', '0-13', '0-14', '0-15'];

const given = process.argv.slice(2);
const names = given.includes('--all') ? ALL : USUAL;
const jestArguments = given.filter((argument) => argument !== '--all');

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const target = process.env.CARGO_TARGET_DIR || join(cache, 'nestjs-file-journal/interop');

run(process.execPath, ['scripts/build.mjs', '--if-changed']);
run('npm', ['run', '--silent', 'jest', '--', ...pathArguments(), ...jestArguments], {
  env: { ...process.env, INTEROP_ENGINES: JSON.stringify(engines()) },
});

/** The path of each program by name; empty without cargo. */
function engines() {
  const cargo = spawnSync('cargo', ['--version'], { encoding: 'utf8' });
  if (cargo.status !== 0) {
    console.log('no cargo: the interop tests are skipped; install Rust from https://rustup.rs to run them');
    return {};
  }
  console.log(cargo.stdout.trim());
  const packages = names.flatMap((name) => ['--package', `engine-${name}`]);
  run('cargo', ['build', '--locked', '--quiet', ...packages], {
    cwd: join(projectRoot, 'test/interop/rust'),
    env: { ...process.env, CARGO_TARGET_DIR: target },
  });
  return Object.fromEntries(
    names.map((name) => [name.replace('-', '.'), join(target, 'debug', `engine-${name}`)]),
  );
}

/**
 * jest.config.js leaves these tests out, because they need the programs. A path among the arguments chooses
 * some of them.
 */
function pathArguments() {
  const isChoice = jestArguments.some((argument) => argument.startsWith('test/interop/'));
  const all = isChoice ? [] : ['--testPathPatterns', 'test/interop/'];
  return ['--testPathIgnorePatterns', '/node_modules/', ...all];
}
