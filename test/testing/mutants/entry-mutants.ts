import {
  type Journal,
  type JournalEntry,
  type ReadOptions,
  type SequencerEvent,
  SequencerEvent as Event,
} from '../../../src/journal/index.js';
import {
  changedEntries,
  codecMutant,
  entriesOf,
  entryWith,
  eventWith,
  mutant,
  type Mutant,
} from './mutant.js';

/** A `readFrom` that passes the call on with other options. */
const readingWith =
  (change: (options: ReadOptions) => ReadOptions) =>
  (inner: Journal): object => ({
    readFrom: (sequence: bigint, options: ReadOptions = {}) => inner.readFrom(sequence, change(options)),
  });

const readMutant = (topic: string, fault: string, change: (options: ReadOptions) => ReadOptions): Mutant =>
  mutant(topic, fault, readingWith(change));

export const entryMutants: readonly Mutant[] = [
  mutant('entries', 'stores a wrong CRC', (inner) =>
    changedEntries(inner, (entry) => entryWith(entry, { storedCrc: entry.storedCrc ^ 1 })),
  ),
  codecMutant('entries', 'loses bigints', (codec) => ({
    encode: (event) => codec.encode(event),
    decode(payload, sequenceNum, timestampNs) {
      const { command, result } = JSON.parse(new TextDecoder().decode(payload)) as {
        command: unknown;
        result: unknown;
      };
      return new Event({ sequenceNum, timestampNs, command, result });
    },
  })),
  codecMutant('entries', 'writes spaces into the payload', (codec) => ({
    encode: (event) =>
      Buffer.from(Buffer.from(codec.encode(event)).toString().replace(',"command":', ', "command": ')),
    decode: (payload, ...header) => codec.decode(payload, ...header),
  })),
  mutant('entries', 'decodes on every use', (inner) =>
    changedEntries(inner, (entry) =>
      entryWith(entry, {
        get event() {
          return eventWith(entry.event, {});
        },
      }),
    ),
  ),
  mutant('entries', 'decodes while reading', (inner) =>
    changedEntries(inner, (entry) => {
      void entry.event;
      return entry;
    }),
  ),
  mutant('entries', 'shares decoded events between readers', (inner) => {
    const decoded = new Map<bigint, SequencerEvent>();
    return changedEntries(inner, (entry) =>
      entryWith(entry, {
        get event() {
          const event = decoded.get(entry.sequenceNum) ?? entry.event;
          decoded.set(entry.sequenceNum, event);
          return event;
        },
      }),
    );
  }),
  mutant('entries', 'reuses the buffer of the payload', (inner) => {
    const scratch = Buffer.alloc(4096);
    return changedEntries(inner, (entry) => {
      scratch.set(entry.payload.subarray(0, 4096));
      return entryWith(entry, { payload: scratch.subarray(0, entry.payload.length) });
    });
  }),
  mutant('entries', 'clears payloads on close', (inner) => {
    const handedOut: JournalEntry[] = [];
    return {
      ...changedEntries(inner, (entry) => {
        handedOut.push(entry);
        return entry;
      }),
      async close() {
        await inner.close();
        for (const { payload } of handedOut) payload.fill(0);
      },
    };
  }),
  mutant('entries', 'clears payloads on archiving', (inner) => {
    const handedOut: JournalEntry[] = [];
    return {
      ...changedEntries(inner, (entry) => {
        handedOut.push(entry);
        return entry;
      }),
      async archiveSegmentsBefore(sequence: bigint) {
        for (const { payload } of handedOut) payload.fill(0);
        return inner.archiveSegmentsBefore(sequence);
      },
    };
  }),
  mutant('entries', 'formats decoded events again', (inner) => ({
    append: async (event: SequencerEvent) => inner.append(eventWith(event, {})),
  })),
  mutant('entries', 'has no toJSON', (inner) =>
    changedEntries(inner, (entry) => entryWith(entry, { toJSON: undefined })),
  ),

  readMutant('damaged entries', 'skips damage silently', (options) => ({
    onCorrupt: 'skip',
    ...options,
  })),
  readMutant('damaged entries', 'always throws', (options) => ({
    ...options,
    onCorrupt: 'throw',
  })),
  mutant('damaged entries', 'ends reading at damage', (inner) => ({
    readFrom(sequence: bigint, options: ReadOptions) {
      return entriesOf(function* untilDamage() {
        try {
          yield* inner.readFrom(sequence, { ...options, onCorrupt: 'throw' });
        } catch (error) {
          if (typeof options?.onCorrupt === 'function') options.onCorrupt(error as never);
          else if (options?.onCorrupt !== 'skip') throw error;
        }
      });
    },
  })),
  mutant('damaged entries', 'checks everything before the first entry', (inner) => ({
    readFrom(sequence: bigint, options: ReadOptions) {
      return entriesOf(() =>
        [...inner.readFrom(sequence, { ...options, limit: undefined })][Symbol.iterator](),
      );
    },
  })),
  mutant('damaged entries', 'is poisoned by damage', (inner) => ({
    readFrom(sequence: bigint, options: ReadOptions) {
      return entriesOf(function* poisoning() {
        yield* inner.readFrom(sequence, options);
      });
    },
    get nextSequence() {
      try {
        return [...inner.readFrom(0n)].length === 0 ? null : inner.nextSequence;
      } catch {
        return null;
      }
    },
  })),

  mutant('undecodable payloads', 'decodes while reading', (inner) =>
    changedEntries(inner, (entry) => {
      void entry.event;
      return entry;
    }),
  ),
  mutant('undecodable payloads', 'does not decode with skip', (inner) => ({
    readFrom: (sequence: bigint, options: ReadOptions) =>
      inner.readFrom(sequence, { ...options, onCorrupt: 'throw' }),
  })),
  mutant('undecodable payloads', 'does not decode when it verifies', (inner) => ({
    verifyIntegrity: async () => ({ ...(await inner.verifyIntegrity()), ok: true, errors: [] }),
  })),
];
