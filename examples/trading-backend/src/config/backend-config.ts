import type { LogLevel } from '@nestjs/common';
import type { Durability } from 'nestjs-file-journal';

/** Injection token of the {@link BackendConfig}. */
export const BACKEND_CONFIG = Symbol('BACKEND_CONFIG');

/** The settings of the backend. */
export interface BackendConfig {
  /**
   * The symbol that this backend trades. The journaled results contain it, so another symbol needs another
   * journal.
   */
  readonly symbol: string;
  readonly host: string;
  /** 0 selects any free port. */
  readonly port: number;
  readonly journalDirectory: string;
  /** @default the default of the journal, 256 MiB */
  readonly segmentSizeBytes?: number;
  readonly durability: Durability;
  /** The number of commands between two snapshots; 0 takes none. */
  readonly snapshotEvery: number;
  /** The interval at which the progress of a replay is logged. */
  readonly replayProgressMs: number;
  /** The lowest level that is logged; `debug` logs every trade. */
  readonly logLevel: LogLevel;
}

const DURABILITIES: readonly Durability[] = ['sync', 'async'];
const LOG_LEVELS: readonly LogLevel[] = ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'];

/**
 * Reads `SYMBOL`, `HOST`, `PORT`, `JOURNAL_DIRECTORY`, `JOURNAL_SEGMENT_SIZE` (bytes), `JOURNAL_DURABILITY`,
 * `SNAPSHOT_EVERY` (commands), `REPLAY_PROGRESS_MS` and `LOG_LEVEL`.
 *
 * @throws RangeError that names the variable
 */
export function configFromEnvironment(environment: NodeJS.ProcessEnv): BackendConfig {
  return {
    symbol: text(environment, 'SYMBOL') ?? 'BTC-USD',
    host: text(environment, 'HOST') ?? '127.0.0.1',
    port: count(environment, 'PORT', 65_535) ?? 3000,
    journalDirectory: text(environment, 'JOURNAL_DIRECTORY') ?? 'data/journal',
    segmentSizeBytes: count(environment, 'JOURNAL_SEGMENT_SIZE'),
    durability: oneOf(environment, 'JOURNAL_DURABILITY', DURABILITIES) ?? 'sync',
    snapshotEvery: count(environment, 'SNAPSHOT_EVERY') ?? 10_000,
    replayProgressMs: count(environment, 'REPLAY_PROGRESS_MS') ?? 1_000,
    logLevel: oneOf(environment, 'LOG_LEVEL', LOG_LEVELS) ?? 'log',
  };
}

/** An empty variable counts as not set, because Compose files omit a variable that way. */
function text(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  return environment[name] === '' ? undefined : environment[name];
}

function count(
  environment: NodeJS.ProcessEnv,
  name: string,
  max: number = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const value = text(environment, name);
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value) || Number(value) > max) {
    throw new RangeError(`${name} must be an integer of 0 … ${max}, got ${JSON.stringify(value)}`);
  }
  return Number(value);
}

function oneOf<T extends string>(
  environment: NodeJS.ProcessEnv,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const value = text(environment, name);
  if (value === undefined) return undefined;
  const found = allowed.find((item) => item === value);
  if (found === undefined) {
    throw new RangeError(`${name} must be one of ${allowed.join(', ')}, got ${JSON.stringify(value)}`);
  }
  return found;
}
