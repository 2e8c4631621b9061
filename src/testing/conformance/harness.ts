import type { Durability, Journal, PayloadCodec } from '../../journal/index.js';

/** The functions of a test runner the suite needs; those of Jest, Vitest, Mocha and `node:test` fit as they are. */
export interface ConformanceRunner {
  describe(name: string, define: () => void): unknown;
  it: {
    (name: string, run: () => Promise<void>): unknown;
    /** Reports tests whose capability is missing. Without it they are left out. */
    skip?(name: string, run: () => Promise<void>): unknown;
  };
}

/** What a test wants of the journal it opens. */
export interface ConformanceOpenOptions {
  readonly durability: Durability;
  /**
   * True: 100 entries with payloads of 100 to 200 bytes must fill at least four segments.
   * False: a payload of 1 MiB must fit.
   */
  readonly smallSegments: boolean;
  /** The codec to use; undefined: the journal's own lossless JSON. */
  readonly codec: PayloadCodec | undefined;
}

/** What a journal can do beyond the core of the contract. A `false` skips the tests that need it. */
export interface JournalCapabilities {
  /** What was stored can be opened again; needs `reopen`. */
  readonly persistent: boolean;
  /** A stored entry can be damaged from outside; needs `damage`. */
  readonly damageable: boolean;
  /** `open` honours `codec`. */
  readonly customCodec: boolean;
  /** `open` honours `smallSegments`, and `archiveSegmentsBefore` takes whole segments away. */
  readonly smallSegments: boolean;
  /** Bytes of the largest entry that fits when `smallSegments` is true. @default no test of it */
  readonly maxEntrySizeBytes?: number;
}

/** The journal under test. */
export interface JournalHarness {
  /** Shown in the report. */
  readonly name: string;
  readonly capabilities: JournalCapabilities;
  /** The whole suite runs once for each. @default ['sync', 'async'] */
  readonly durabilities?: readonly Durability[];
  /** Opens a new, empty journal, with a store of its own. */
  open(options: ConformanceOpenOptions): Promise<Journal>;
  /** Closes `journal` and opens its store again, as a restart of the process would. */
  reopen?(journal: Journal, options: ConformanceOpenOptions): Promise<Journal>;
  /**
   * Changes a byte in the stored payload of `sequence`, behind the journal's back.
   * @returns a journal that reads the damaged store: the same one, or a new one after closing it
   */
  damage?(journal: Journal, sequence: bigint, options: ConformanceOpenOptions): Promise<Journal>;
  /** Runs after each test, when its journals are closed: remove directories and the like. */
  cleanup?(): Promise<void> | void;
}

/** The capabilities a test can depend on. */
export type RequiredCapability = Exclude<keyof JournalCapabilities, 'maxEntrySizeBytes'>;
