import type { Durability, PayloadCodec } from '../journal/index.js';
import {
  choiceOption,
  objectOption,
  option,
  resolveOnly,
  type OptionsOf,
  type ResolvedOptionsOf,
} from '../common/index.js';
import type { InitialEntry } from './initial-entry.js';
import { jsonCodec } from '../serialization/index.js';

const DEFAULT_ENTRIES_PER_SEGMENT = 1024;

// A new option is one property of this table. It is a function, because some options have the types of the
// events.
function optionTable<TCommand, TResult>() {
  return {
    /**
     * As in the file journal. Nothing is stored on a device, but `durableSequence` advances as if it were: in
     * `sync` with every acknowledgement, in `async` shortly after it, or with `flush()`.
     * @default 'sync'
     */
    durability: choiceOption<Durability>(['sync', 'async'], 'sync'),
    /** Checks that events can be stored, and decodes them. @default jsonCodec() */
    codec: {
      ...objectOption<PayloadCodec<TCommand, TResult>>('a PayloadCodec with encode() and decode()', [
        'encode',
        'decode',
      ]),
      defaultValue: jsonCodec<TCommand, TResult>(),
    },
    /** Number of entries in a segment, the unit of `archiveSegmentsBefore`. @default 1024 */
    entriesPerSegment: option('a positive integer', isCount, DEFAULT_ENTRIES_PER_SEGMENT),
    /**
     * The entries of the journal when it opens, in order and without gaps: a history for a test, or the
     * entries of an earlier journal to simulate a restart.
     * @default none
     */
    initialEntries: option(
      'an iterable of events or entries',
      isIterable<InitialEntry<TCommand, TResult>>,
      [],
    ),
  };
}

type Options<TCommand, TResult> = ReturnType<typeof optionTable<TCommand, TResult>>;

/**
 * Options of `InMemoryJournal.open`.
 * @publicApi
 */
export interface InMemoryJournalOptions<TCommand = unknown, TResult = unknown> extends OptionsOf<
  Options<TCommand, TResult>
> {}

/** The options with their defaults. */
export type ResolvedOptions<TCommand, TResult> = ResolvedOptionsOf<Options<TCommand, TResult>>;

/** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) that names the option */
export function resolveOptions<TCommand, TResult>(
  options: InMemoryJournalOptions<TCommand, TResult>,
): ResolvedOptions<TCommand, TResult> {
  return resolveOnly<Options<TCommand, TResult>>(optionTable<TCommand, TResult>(), options);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isIterable<TItem>(value: unknown): value is Iterable<TItem> {
  return typeof (value as { [Symbol.iterator]?: unknown } | null)?.[Symbol.iterator] === 'function';
}
