import type { Durability, Journal } from '../../journal/index.js';
import type { ConformanceOpenOptions, JournalCapabilities, RequiredCapability } from './harness.js';

/** What a test opens journals with; they are closed when it ends, however it ends. */
export interface TestTools {
  readonly durability: Durability;
  readonly capabilities: JournalCapabilities;
  /** A new, empty journal. */
  open(options?: Partial<ConformanceOpenOptions>): Promise<Journal>;
  /** For topics that require `persistent`: the journal of the same store after a restart. */
  reopen(journal: Journal): Promise<Journal>;
  /** For topics that require `damageable`: the journal of the damaged store. */
  damage(journal: Journal, sequence: bigint): Promise<Journal>;
}

export type TestBody = (tools: TestTools) => Promise<void>;

export type DefineTest = (name: string, body: TestBody, requires?: RequiredCapability) => void;

/** One promise of the contract and the tests that hold a journal to it. */
export interface Topic {
  readonly name: string;
  /** Skips the whole topic when missing. */
  readonly requires?: RequiredCapability;
  define(test: DefineTest): void;
}
