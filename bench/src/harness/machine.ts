import { cpus, release, totalmem } from 'node:os';
import { contestantVersion } from './project.js';
import { fileSystemOf } from './workspace.js';

/** The properties of the machine that the figures depend on. Nothing identifies the machine. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly fileSystem: string;
  readonly node: string;
  readonly contestants: Readonly<Record<string, string | null>>;
}

const PACKAGES = [
  'better-sqlite3',
  'lmdb',
  'classic-level',
  'mitata',
  'autocannon',
  'pg',
  '@event-driven-io/emmett-postgresql',
  '@ocoda/event-sourcing-postgres',
];

export function describeMachine(directory: string): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: /^\d+\.\d+/.exec(release())?.[0] ?? 'unknown',
    fileSystem: fileSystemOf(directory),
    node: process.version,
    contestants: Object.fromEntries(PACKAGES.map((name) => [name, contestantVersion(name)])),
  };
}
