import type { Durability } from 'nestjs-file-journal';

/** Injection token of the {@link BackendConfig}. */
export const BACKEND_CONFIG = Symbol('BACKEND_CONFIG');

/** What can be set from outside. */
export interface BackendConfig {
  /** The one symbol this backend trades. It is part of the journaled results: another symbol needs another journal. */
  readonly symbol: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly journalDirectory: string;
  /** @default what the journal takes, 256 MiB */
  readonly segmentSizeBytes?: number;
  readonly durability: Durability;
  /** A snapshot after so many commands; 0 takes none. */
  readonly snapshotEvery: number;
  /** How often the progress of a replay is logged. */
  readonly replayProgressMs: number;
}

/**
 * Reads `SYMBOL`, `HOST`, `PORT`, `JOURNAL_DIRECTORY`, `JOURNAL_SEGMENT_SIZE` (bytes), `JOURNAL_DURABILITY`,
 * `SNAPSHOT_EVERY` (commands) and `REPLAY_PROGRESS_MS`.
 *
 * @throws RangeError naming the variable
 */
export function configFromEnvironment(environment: NodeJS.ProcessEnv): BackendConfig {
  const { JOURNAL_DURABILITY: durability = 'sync' } = environment;
  if (durability !== 'sync' && durability !== 'async') {
    throw new RangeError(`JOURNAL_DURABILITY must be sync or async, got ${JSON.stringify(durability)}`);
  }
  return {
    symbol: environment['SYMBOL'] ?? 'BTC-USD',
    host: environment['HOST'] ?? '127.0.0.1',
    port: count(environment, 'PORT', 65_535) ?? 3000,
    journalDirectory: environment['JOURNAL_DIRECTORY'] ?? 'data/journal',
    segmentSizeBytes: count(environment, 'JOURNAL_SEGMENT_SIZE'),
    durability,
    snapshotEvery: count(environment, 'SNAPSHOT_EVERY') ?? 10_000,
    replayProgressMs: count(environment, 'REPLAY_PROGRESS_MS') ?? 1_000,
  };
}

function count(
  environment: NodeJS.ProcessEnv,
  name: string,
  max: number = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const text = environment[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max) {
    throw new RangeError(`${name} must be an integer of 0 … ${max}, got ${JSON.stringify(text)}`);
  }
  return value;
}
