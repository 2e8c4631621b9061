import { InMemoryJournal } from '../../../src/in-memory-journal/index.js';
import {
  SequencerEvent,
  type Journal,
  type JournalEntries,
  type JournalEntry,
  type PayloadCodec,
} from '../../../src/journal/index.js';
import { jsonCodec } from '../../../src/serialization/json-codec.js';
import type { JournalHarness } from '../../../src/testing/index.js';
import { inMemoryHarness } from '../in-memory-harness.js';

/** A journal with one fault, and the topic that must find it. */
export interface Mutant {
  readonly topic: string;
  readonly fault: string;
  readonly harness: JournalHarness;
}

/** An in-memory journal with some members replaced. */
export function mutant(topic: string, fault: string, replace: (inner: Journal) => object): Mutant {
  return harnessMutant(topic, fault, {}, replace);
}

/** A fault of the harness: in reopening, or in its capabilities. */
export function harnessMutant(
  topic: string,
  fault: string,
  overrides: Partial<JournalHarness>,
  replace: (inner: Journal) => object = () => ({}),
): Mutant {
  const harness = inMemoryHarness(fault, async (options) => {
    const inner = await InMemoryJournal.open(options);
    return withReplaced(inner, replace(inner));
  });
  return { topic, fault, harness: { ...harness, durabilities: ['sync'], ...overrides } };
}

/** An in-memory journal with a faulty codec. */
export function codecMutant(
  topic: string,
  fault: string,
  distort: (codec: PayloadCodec) => PayloadCodec,
): Mutant {
  const harness = inMemoryHarness(fault, (options) =>
    InMemoryJournal.open({ ...options, codec: distort(options.codec ?? jsonCodec()) }),
  );
  return { topic, fault, harness: { ...harness, durabilities: ['sync'] } };
}

/** A `readFrom` that passes its entries through `change`. */
export function changedEntries(
  inner: Journal,
  change: (entry: JournalEntry, index: number) => JournalEntry | null,
): { readFrom: Journal['readFrom'] } {
  return {
    readFrom(sequence, options) {
      const entries = inner.readFrom(sequence, options);
      return {
        *[Symbol.iterator]() {
          let index = 0;
          for (const entry of entries) {
            const changed = change(entry, index++);
            if (changed !== null) yield changed;
          }
        },
        async *[Symbol.asyncIterator]() {
          let index = 0;
          for await (const entry of entries) {
            const changed = change(entry, index++);
            if (changed !== null) yield changed;
          }
        },
      };
    },
  };
}

/** The entry with some members replaced; the others come from the original. */
export function entryWith(entry: JournalEntry, replaced: object): JournalEntry {
  return withReplaced(entry, replaced);
}

/** The entries of an iterator function, for both kinds of iteration. */
export function entriesOf(iterate: () => Iterator<JournalEntry>): JournalEntries {
  return {
    [Symbol.iterator]: iterate,
    async *[Symbol.asyncIterator]() {
      yield* { [Symbol.iterator]: iterate };
    },
  };
}

export function eventWith(event: SequencerEvent, fields: Partial<SequencerEvent>): SequencerEvent {
  const { sequenceNum, timestampNs, command, result } = event;
  return new SequencerEvent({ sequenceNum, timestampNs, command, result, ...fields });
}

function withReplaced<T extends object>(original: T, replaced: object): T {
  return new Proxy(original, {
    get(target, key) {
      if (Reflect.has(replaced, key) && !(key in Object.prototype)) return Reflect.get(replaced, key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
