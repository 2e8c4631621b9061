import { setImmediate } from 'node:timers/promises';
import {
  InvalidArgumentError,
  JournalError,
  type JournalEntries,
  type JournalEntry,
  type PayloadCodec,
  type ReadError,
  type ReadOptions,
} from '../journal/index.js';
import { MemoryEntry, verifyCrc } from './memory-record.js';
import type { LocatedRecord } from './memory-segments.js';

/** An async iteration gives way to timers and sockets after so many entries … */
const SLICE_ENTRIES = 256;
/** … or so much time, whichever comes first; the time counts what the consumer does with an entry, too. */
const SLICE_MS = 5;

/** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) that names the option */
export function assertReadOptions(options: ReadOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidArgumentError('options', options, 'an object');
  }
  const { onCorrupt, signal, limit } = options;
  if (
    onCorrupt !== undefined &&
    onCorrupt !== 'throw' &&
    onCorrupt !== 'skip' &&
    typeof onCorrupt !== 'function'
  ) {
    throw new InvalidArgumentError('onCorrupt', onCorrupt, "'throw', 'skip' or a function");
  }
  if (signal !== undefined && !isAbortSignal(signal)) {
    throw new InvalidArgumentError('signal', signal, 'an AbortSignal');
  }
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 0)) {
    throw new InvalidArgumentError('limit', limit, 'a non-negative integer');
  }
}

/** What `readFrom` returns: every iteration asks `visible` anew, once, when it starts. */
export class MemoryEntries<TCommand, TResult> implements JournalEntries<TCommand, TResult> {
  constructor(
    private readonly visible: () => Iterable<LocatedRecord>,
    private readonly codec: PayloadCodec<TCommand, TResult>,
    private readonly options: ReadOptions,
  ) {}

  // Not generators themselves: a generator would look at the journal when the first entry is asked for, not now.
  [Symbol.iterator](): Iterator<JournalEntry<TCommand, TResult>> {
    return this.entriesOf(this.visible());
  }

  [Symbol.asyncIterator](): AsyncIterator<JournalEntry<TCommand, TResult>> {
    return inSlices(this.entriesOf(this.visible()), this.options.signal);
  }

  private *entriesOf(
    records: Iterable<LocatedRecord>,
  ): Generator<JournalEntry<TCommand, TResult>, void, undefined> {
    const { signal, limit = Infinity } = this.options;
    let given = 0;
    signal?.throwIfAborted();
    for (const located of records) {
      if (given >= limit) return;
      const entry = this.entryOf(located);
      if (entry === null) continue;
      given += 1;
      yield entry;
      signal?.throwIfAborted();
    }
  }

  /** Null for damage that `onCorrupt` wants to be passed over. */
  private entryOf({ record, location }: LocatedRecord): MemoryEntry<TCommand, TResult> | null {
    const { onCorrupt = 'throw' } = this.options;
    const entry = new MemoryEntry(record, location, this.codec);
    try {
      verifyCrc(record, location);
      if (onCorrupt !== 'throw') void entry.event;
      return entry;
    } catch (error) {
      if (onCorrupt === 'throw' || !JournalError.isJournalError(error)) throw error;
      // verifyCrc and the decoding throw nothing else.
      if (typeof onCorrupt === 'function') onCorrupt(error as ReadError);
      return null;
    }
  }
}

/** Yields `entries`, and lets the event loop run between slices of them. */
async function* inSlices<T>(
  entries: Iterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  let sliceEnd = performance.now() + SLICE_MS;
  let given = 0;
  for (const entry of entries) {
    yield entry;
    given += 1;
    if (given % SLICE_ENTRIES !== 0 && performance.now() < sliceEnd) continue;
    await setImmediate();
    signal?.throwIfAborted();
    sliceEnd = performance.now() + SLICE_MS;
  }
}

/** By shape: polyfills and other realms (Jest's among them) have their own class. */
function isAbortSignal(value: unknown): value is AbortSignal {
  const signal = value as Partial<AbortSignal> | null;
  return typeof signal === 'object' && signal !== null && typeof signal.throwIfAborted === 'function';
}
