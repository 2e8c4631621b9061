import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { runJestSuite } from './jest-suite.js';
import { NestApp, type AppKind } from './nest-app.js';
import { answerMatches, parseQuickStart, type QuickStart } from './quick-start.js';

jest.setTimeout(10 * 60_000);

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '../../..');

const KINDS: readonly (AppKind & { readonly name: string })[] = [
  {
    name: 'NestJS 12, ES modules, mmap-io does not compile',
    nestMajor: 12,
    moduleKind: 'esm',
    typescript: '^6.0.2',
    hasCompiler: false,
  },
  {
    name: 'NestJS 11, CommonJS',
    nestMajor: 11,
    moduleKind: 'commonjs',
    typescript: '^5.7.3',
    hasCompiler: true,
  },
];

/** Prints whether the optional mmap-io is there; the quick start must do without it. */
const MMAP_IO_STATE =
  "try { require('node:module').createRequire(process.cwd() + '/')('mmap-io'); console.log('loads'); } catch { console.log('does not load'); }";

const unreachable = whyRegistryIsUnreachable();
if (unreachable !== null && process.env['CI'] === 'true')
  throw new Error(`new applications cannot be installed: ${unreachable}`);
if (unreachable !== null)
  console.warn(`skipped, because new applications cannot be installed: ${unreachable}`);

(unreachable === null ? describe : describe.skip)('a new application', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'nestjs-file-journal-tarball-'));
  let tarball: string;

  beforeAll(() => {
    tarball = pack(scratch);
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test.each(KINDS)(
    '$name: runs the quick start of the README and keeps its state over kill -9',
    async (kind) => {
      const quickStart = parseQuickStart(readFileSync(join(projectRoot, 'README.md'), 'utf8'));
      await using app = new NestApp(kind, quickStart.files);
      // Both entry points, with types, whether or not the quick start uses them.
      app.write(
        'src/entry-points.ts',
        `import * as journal from 'nestjs-file-journal';
import * as testing from 'nestjs-file-journal/testing';

console.log(typeof journal.FileJournal.open, Object.keys(testing).length > 0);
`,
      );
      await app.install(
        packagesOf(quickStart).map((name) => (name === 'nestjs-file-journal' ? tarball : name)),
      );
      if (!kind.hasCompiler) expect(await app.node('-e', MMAP_IO_STATE)).toBe('does not load\n');
      await app.compile();
      if (kind.moduleKind === 'commonjs') {
        // Applications made before `nest new` changed to nodenext; this resolution does not read the exports map.
        await app.compile(
          '--noEmit',
          '--module',
          'commonjs',
          '--moduleResolution',
          'node10',
          '--resolvePackageJsonExports',
          'false',
        );
      }
      expect(await app.node('dist/entry-points.js')).toBe('function true\n');
      await carryOut(quickStart, app);
      // Jest cannot require() the ES modules of NestJS 12.
      if (kind.nestMajor === 11) expect(await runJestSuite(app)).toEqual({ passed: 4, failed: 0 });
    },
  );
});

function packagesOf({ steps }: QuickStart): string[] {
  const packages = steps.flatMap((step) => (step.kind === 'install' ? step.packages : []));
  expect(packages).toContain('nestjs-file-journal');
  return packages;
}

async function carryOut({ steps }: QuickStart, app: NestApp): Promise<void> {
  const kinds = steps.map((step) => step.kind);
  const kill = kinds.indexOf('kill');
  expect({
    requestsBeforeTheKill: kinds.slice(0, kill).includes('request'),
    startsAfterTheKill: kinds.slice(kill).includes('start'),
    requestsAfterTheKill: kinds.slice(kinds.lastIndexOf('start')).includes('request'),
  }).toEqual({ requestsBeforeTheKill: true, startsAfterTheKill: true, requestsAfterTheKill: true });

  for (const step of steps) {
    if (step.kind === 'start') await app.start();
    else if (step.kind === 'kill') await app.kill();
    else if (step.kind === 'request') {
      const { status, body } = await app.request(step.request);
      const matches = answerMatches(step.expected, status, body);
      expect({ request: step.line, status, body, asShown: matches ? true : step.expected }).toMatchObject({
        asShown: true,
      });
    }
  }
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
