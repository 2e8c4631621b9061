import { InvalidOptionError, type Durability, type PayloadCodec } from '../journal/index.js';
import { assertOptions, type OptionNames } from '../common/index.js';
import type { InitialEntry } from './initial-entry.js';
import { jsonCodec } from '../serialization/index.js';

/**
 * Options of `InMemoryJournal.open`.
 * @publicApi
 */
export interface InMemoryJournalOptions<TCommand = unknown, TResult = unknown> {
  /**
   * As in the file journal. Nothing is stored on a device, but `durableSequence` advances as if it were: in
   * `sync` with every acknowledgement, in `async` shortly after it, or with `flush()`.
   * @default 'sync'
   */
  readonly durability?: Durability;
  /** Checks that events can be stored, and decodes them. @default jsonCodec() */
  readonly codec?: PayloadCodec<TCommand, TResult>;
  /** Number of entries in a segment, the unit of `archiveSegmentsBefore`. @default 1024 */
  readonly entriesPerSegment?: number;
  /**
   * The entries of the journal when it opens, in order and without gaps: a history for a test, or the entries
   * of an earlier journal to simulate a restart. @default none
   */
  readonly initialEntries?: Iterable<InitialEntry<TCommand, TResult>>;
}

/** The options with their defaults. */
export type ResolvedOptions<TCommand, TResult> = Required<InMemoryJournalOptions<TCommand, TResult>>;

const DEFAULT_ENTRIES_PER_SEGMENT = 1024;
const OPTIONS: OptionNames<InMemoryJournalOptions> = {
  durability: true,
  codec: true,
  entriesPerSegment: true,
  initialEntries: true,
};

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) that names the option */
export function resolveOptions<TCommand, TResult>(
  options: InMemoryJournalOptions<TCommand, TResult>,
): ResolvedOptions<TCommand, TResult> {
  assertOptions(options, OPTIONS);
  const {
    durability = 'sync',
    codec = jsonCodec<TCommand, TResult>(),
    entriesPerSegment = DEFAULT_ENTRIES_PER_SEGMENT,
    initialEntries = [],
  } = options;
  if (durability !== 'sync' && durability !== 'async') {
    throw new InvalidOptionError('durability', durability, "'sync' or 'async'");
  }
  if (typeof codec?.encode !== 'function' || typeof codec.decode !== 'function') {
    throw new InvalidOptionError('codec', codec, 'a PayloadCodec with encode() and decode()');
  }
  if (!Number.isSafeInteger(entriesPerSegment) || entriesPerSegment < 1) {
    throw new InvalidOptionError('entriesPerSegment', entriesPerSegment, 'a positive integer');
  }
  if (typeof (initialEntries as { [Symbol.iterator]?: unknown } | null)?.[Symbol.iterator] !== 'function') {
    throw new InvalidOptionError('initialEntries', initialEntries, 'an iterable of events or entries');
  }
  return { durability, codec, entriesPerSegment, initialEntries };
}
