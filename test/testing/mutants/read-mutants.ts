import {
  type Journal,
  type JournalEntry,
  type ReadOptions,
  type SequencerEvent,
  U64_MAX,
} from '../../../src/journal/index.js';
import { changedEntries, entriesOf, mutant, type Mutant } from './mutant.js';

/** A `readFrom` that passes the call on with other options. */
const readingWith =
  (change: (options: ReadOptions) => ReadOptions) =>
  (inner: Journal): object => ({
    readFrom: (sequence: bigint, options: ReadOptions = {}) => inner.readFrom(sequence, change(options)),
  });

/** An iteration that follows the journal instead of ending. */
const following = (inner: Journal) => ({
  readFrom: (sequence: bigint | number, options: ReadOptions = {}) =>
    entriesOf(function* follow(): Generator<JournalEntry> {
      let from = BigInt(sequence);
      for (let given = 0; given < (options.limit ?? Infinity); given += 1) {
        const [entry] = inner.readFrom(from, { ...options, limit: 1 });
        if (entry === undefined) return;
        yield entry;
        from = entry.sequenceNum + 1n;
      }
    }),
});

const readMutant = (topic: string, fault: string, change: (options: ReadOptions) => ReadOptions): Mutant =>
  mutant(topic, fault, readingWith(change));

export const readMutants: readonly Mutant[] = [
  mutant('arguments', 'treats negative sequences as 0', (inner) => ({
    readFrom: (sequence: bigint | number, options: ReadOptions) =>
      inner.readFrom(typeof sequence !== 'symbol' && sequence < 0 ? 0n : sequence, options),
  })),
  readMutant('arguments', 'ignores an invalid limit', (options) =>
    options?.limit !== undefined && !(Number.isInteger(options.limit) && options.limit >= 0) ? {} : options,
  ),
  mutant('arguments', 'checks arguments only while iterating', (inner) => ({
    readFrom: (sequence: bigint, options: ReadOptions) =>
      entriesOf(() => inner.readFrom(sequence, options)[Symbol.iterator]()),
  })),
  mutant('arguments', 'refuses numbers', (inner) => ({
    readFrom: (sequence: bigint | number, options: ReadOptions) =>
      inner.readFrom(sequence === 1 ? 0n : sequence, options),
  })),

  mutant('visibility', 'shows unacknowledged entries', (inner) => ({
    get lastSequence() {
      return inner.nextSequence === null ? inner.lastSequence : inner.nextSequence - 1n;
    },
  })),
  mutant('visibility', 'acknowledges before it stores', (inner) => ({
    async append(event: SequencerEvent) {
      setImmediate(() => inner.append(event).catch(() => {}));
    },
  })),
  mutant('visibility', 'shows entries a turn after their acknowledgement', (inner) => {
    let shown: bigint | null = null;
    return {
      async append(event: SequencerEvent) {
        await inner.append(event);
        setImmediate(() => (shown = inner.lastSequence));
      },
      get lastSequence() {
        return shown;
      },
    };
  }),
  mutant('visibility', 'acknowledges a batch before it stores it', (inner) => ({
    async appendBatch(events: SequencerEvent[]) {
      setImmediate(() => inner.appendBatch(events).catch(() => {}));
    },
  })),
  mutant('visibility', 'never reports a durable sequence', () => ({ durableSequence: null })),

  mutant('readFrom', 'starts one entry late', (inner) => ({
    readFrom: (sequence: bigint | number, options: ReadOptions) =>
      inner.readFrom(BigInt(sequence) < U64_MAX ? BigInt(sequence) + 1n : sequence, options),
  })),
  mutant('readFrom', 'throws on an empty journal', (inner) => ({
    readFrom(sequence: bigint, options: ReadOptions) {
      if (inner.lastSequence === null && inner.nextSequence === null) throw new RangeError('empty');
      return inner.readFrom(sequence, options);
    },
  })),
  mutant('readFrom', 'throws below the first sequence', (inner) => ({
    readFrom(sequence: bigint | number, options: ReadOptions) {
      if (inner.firstAvailableSequence !== null && sequence < inner.firstAvailableSequence)
        throw new RangeError('archived');
      return inner.readFrom(sequence, options);
    },
  })),
  mutant('readFrom', 'throws beyond the end', (inner) => ({
    readFrom(sequence: bigint | number, options: ReadOptions) {
      if (inner.lastSequence !== null && sequence > inner.lastSequence)
        throw new RangeError('beyond the end');
      return inner.readFrom(sequence, options);
    },
  })),
  readMutant('readFrom', 'ignores the limit', (options) => ({ ...options, limit: undefined })),
  readMutant('readFrom', 'treats a limit of 0 as none', (options) => ({
    ...options,
    limit: options.limit || undefined,
  })),
  mutant('readFrom', 'follows the journal while iterating', following),
  mutant('readFrom', 'can be iterated once', (inner) => ({
    readFrom(sequence: bigint, options: ReadOptions) {
      const once = inner.readFrom(sequence, options)[Symbol.iterator]();
      return entriesOf(() => once);
    },
  })),
  mutant('readFrom', 'returns an entry twice in async iterations', (inner) => ({
    readFrom(sequence: bigint, options: ReadOptions) {
      const entries = inner.readFrom(sequence, options);
      return {
        [Symbol.iterator]: () => entries[Symbol.iterator](),
        async *[Symbol.asyncIterator]() {
          for await (const entry of entries) {
            yield entry;
            if (entry.sequenceNum === inner.lastSequence) yield entry;
          }
        },
      };
    },
  })),
  mutant('readFrom', 'bounds an iteration at its first step', (inner) => ({
    readFrom: (sequence: bigint, options: ReadOptions) =>
      entriesOf(function* lazily() {
        yield* inner.readFrom(sequence, options);
      }),
  })),
  mutant('readFrom', 'stops at the end of a segment', (inner) =>
    changedEntries(inner, (entry, index) => (index < 50 ? entry : null)),
  ),

  mutant('readFrom: event loop and signal', 'blocks the event loop', (inner) => ({
    readFrom(sequence: bigint, options: ReadOptions) {
      const entries = inner.readFrom(sequence, options);
      return entriesOf(() => entries[Symbol.iterator]());
    },
  })),
  readMutant('readFrom: event loop and signal', 'ignores the signal', (options) => ({
    ...options,
    signal: undefined,
  })),
  mutant('readFrom: event loop and signal', 'forgets the reason of the signal', (inner) => ({
    readFrom: (sequence: bigint, options: ReadOptions) =>
      entriesOf(function* withoutReason() {
        for (const entry of inner.readFrom(sequence, { ...options, signal: undefined })) {
          if (options?.signal?.aborted) throw new Error('aborted');
          yield entry;
        }
      }),
  })),
  mutant('readFrom: event loop and signal', 'ends quietly on a signal', (inner) => ({
    readFrom: (sequence: bigint, options: ReadOptions) =>
      entriesOf(function* quietly() {
        for (const entry of inner.readFrom(sequence, { ...options, signal: undefined })) {
          if (options?.signal?.aborted) return;
          yield entry;
        }
      }),
  })),
  readMutant('readFrom: event loop and signal', 'treats every signal as aborted', (options) => ({
    ...options,
    limit: options?.signal === undefined ? undefined : 2,
  })),
];
