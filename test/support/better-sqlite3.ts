/**
 * better-sqlite3 for the tests that need it. It is not a dependency of this package: if no binary can be
 * downloaded it is compiled, and `npm ci` must not depend on that. CI tries to install it once, on the
 * installed release of Node.js; elsewhere these tests are skipped unless it is there: `REQUIRE_SQLITE=1`
 * installs it or fails, `BETTER_SQLITE3_DIRECTORY` names a directory whose node_modules has it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SqliteConnection } from '../../src/projections/index.js';

/**
 * Version 13 needs Node.js 22 and comes with binaries. Version 12 ends a process on Node.js 24: a statement
 * that is collected after Jest has left its context aborts.
 */
const VERSION = Number(process.versions.node.split('.')[0]) >= 22 ? '13.2.0' : '12.11.1';
const INSTALL_TIMEOUT_MS = 15 * 60_000;
const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules/.cache', `better-sqlite3-${VERSION}-abi-${process.versions.modules}`);

export interface SqliteDatabase extends SqliteConnection {
  pragma(text: string): unknown;
  close(): unknown;
}

export type SqliteDriver = new (path: string) => SqliteDatabase;

/** A directory whose `node_modules` has better-sqlite3; null where there is none, which has been said. */
export const SQLITE_DIRECTORY = find();

/** For the title of a skipped test. */
export const WITHOUT_SQLITE = SQLITE_DIRECTORY === null ? ' (skipped: needs better-sqlite3)' : '';

/** @throws where {@link SQLITE_DIRECTORY} is null */
export function loadSqlite(): SqliteDriver {
  if (SQLITE_DIRECTORY === null) throw new Error('better-sqlite3 is not installed');
  return createRequire(join(SQLITE_DIRECTORY, 'package.json'))('better-sqlite3') as SqliteDriver;
}

function find(): string | null {
  const given = process.env['BETTER_SQLITE3_DIRECTORY'];
  if (given !== undefined) return resolve(given);
  if (existsSync(join(cache, 'package.json'))) return cache;
  const isRequired = process.env['REQUIRE_SQLITE'] === '1';
  const isTried = process.env['CI'] === 'true' && process.env['COMPAT_SUITE'] === undefined;
  if (!isTried && !isRequired) {
    console.warn(
      'better-sqlite3 is not installed: tests with SQLite are skipped; REQUIRE_SQLITE=1 installs it (minutes, with a C++ compiler)',
    );
    return null;
  }
  try {
    installOnce();
    return cache;
  } catch (error) {
    if (isRequired) throw error;
    console.warn(`tests with SQLite are skipped: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

/** Test files run in several processes: one installs, the others wait. */
function installOnce(): void {
  const lock = `${cache}.lock`;
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      if (existsSync(join(cache, 'package.json'))) return;
      // Left by a process that was killed.
      const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
      if (Date.now() - made > INSTALL_TIMEOUT_MS) rmSync(lock, { recursive: true, force: true });
    }
  }
  try {
    if (!existsSync(join(cache, 'package.json'))) install();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function install(): void {
  const directory = `${cache}.installing`;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({ private: true, allowScripts: { 'better-sqlite3': true } }),
  );
  const { status, stdout, stderr } = spawnSync(
    'npm',
    ['install', '--no-audit', '--no-fund', `better-sqlite3@${VERSION}`],
    {
      cwd: directory,
      encoding: 'utf8',
      timeout: INSTALL_TIMEOUT_MS,
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  if (status !== 0) throw new Error(`better-sqlite3 could not be installed:\n${stdout}\n${stderr}`);
  renameSync(directory, cache);
}
