// Checks the package that npm would publish: builds, packs and inspects the tarball. Fails on the first
// fault. 1. it contains only the two builds, README, LICENSE, CHANGELOG, package.json, guides and examples;
// 2. source maps carry their sources and no absolute path; 3. publint and arethetypeswrong report no fault:
//   every condition gets code and types of its own kind.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { buildLibrary } from './build.mjs';
import { projectRoot } from './compiler.mjs';

const ALLOWED = [
  /^dist\/(esm|cjs)\/.+\.(js|js\.map|d\.ts)$/,
  /^dist\/cjs\/package\.json$/,
  /^docs\/(guides\/[\w-]+|decisions|reliability)\.md$/,
  /^docs\/guides\/pictures\/[\w-]+\.svg$/,
  /^examples\/.+\.(ts|md)$/,
];
const REQUIRED = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'];

await buildLibrary({ ifChanged: true });
const scratch = mkdtempSync(join(tmpdir(), 'nestjs-file-journal-pack-'));
try {
  const packed = pack(scratch);
  const faults = [...checkFileList(packed.files), ...checkEntryPoints(packed.files), ...checkSourceMaps()];
  if (faults.length > 0) throw new Error(`the package has faults:\n  ${faults.join('\n  ')}`);
  console.log(
    `${packed.filename}: ${packed.files.length} files, ${Math.round(packed.size / 1024)} KiB packed`,
  );
  run('publint', ['run', '--strict', packed.path]);
  run('attw', [packed.path]);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function pack(directory) {
  // --ignore-scripts: `prepack` would build a second time.
  const output = execFileSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', directory],
    {
      cwd: projectRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const parsed = JSON.parse(output);
  const [packed] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  return { ...packed, files: packed.files.map((file) => file.path), path: join(directory, packed.filename) };
}

function checkFileList(files) {
  return [
    ...files
      .filter((file) => !REQUIRED.includes(file) && !ALLOWED.some((pattern) => pattern.test(file)))
      .map((file) => `${file} does not belong in the package`),
    ...REQUIRED.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
  ];
}

function checkEntryPoints(files) {
  const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const targets = [];
  collectStrings([manifest.main, manifest.types, manifest.exports, manifest.typesVersions], targets);
  return targets
    .map((target) => target.replace(/^\.\//, ''))
    .filter((target) => !files.includes(target))
    .map((target) => `package.json names ${target}, which is not in the package`);
}

function collectStrings(value, into) {
  if (typeof value === 'string') into.push(value);
  else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) collectStrings(inner, into);
  }
}

function checkSourceMaps() {
  const files = ['dist/esm', 'dist/cjs'].flatMap((build) =>
    readdirSync(join(projectRoot, build), { recursive: true }).map((name) => join(build, name)),
  );
  return [
    ...files
      // The command is readable as it is: see bundle.mjs.
      .filter((file) => file.endsWith('.js') && !file.startsWith(join('dist/esm/cli', '')))
      .filter((file) => !files.includes(`${file}.map`))
      .map((file) => `${file} has no source map`),
    ...files.filter((file) => file.endsWith('.js.map')).flatMap((file) => sourceMapFaults(file)),
  ];
}

function sourceMapFaults(file) {
  const map = JSON.parse(readFileSync(join(projectRoot, file), 'utf8'));
  const faults = [];
  if (map.sources.some((source) => isAbsolute(source) || source.includes('://'))) {
    faults.push(`${file} names an absolute path`);
  }
  if (map.sourcesContent?.length !== map.sources.length) faults.push(`${file} lacks its sources`);
  return faults;
}

function run(tool, args) {
  const result = spawnSync(join(projectRoot, 'node_modules', '.bin', tool), args, {
    cwd: projectRoot,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) throw new Error(`${tool} found faults (exit code ${result.status})`);
}
