/**
 * A PostgreSQL cluster for this run, with default settings, so that a commit is on the device when it
 * returns.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { subdirectory } from '../harness/workspace.js';
import type { PostgresAddress } from './contestant.js';

/** Where Debian's packages install the server programs. */
const DEBIAN_DIRECTORY = '/usr/lib/postgresql';
/** PostgreSQL refuses to run as root. */
const UNPRIVILEGED_USERS = ['postgres', 'nobody'];
const USER = 'bench';
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
/** A pool for each contestant on each platform. */
const MAX_CONNECTIONS = 200;

interface Identity {
  readonly uid: number;
  readonly gid: number;
}

export interface PostgresCluster {
  /** Version of the server, such as `15.18`. */
  readonly version: string;
  /** Creates an empty database. */
  createDatabase(name: string): PostgresAddress;
  stop(): Promise<void>;
}

/** @throws (rejects) with the missing part, if PostgreSQL is not installed */
export async function startPostgres(workspace: string): Promise<PostgresCluster> {
  const programs = findPrograms();
  const identity = unprivileged();
  const directory = subdirectory(workspace, 'postgres');
  if (identity !== null) {
    chownSync(directory, identity.uid, identity.gid);
    // The other user can reach its own directory, but sees nothing else.
    chmodSync(workspace, 0o711);
  }
  const data = join(directory, 'data');
  const as = { ...identity, cwd: directory, encoding: 'utf8' } as const;
  run(join(programs, 'initdb'), ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale=C'], as);
  const port = await freePort();
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-p', String(port), '-k', directory, '-h', '', '-N', String(MAX_CONNECTIONS)],
    { ...identity, cwd: directory, stdio: 'ignore' },
  );
  const psql = (sql: string, database = 'postgres'): string =>
    run(
      join(programs, 'psql'),
      ['-h', directory, '-p', String(port), '-U', USER, '-d', database, '-XAtqc', sql],
      as,
    );
  await untilReady(server, () => psql('SHOW server_version'));
  assertDurable(psql);
  return {
    version: psql('SHOW server_version').trim(),
    createDatabase(name) {
      psql(`CREATE DATABASE ${name}`);
      return { host: directory, port, user: USER, database: name };
    },
    async stop() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const exited = once(server, 'exit');
      // A fast shutdown: it does not wait for clients.
      server.kill('SIGINT');
      await exited;
    },
  };
}

/** The directory of `initdb`: the one in the path, or that of the newest release in Debian's packages. */
function findPrograms(): string {
  const releases = existsSync(DEBIAN_DIRECTORY)
    ? readdirSync(DEBIAN_DIRECTORY)
        .sort((a, b) => Number(b) - Number(a))
        .map((release) => join(DEBIAN_DIRECTORY, release, 'bin'))
    : [];
  const found = [...releases, ...(process.env['PATH'] ?? '').split(delimiter)].find((directory) =>
    ['initdb', 'postgres', 'psql'].every((program) => existsSync(join(directory, program))),
  );
  if (found === undefined) throw new Error('PostgreSQL is not installed (initdb, postgres and psql)');
  return found;
}

/** Returns another user if this process runs as root; otherwise null. */
function unprivileged(): Identity | null {
  if (process.getuid?.() !== 0) return null;
  for (const user of UNPRIVILEGED_USERS) {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number.parseInt(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout, 10),
    );
    if (uid !== undefined && gid !== undefined && uid > 0 && gid > 0) return { uid, gid };
  }
  throw new Error(`PostgreSQL does not run as root, and there is no user ${UNPRIVILEGED_USERS.join(' or ')}`);
}

async function untilReady(server: ChildProcess, probe: () => unknown): Promise<void> {
  const endMs = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    if (server.exitCode !== null || server.signalCode !== null) throw new Error('PostgreSQL did not start');
    try {
      probe();
      return;
    } catch (error) {
      if (performance.now() > endMs) {
        server.kill('SIGQUIT');
        throw error;
      }
    }
    await delay(POLL_MS);
  }
}

/**
 * Checks a setting, because the system may change the defaults, and the comparison would then mean nothing.
 */
function assertDurable(psql: (sql: string) => string): void {
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    if (psql(`SHOW ${setting}`).trim() !== 'on') throw new Error(`PostgreSQL runs without ${setting}`);
  }
}

function run(program: string, parameters: readonly string[], options: object): string {
  return execFileSync(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'], ...options }).toString();
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
