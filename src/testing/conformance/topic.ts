import type { Durability, Journal } from '../../journal/index.js';
import type { JournalCapabilities, RequiredCapability } from './capabilities.js';
import type { ConformanceOpenOptions } from './harness.js';

/** Opens journals for one test. They are closed after the test, even if it fails. */
export interface TestTools {
  readonly durability: Durability;
  readonly capabilities: JournalCapabilities;
  /** Opens a new, empty journal. */
  open(options?: Partial<ConformanceOpenOptions>): Promise<Journal>;
  /** Opens the store of a journal again, as after a restart. For topics that require `persistent`. */
  reopen(journal: Journal): Promise<Journal>;
  /** Damages an entry and returns a journal of the damaged store. For topics that require `damageable`. */
  damage(journal: Journal, sequence: bigint): Promise<Journal>;
}

export type TestBody = (tools: TestTools) => Promise<void>;

export type DefineTest = (name: string, body: TestBody, requires?: RequiredCapability) => void;

/** One promise of the contract, and its tests. */
export interface Topic {
  readonly name: string;
  /** The whole topic is skipped without this capability. */
  readonly requires?: RequiredCapability;
  define(test: DefineTest): void;
}
