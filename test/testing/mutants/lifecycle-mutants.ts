import {
  JournalClosedError,
  JournalPoisonedError,
  U64_MAX,
  type Journal,
  type JournalEntry,
  type ReadOptions,
  type SequencerEvent,
} from '../../../src/journal/index.js';
import {
  InMemoryJournal,
  type InitialEntry,
  type InMemoryJournalOptions,
} from '../../../src/in-memory-journal/index.js';
import type { ConformanceOpenOptions, JournalHarness } from '../../../src/testing/index.js';
import { changedEntries, harnessMutant, mutant, type Mutant } from './mutant.js';

/** A harness with a faulty restart. */
const restartMutant = (fault: string, reopen: NonNullable<JournalHarness['reopen']>): Mutant =>
  harnessMutant('persistence', fault, { reopen });

export const lifecycleMutants: readonly Mutant[] = [
  mutant('archiveSegmentsBefore', 'archives the segment that holds the sequence', (inner) => ({
    archiveSegmentsBefore: (sequence: bigint | number) =>
      inner.archiveSegmentsBefore(BigInt(sequence) === U64_MAX ? U64_MAX : BigInt(sequence) + 1n),
  })),
  mutant('archiveSegmentsBefore', 'leaves a segment that is due', (inner) => ({
    archiveSegmentsBefore: async (sequence: bigint | number) =>
      BigInt(sequence) === 0n ? 0 : inner.archiveSegmentsBefore(BigInt(sequence) - 1n),
  })),
  mutant('archiveSegmentsBefore', 'archives nothing', () => ({ archiveSegmentsBefore: async () => 0 })),
  mutant('archiveSegmentsBefore', 'does not count', (inner) => ({
    archiveSegmentsBefore: async (sequence: bigint) => inner.archiveSegmentsBefore(sequence).then(() => 1),
  })),
  mutant('archiveSegmentsBefore', 'keeps its former firstAvailableSequence', (inner) => {
    let first: bigint | null = null;
    return {
      get firstAvailableSequence() {
        return (first ??= inner.firstAvailableSequence);
      },
    };
  }),
  mutant('archiveSegmentsBefore', 'hides the active segment', (inner) => {
    let hidden = false;
    return {
      archiveSegmentsBefore(sequence: bigint) {
        hidden ||= sequence === U64_MAX;
        return inner.archiveSegmentsBefore(sequence);
      },
      readFrom: (sequence: bigint, options: ReadOptions) =>
        inner.readFrom(sequence, hidden ? { limit: 0 } : options),
    };
  }),
  mutant('archiveSegmentsBefore', 'removes segments from a running iteration', (inner) =>
    changedEntries(inner, (entry) =>
      entry.sequenceNum >= (inner.firstAvailableSequence ?? 0n) ? entry : null,
    ),
  ),
  mutant('archiveSegmentsBefore', 'refuses while appends are in flight', (inner) => ({
    archiveSegmentsBefore: async (sequence: bigint) =>
      inner.nextSequence !== null && inner.lastSequence !== inner.nextSequence - 1n
        ? 0
        : inner.archiveSegmentsBefore(sequence),
  })),
  mutant('archiveSegmentsBefore', 'reports what it archived as missing', (inner) => ({
    verifyIntegrity: async () => ({
      ...(await inner.verifyIntegrity()),
      ok: inner.firstAvailableSequence === 0n,
      firstSequence: 0n,
    }),
  })),

  mutant('verifyIntegrity', 'always reports ok', (inner) => ({
    verifyIntegrity: async () => ({ ...(await inner.verifyIntegrity()), ok: true, errors: [] }),
  })),
  mutant('verifyIntegrity', 'counts in numbers', (inner) => ({
    verifyIntegrity: async () => {
      const report = await inner.verifyIntegrity();
      return { ...report, entries: Number(report.entries), bytes: Number(report.bytes) };
    },
  })),
  mutant('verifyIntegrity', 'throws for damage', (inner) => ({
    verifyIntegrity: async () => {
      for (const entry of inner.readFrom(0n)) void entry.event;
      return inner.verifyIntegrity();
    },
  })),
  mutant('verifyIntegrity', 'stops at the first fault', (inner) => ({
    verifyIntegrity: async () => {
      const report = await inner.verifyIntegrity();
      return { ...report, errors: report.errors.slice(0, 1) };
    },
  })),
  mutant('verifyIntegrity', 'counts one segment only', (inner) => ({
    verifyIntegrity: async () => ({ ...(await inner.verifyIntegrity()), segments: 1 }),
  })),

  mutant('open, flush and close', 'always reports a clean opening', (inner) => ({
    recovery: { ...inner.recovery, outcome: 'clean' },
  })),
  mutant('open, flush and close', 'does not wait with flush', (inner) => {
    let durable: bigint | null = null;
    return {
      async flush() {
        void inner.flush();
        setImmediate(() => (durable = inner.durableSequence));
      },
      get durableSequence() {
        return durable;
      },
    };
  }),
  mutant('open, flush and close', 'does not wait with close', (inner) => ({
    async append(event: SequencerEvent) {
      await inner.append(event);
      await new Promise((resolve) => setTimeout(resolve, 2));
    },
  })),
  mutant('open, flush and close', 'accepts until close has finished', (inner) => ({
    async close() {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return inner.close();
    },
  })),
  mutant('open, flush and close', 'can be closed once', (inner) => {
    let closed = false;
    return {
      async close() {
        if (closed) throw new JournalClosedError();
        closed = true;
        return inner.close();
      },
    };
  }),
  mutant('open, flush and close', 'reads after close', (inner) => ({
    readFrom: (sequence: bigint, options: ReadOptions) =>
      inner.state === 'closed' ? [] : inner.readFrom(sequence, options),
  })),
  mutant('open, flush and close', 'ends early when it is closed under a reader', (inner) =>
    changedEntries(inner, (entry) => (inner.state === 'closed' && entry.sequenceNum > 2n ? null : entry)),
  ),
  mutant('open, flush and close', 'does not close on dispose', () => ({
    [Symbol.asyncDispose]: async () => {},
  })),

  mutant('poison', 'ignores the poison', () => ({ poison: () => {} })),
  mutant('poison', 'forgets the cause', (inner) => ({ poison: () => inner.poison(new Error('failed')) })),
  mutant('poison', 'takes the last cause', (inner) => {
    let last: JournalPoisonedError | null = null;
    return {
      poison(cause: unknown) {
        last = new JournalPoisonedError(cause);
        inner.poison(cause);
      },
      get failure() {
        return last;
      },
    };
  }),
  mutant('poison', 'reports an unknown outcome', (inner) => ({
    append: (event: SequencerEvent) =>
      inner.append(event).catch((error: unknown) => {
        throw error instanceof JournalPoisonedError
          ? new JournalPoisonedError(error.cause, 'unknown')
          : error;
      }),
  })),
  mutant('poison', 'calls listeners every time', (inner) => {
    const listeners = new Set<Parameters<Journal['onPoisoned']>[0]>();
    return {
      poison(cause: unknown) {
        inner.poison(cause);
        for (const listener of listeners) listener(new JournalPoisonedError(cause));
      },
      onPoisoned(listener: Parameters<Journal['onPoisoned']>[0]) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
  }),
  mutant('poison', 'keeps listeners that were removed', (inner) => ({
    onPoisoned(listener: Parameters<Journal['onPoisoned']>[0]) {
      inner.onPoisoned(listener);
      return () => {};
    },
  })),
  mutant('poison', 'does not call late listeners', (inner) => ({
    onPoisoned: (listener: Parameters<Journal['onPoisoned']>[0]) =>
      inner.state === 'poisoned' ? () => {} : inner.onPoisoned(listener),
  })),
  mutant('poison', 'cannot be read', (inner) => ({
    readFrom(sequence: bigint, options: ReadOptions) {
      if (inner.failure !== null) throw inner.failure;
      return inner.readFrom(sequence, options);
    },
  })),
  mutant('poison', 'never settles appends in flight', (inner) => ({
    append: (event: SequencerEvent) =>
      inner.state === 'open' ? inner.append(event).catch(() => new Promise(() => {})) : inner.append(event),
  })),
  mutant('poison', 'acknowledges dropped appends', (inner) => ({
    append: async (event: SequencerEvent) =>
      inner.state === 'open' ? inner.append(event).catch(() => {}) : inner.append(event),
  })),
  mutant('poison', 'cannot be closed', (inner) => ({
    async close() {
      if (inner.failure !== null) throw inner.failure;
      return inner.close();
    },
  })),
  mutant('poison', 'is poisoned by refusals', (inner) => ({
    append: (event: SequencerEvent) =>
      inner.append(event).catch((error: unknown) => {
        inner.poison(error);
        throw error;
      }),
  })),

  restartMutant('loses the last entry', async (journal, options) => {
    const entries = [...journal.readFrom(0n)];
    await journal.close();
    return reopened(entries.slice(0, -1), options);
  }),
  restartMutant('loses everything', async (journal, options) => {
    await journal.close();
    return reopened([], options);
  }),
  restartMutant('restores archived entries', async (journal, options) => {
    const entries = [...journal.readFrom(0n)];
    await journal.close();
    const [first] = entries;
    const archived =
      first === undefined || first.sequenceNum === 0n ? [] : [movedTo(first.sequenceNum - 1n, first)];
    return reopened([...archived, ...entries], options);
  }),
  restartMutant('stores refused entries', async (journal, options) => {
    const entries = [...journal.readFrom(0n)];
    await journal.close();
    const last = entries.at(-1);
    const refused = last === undefined || last.sequenceNum > 0n ? [] : [movedTo(last.sequenceNum + 1n, last)];
    return reopened([...entries, ...refused], options);
  }),
  mutant('persistence', 'always reports that it was created', (inner) => ({
    recovery: { ...inner.recovery, outcome: 'created' },
  })),
];

function reopened(
  initialEntries: NonNullable<InMemoryJournalOptions['initialEntries']>,
  { durability }: ConformanceOpenOptions,
): Promise<Journal> {
  return InMemoryJournal.open({ initialEntries, durability });
}

/** An entry with the same payload at another sequence; its CRC does not matter. */
function movedTo(sequenceNum: bigint, { payload }: JournalEntry): InitialEntry {
  return { sequenceNum, timestampNs: 0n, payload, storedCrc: 0 };
}
