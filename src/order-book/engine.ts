import { InvalidOptionError } from '../journal/index.js';
import { refuse } from '../serialization/index.js';
import type { ResultRules } from './schema.js';

/** Versions of orderbook-rs, oldest first. Patch releases read and write the same. */
const ENGINES = ['0.7', '0.8', '0.9', '0.10', '0.11', '0.12', '0.13', '0.14', '0.15'] as const;

/**
 * A version of the Rust crate orderbook-rs.
 * @publicApi
 */
export type OrderBookEngine = (typeof ENGINES)[number];

/** The first version that reads a command or result, where that is not the oldest. */
const FIRST_READER: ReadonlyMap<string, OrderBookEngine> = new Map([
  ['MarketOrderByAmount', '0.8'],
  ['EvictExpiredOrders', '0.10'],
  ['RejectedWithCode', '0.13'],
  ['MatchAborted', '0.14'],
]);

/** The first version that writes `error`, `origin_stop_id` and `failures`, whether there is something to say or not. */
const FIRST_COMPLETE: OrderBookEngine = '0.14';

/** The first version that checks a match result when it reads one. */
const FIRST_CHECKING: OrderBookEngine = '0.12';

/** What a codec has to know about the version of the crate that shares its journal. */
export class EngineRules implements ResultRules {
  readonly complete: boolean;
  readonly consistent: boolean;
  private readonly unreadable: ReadonlySet<string>;

  /** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) for a version that is not known */
  constructor(private readonly engine: OrderBookEngine | undefined) {
    if (engine !== undefined && !ENGINES.includes(engine)) {
      throw new InvalidOptionError('engine', engine, `left out, or one of ${ENGINES.join(', ')}`);
    }
    this.complete = engine !== undefined && !isOlder(engine, FIRST_COMPLETE);
    this.consistent = engine === undefined || !isOlder(engine, FIRST_CHECKING);
    this.unreadable = new Set(
      [...FIRST_READER]
        .filter(([, since]) => engine !== undefined && isOlder(engine, since))
        .map(([name]) => name),
    );
  }

  /**
   * @param field `command` or `result`, whose `value` this is
   * @throws SerializationError (`JOURNAL_SERIALIZATION`) for a variant that the engine cannot read
   */
  checkVariant(field: string, value: unknown): void {
    // Nearly always so: no engine was named, or a new one.
    if (this.unreadable.size === 0 || typeof value !== 'object' || value === null) return;
    for (const name of Object.keys(value)) {
      if (!this.unreadable.has(name)) continue;
      const since = FIRST_READER.get(name);
      refuse(`orderbook-rs ${this.engine} cannot read the variant ${name}, which ${since} added`, [field]);
    }
  }
}

function isOlder(engine: OrderBookEngine, than: OrderBookEngine): boolean {
  return ENGINES.indexOf(engine) < ENGINES.indexOf(than);
}
