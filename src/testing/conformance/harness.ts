import type { Durability, Journal, PayloadCodec } from '../../journal/index.js';
import type { JournalCapabilities } from './capabilities.js';

/**
 * Functions of a test runner that the suite needs. Those of Jest, Vitest, Mocha and `node:test` fit
 * unchanged.
 * @publicApi
 */
export interface ConformanceRunner {
  /** Groups tests. */
  describe(name: string, define: () => void): unknown;
  /** Defines a test. */
  it: {
    (name: string, run: () => Promise<void>): unknown;
    /** Reports tests whose capability is missing. Without it, they are omitted. */
    skip?(name: string, run: () => Promise<void>): unknown;
  };
}

/**
 * Options of the journal that a test opens.
 * @publicApi
 */
export interface ConformanceOpenOptions {
  /** Mode to open the journal in. */
  readonly durability: Durability;
  /**
   * True: 100 entries with payloads of 100 to 200 bytes must fill at least four segments.
   * False: a payload of 1 MiB must fit.
   */
  readonly smallSegments: boolean;
  /** Codec of the journal; undefined: its own lossless JSON. */
  readonly codec: PayloadCodec | undefined;
}

/**
 * The journal under test.
 * @publicApi
 */
export interface JournalHarness {
  /** Name in the report. */
  readonly name: string;
  /** What the journal can do. */
  readonly capabilities: JournalCapabilities;
  /** The suite runs once per durability. @default ['sync', 'async'] */
  readonly durabilities?: readonly Durability[];
  /** Opens a new, empty journal, with a store of its own. */
  open(options: ConformanceOpenOptions): Promise<Journal>;
  /** Closes `journal` and opens its store again, like a restart of the process. */
  reopen?(journal: Journal, options: ConformanceOpenOptions): Promise<Journal>;
  /**
   * Changes a byte in the stored payload of `sequence`, behind the journal's back.
   * @returns a journal that reads the damaged store: the same one, or a new one after closing it
   */
  damage?(journal: Journal, sequence: bigint, options: ConformanceOpenOptions): Promise<Journal>;
  /** Called after each test, when its journals are closed: to remove directories, for example. */
  cleanup?(): Promise<void> | void;
}
