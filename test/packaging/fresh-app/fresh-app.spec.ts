import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ACCOUNT_SPEC } from './account-spec.js';
import { parseCurl } from './curl.js';
import { NestApp, type AppKind } from './nest-app.js';
import { answerMatches, parseGuide, parseQuickStart, type QuickStart, type Step } from './quick-start.js';

// A step takes minutes on a busy machine; a test that hangs is ended all the same.
jest.setTimeout(60 * 60_000);

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '../../..');

const KINDS: readonly (AppKind & { readonly name: string })[] = [
  { name: 'NestJS 12, ES modules, Vitest, mmap-io does not compile', nestMajor: 12, hasCompiler: false },
  { name: 'NestJS 11, CommonJS, Jest', nestMajor: 11, hasCompiler: true },
];

/** Prints whether the optional mmap-io is there; the quick start must do without it. */
const MMAP_IO_STATE =
  "try { require('node:module').createRequire(process.cwd() + '/')('mmap-io'); console.log('loads'); } catch { console.log('does not load'); }";

const unreachable = whyRegistryIsUnreachable();
if (unreachable !== null && process.env['CI'] === 'true')
  throw new Error(`new applications cannot be installed: ${unreachable}`);
if (unreachable !== null)
  console.warn(`skipped, because new applications cannot be installed: ${unreachable}`);

const readme = parseQuickStart(read('README.md'));
const gettingStarted = parseGuide(read('docs/guides/getting-started.md'));
const testing = parseGuide(read('docs/guides/testing.md'));

const scratch = mkdtempSync(join(tmpdir(), 'nestjs-file-journal-tarball-'));
let tarball: string;
if (unreachable === null) beforeAll(() => void (tarball = pack(scratch)));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

