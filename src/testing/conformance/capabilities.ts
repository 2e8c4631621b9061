import { InvalidOptionError } from '../../journal/index.js';

/**
 * Capabilities of a journal beyond the core of the contract. `false` skips the tests that need it.
 * @publicApi
 */
export interface JournalCapabilities {
  /** A store can be opened again; needs `reopen`. */
  readonly persistent: boolean;
  /** A stored entry can be damaged from outside; needs `damage`. */
  readonly damageable: boolean;
  /** `open` honours `codec`. */
  readonly customCodec: boolean;
  /** `open` honours `smallSegments`, and `archiveSegmentsBefore` archives whole segments. */
  readonly smallSegments: boolean;
  /** Size of the largest entry that fits with `smallSegments`. @default not tested */
  readonly maxEntrySizeBytes?: number;
}

/** Capabilities that a test can require. */
export type RequiredCapability = Exclude<keyof JournalCapabilities, 'maxEntrySizeBytes'>;

/** Returns the first of the required capabilities that the journal lacks; its test is skipped. */
export function missingCapability(
  capabilities: JournalCapabilities,
  required: readonly (RequiredCapability | undefined)[],
): RequiredCapability | undefined {
  return required.find((capability) => capability !== undefined && !capabilities[capability]);
}

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) for a capability without its function */
export function assertCapabilities(
  capabilities: JournalCapabilities,
  { reopen, damage }: { readonly reopen?: unknown; readonly damage?: unknown },
): void {
  if (capabilities.persistent && reopen === undefined) {
    throw new InvalidOptionError('capabilities.persistent', true, 'false unless reopen() is given');
  }
  if (capabilities.damageable && damage === undefined) {
    throw new InvalidOptionError('capabilities.damageable', true, 'false unless damage() is given');
  }
}
