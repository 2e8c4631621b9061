import { InvalidOptionError } from '../journal/index.js';

/** Versions of orderbook-rs, oldest first. Patch releases read and write the same. */
const ENGINES = ['0.7', '0.8', '0.9', '0.10', '0.11', '0.12', '0.13', '0.14', '0.15'] as const;

/**
 * A version of the Rust crate orderbook-rs.
 * @publicApi
 */
export type OrderBookEngine = (typeof ENGINES)[number];

/**
 * Whether ids must have a form that Rust can read.
 * @publicApi
 */
export type IdRule = 'checked' | 'any';

/** What a codec writes and what it refuses. */
export interface WriteRules {
  readonly ids: IdRule;
  /** The version that shares the journal; undefined for events that every version reads. */
  readonly engine: OrderBookEngine | undefined;
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) */
export function assertWriteRules({ ids, engine }: WriteRules): void {
  if (ids !== 'checked' && ids !== 'any') throw new InvalidOptionError('ids', ids, "'checked' or 'any'");
  if (engine !== undefined && !ENGINES.includes(engine)) {
    throw new InvalidOptionError('engine', engine, `left out, or one of ${ENGINES.join(', ')}`);
  }
}

/** Whether `engine` is the version `since` or a later one; true if no engine is given. */
export function isSince(engine: OrderBookEngine | undefined, since: OrderBookEngine | undefined): boolean {
  return engine === undefined || since === undefined || ENGINES.indexOf(engine) >= ENGINES.indexOf(since);
}