// In this order: each document continues with the application as the one before left it.
(unreachable === null ? describe : describe.skip).each(KINDS)('a new application: $name', (kind) => {
  let app: NestApp;
  beforeAll(async () => {
    app = await NestApp.create(kind);
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  test('runs the quick start of the README and keeps its state over kill -9', async () => {
    expect(await carryOut(readme, app)).toMatchObject({ start: 2, kill: 1, request: 4 });
    if (!kind.hasCompiler) expect(await app.shell(`node -e "${MMAP_IO_STATE}"`)).toBe('does not load\n');
  });

  test('finds every entry point, with its types', async () => {
    app.write('src/entry-points.ts', ENTRY_POINTS);
    await app.shell('npm run build');
    expect(await app.shell('node dist/entry-points.js')).toBe('function true\n');
    // Applications made before `nest new` changed to nodenext; this resolution does not read the exports map.
    const node10 = '--module commonjs --moduleResolution node10 --resolvePackageJsonExports false';
    if (kind.nestMajor === 11)
      await app.shell(`npx tsc -p tsconfig.build.json --noEmit --incremental false ${node10}`);
  });

  test('tests the account of the quick start with its own runner, on a real journal', async () => {
    app.write('src/account.spec.ts', ACCOUNT_SPEC);
    for (const { line } of suffixRemoval(kind)) await app.shell(line);
    try {
      expect(await runTests(app)).toBe(testsIn([ACCOUNT_SPEC]) + SCAFFOLDED_TESTS);
    } finally {
      app.remove('src/account.spec.ts');
    }
  });

  test('runs the guide to getting started, its tests included', async () => {
    app.remove('data');
    expect(await carryOut(gettingStarted, app)).toMatchObject({ start: 2, kill: 1, request: 5, test: 1 });
  });

  // The CLI bundles with webpack where it is asked to, and in a monorepo always.
  if (kind.nestMajor === 11) {
    test('runs what `nest build --webpack` makes of it', async () => {
      app.remove('dist');
      await app.shell('npx nest build --webpack');
      await app.start();
      const { status, body } = await app.request(parseCurl('curl -s localhost:3000/positions/BTC-USD'));
      expect([status, body]).toEqual([200, '{"symbol":"BTC-USD","position":"9007199254740990"}']);
      await app.kill();
    });
  }

  test('runs the tests of the guide to testing', async () => {
    expect(await carryOut(testing, app)).toMatchObject({ test: 1 });
  });
});

/** Both entry points, with types, whether or not the guides use them. */
const ENTRY_POINTS = `import * as journal from 'nestjs-file-journal';
import * as testing from 'nestjs-file-journal/testing';

console.log(typeof journal.FileJournal.open, Object.keys(testing).length > 0);
`;

/** The one in src/app.controller.spec.ts. */
const SCAFFOLDED_TESTS = 1;

function read(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

/** The command that the guide gives for NestJS 11. */
function suffixRemoval({ nestMajor }: AppKind): { line: string }[] {
  const steps = testing.steps.filter((step) => step.kind === 'shell' && step.line.startsWith('sed '));
  expect(steps).toMatchObject([{ kind: 'shell', major: 11 }]);
  return nestMajor === 11 ? (steps as { line: string }[]) : [];
}

/**
 * Writes the files and carries out the commands, those of another major left out.
 * @returns how many there were of each kind
 */
async function carryOut(
  { files, steps }: QuickStart,
  app: NestApp,
): Promise<Partial<Record<Step['kind'], number>>> {
  const done: Partial<Record<Step['kind'], number>> = {};
  const kinds = steps.map((step) => step.kind);
  const kill = kinds.indexOf('kill');
  if (kill !== -1) {
    expect({
      requestsBeforeTheKill: kinds.slice(0, kill).includes('request'),
      startsAfterTheKill: kinds.slice(kill).includes('start'),
      requestsAfterTheKill: kinds.slice(kinds.lastIndexOf('start')).includes('request'),
    }).toEqual({ requestsBeforeTheKill: true, startsAfterTheKill: true, requestsAfterTheKill: true });
  }
  for (const [path, content] of files) app.write(path, content);
  for (const step of steps) {
    if (step.major !== undefined && step.major !== app.nestMajor) continue;
    done[step.kind] = (done[step.kind] ?? 0) + 1;
    if (step.kind === 'install')
      await app.install(step.packages.map((name) => (name === 'nestjs-file-journal' ? tarball : name)));
    else if (step.kind === 'shell') await app.shell(step.line);
    else if (step.kind === 'test') {
      await app.kill();
      const ran = await runTests(app);
      written.set(app, [...(written.get(app) ?? []), ...files.values()]);
      expect(ran).toBe(testsIn(written.get(app) ?? []) + SCAFFOLDED_TESTS);
    } else if (step.kind === 'start') await app.start();
    else if (step.kind === 'kill') await app.kill();
    else if (step.kind === 'stop') await app.kill('SIGTERM');
    else {
      const { status, body } = await app.request(step.request);
      const matches = answerMatches(step.expected, status, body);
      expect({ request: step.line, status, body, asShown: matches ? true : step.expected }).toMatchObject({
        asShown: true,
      });
    }
  }
  await app.kill();
  return done;
}

/** What the documents put into an application, for the tests in it. */
const written = new WeakMap<NestApp, string[]>();

function testsIn(files: readonly string[]): number {
  return files.reduce((count, text) => count + [...text.matchAll(/^\s*(?:it|test)\(/gm)].length, 0);
}

/** `npm test`, which fails where a test does. @returns how many passed, as Vitest or Jest says it */
async function runTests(app: NestApp): Promise<number> {
  const output = await app.shell('npm test');
  const passed = /^ *Tests:? +(\d+) passed/m.exec(output)?.[1];
  if (passed === undefined) throw new Error(`the runner does not say how many tests passed:\n${output}`);
  return Number(passed);
}

function pack(directory: string): string {
  execFileSync(process.execPath, ['scripts/build.mjs', '--if-changed'], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
  const packed: unknown = JSON.parse(execFileSync('npm', args, { cwd: projectRoot, encoding: 'utf8' }));
  const [{ filename }] = Object.values(packed as object) as [{ filename: string }];
  return join(directory, filename);
}

/** Asks for one package that the applications need anyway. */
function whyRegistryIsUnreachable(): string | null {
  const args = ['view', 'rxjs', 'version', '--fetch-retries=0', '--fetch-timeout=20000'];
  const { status, stderr, error } = spawnSync('npm', args, { encoding: 'utf8' });
  if (status === 0) return null;
  return error?.message ?? /npm error (?!code)(.*)/.exec(stderr)?.[1] ?? 'the npm registry does not answer';
}
