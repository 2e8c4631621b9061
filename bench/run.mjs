// Builds all outputs that are out of date, installs the contestants and runs the benches. See README.md
// beside this file.
//
//   npm run bench [-- [append latency …] [--smoke] [--no-install] [--rounds N] [--out DIRECTORY]]
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { buildLibrary } from '../scripts/build.mjs';
import { build, compile, projectRoot } from '../scripts/compiler.mjs';

const benchDirectory = join(projectRoot, 'bench');
const args = process.argv.slice(2);

await buildLibrary({ ifChanged: true });
await build(
  {
    name: 'bench',
    inputs: ['bench/src', 'bench/tsconfig.json', 'bench/package.json', 'src', 'tsconfig.json'],
    outputs: ['dist/bench'],
  },
  async (out) => {
    await compile('bench/tsconfig.json', out);
    writeCommonJs(join(out, 'start'));
  },
  { ifChanged: true },
);

const lock = join(benchDirectory, 'package-lock.json');
const installed = join(benchDirectory, 'node_modules', '.package-lock.json');
if (
  !args.includes('--no-install') &&
  (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs)
) {
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: benchDirectory,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

const { status } = spawnSync(
  process.execPath,
  [
    '--enable-source-maps',
    join(projectRoot, 'dist', 'bench', 'main.js'),
    ...args.filter((arg) => arg !== '--no-install'),
  ],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;

/** The applications of the bench `start` as CommonJS, too. */
function writeCommonJs(directory) {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  for (const name of readdirSync(directory).filter((file) => file.endsWith('.js'))) {
    const source = readFileSync(join(directory, name), 'utf8');
    const { outputText } = ts.transpileModule(source, { compilerOptions });
    const text = outputText.replaceAll(/require\("(\.[^"]+)\.js"\)/g, 'require("$1.cjs")');
    writeFileSync(join(directory, name.replace(/\.js$/, '.cjs')), text);
  }
}
