import {
  SequencerEvent,
  U64_MAX,
  SequenceConflictError,
  InvalidArgumentError,
  EntryTooLargeError,
  type Journal,
} from '../../../src/journal/index.js';
import { changedEntries, codecMutant, eventWith, harnessMutant, mutant, type Mutant } from './mutant.js';

type Append = Journal['append'];
type AppendBatch = Journal['appendBatch'];

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A journal that passes all appends and batches through `write`. */
const writingWith =
  (write: (inner: Journal, event: SequencerEvent) => SequencerEvent) =>
  (inner: Journal): object => ({
    append: (async (event) => inner.append(write(inner, event))) satisfies Append,
    appendBatch: (async (events) =>
      inner.appendBatch(events.map((event) => write(inner, event)))) satisfies AppendBatch,
  });

/** A value as JSON.stringify writes it: functions vanish, NaN becomes null. */
const stringified = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? Number(field) : field)) ??
      'null',
  );

export const writeMutants: readonly Mutant[] = [
  mutant('arguments', 'accepts objects that look like events', (inner) => ({
    append: async (event: SequencerEvent) =>
      inner.append(event?.sequenceNum === undefined ? event : eventWith(event, {})),
  })),
  mutant('arguments', 'stores sequences modulo 2^64', (inner) => ({
    append: async (event: SequencerEvent) =>
      typeof event?.sequenceNum === 'bigint'
        ? inner.append(
            eventWith({ ...event, sequenceNum: BigInt.asUintN(64, event.sequenceNum) } as SequencerEvent, {}),
          )
        : inner.append(event),
  })),
  mutant('arguments', 'drops values that are not events from a batch', (inner) => ({
    appendBatch: async (events: SequencerEvent[]) =>
      inner.appendBatch(
        Array.isArray(events) ? events.filter((event) => SequencerEvent.isSequencerEvent(event)) : events,
      ),
  })),
  mutant('arguments', 'throws instead of rejecting', (inner) => ({
    append(event: SequencerEvent) {
      if (!SequencerEvent.isSequencerEvent(event))
        throw new InvalidArgumentError('event', event, 'a SequencerEvent');
      return inner.append(event);
    },
  })),
  mutant('arguments', 'accepts any number for archiving', (inner) => ({
    archiveSegmentsBefore: async (sequence: unknown) =>
      inner.archiveSegmentsBefore(
        typeof sequence === 'bigint' && sequence >= 0n && sequence <= U64_MAX ? sequence : 0n,
      ),
  })),

  mutant('append', 'swallows conflicts', (inner) => ({
    append: (event: SequencerEvent) =>
      inner.append(event).catch((error: unknown) => {
        if (!(error instanceof SequenceConflictError)) throw error;
      }),
  })),
  mutant(
    'append',
    'renumbers instead of refusing',
    writingWith((inner, event) => eventWith(event, { sequenceNum: inner.nextSequence ?? event.sequenceNum })),
  ),
  mutant('append', 'is poisoned by a conflict', (inner) => ({
    append: (event: SequencerEvent) =>
      inner.append(event).catch((error: unknown) => {
        inner.poison(error);
        throw error;
      }),
  })),
  mutant('append', 'names a wrong expected sequence', (inner) => ({
    append: (event: SequencerEvent) =>
      inner.append(event).catch((error: unknown) => {
        throw error instanceof SequenceConflictError
          ? new SequenceConflictError(inner.lastSequence, error.actual)
          : error;
      }),
  })),
  mutant('append', 'moves nextSequence only when it acknowledges', (inner) => ({
    get nextSequence() {
      return inner.lastSequence === null ? null : inner.lastSequence + 1n;
    },
  })),
  mutant('append', 'starts at 0 only', (inner) => ({
    append: async (event: SequencerEvent) => {
      if (inner.lastSequence === null && event.sequenceNum !== 0n)
        throw new SequenceConflictError(0n, event.sequenceNum);
      return inner.append(event);
    },
  })),
  mutant('append', 'counts an empty journal from 0', (inner) => ({
    get nextSequence() {
      return inner.nextSequence ?? 0n;
    },
  })),
  mutant('append', 'reads the event in a later turn', (inner) => ({
    async append(event: SequencerEvent) {
      await nextTurn();
      return inner.append(event);
    },
  })),
  mutant('append', 'makes time monotonic', (inner) => {
    let last = 0n;
    return writingWith((_, event) => {
      last = event.timestampNs > last ? event.timestampNs : last;
      return eventWith(event, { timestampNs: last });
    })(inner);
  }),

  mutant('unserialisable payloads', 'stores an event as JSON.stringify writes it', (inner) => ({
    append: async (event: SequencerEvent) => {
      let plain = event;
      try {
        plain = eventWith(event, { command: stringified(event.command), result: stringified(event.result) });
      } catch {
        // A cycle: the inner journal refuses it.
      }
      return inner.append(plain);
    },
  })),
  mutant('unserialisable payloads', 'treats a repeated object as a cycle', (inner) => ({
    append: async (event: SequencerEvent) => {
      const { buy, sell } = (event.command ?? {}) as { buy?: unknown; sell?: unknown };
      return inner.append(
        buy !== undefined && buy === sell ? eventWith(event, { command: Symbol('cycle') }) : event,
      );
    },
  })),
  mutant('unserialisable payloads', 'takes the sequence of a refused event', (inner) => {
    let lost = 0n;
    return {
      append: async (event: SequencerEvent) =>
        inner.append(event).catch((error: unknown) => {
          lost += 1n;
          throw error;
        }),
      get nextSequence() {
        return inner.nextSequence === null ? null : inner.nextSequence + lost;
      },
    };
  }),
  mutant('unserialisable payloads', 'overflows the stack on a cycle', (inner) => ({
    append: async (event: SequencerEvent) =>
      inner.append(event).catch((error: unknown) => {
        throw /cycl/i.test(String(error)) ? new RangeError('Maximum call stack size exceeded') : error;
      }),
  })),

  mutant('appendBatch', 'writes the valid events before an invalid one', (inner) => ({
    async appendBatch(events: SequencerEvent[]) {
      for (const event of events) await inner.append(event);
    },
  })),
  mutant('appendBatch', 'sorts the batch', (inner) => ({
    appendBatch: async (events: SequencerEvent[]) =>
      inner.appendBatch(events.toSorted((a, b) => (a.sequenceNum < b.sequenceNum ? -1 : 1))),
  })),
  mutant('appendBatch', 'refuses an empty batch', (inner) => ({
    async appendBatch(events: SequencerEvent[]) {
      if (events.length === 0) throw new InvalidArgumentError('events', events, 'at least one event');
      return inner.appendBatch(events);
    },
  })),
  mutant('appendBatch', 'reads the array in a later turn', (inner) => ({
    async appendBatch(events: SequencerEvent[]) {
      await nextTurn();
      return inner.appendBatch(events);
    },
  })),
  mutant('appendBatch', 'loses events that do not fit into a segment', (inner) => ({
    appendBatch: async (events: SequencerEvent[]) => inner.appendBatch(events.slice(0, 50)),
  })),
  mutant('appendBatch', 'wraps around after 2^64 - 1', (inner) => ({
    appendBatch: async (events: SequencerEvent[]) =>
      inner.appendBatch(events.filter((event, index) => index === 0 || event.sequenceNum !== 0n)),
  })),

  codecMutant('payloads', 'stores Latin-1', (codec) => ({
    encode: (event) => Buffer.from(Buffer.from(codec.encode(event)).toString('utf8'), 'latin1'),
    decode: (payload, ...header) => codec.decode(payload, ...header),
  })),
  codecMutant('payloads', 'normalises text', (codec) => ({
    encode: (event) => Buffer.from(Buffer.from(codec.encode(event)).toString('utf8').normalize('NFC')),
    decode: (payload, ...header) => codec.decode(payload, ...header),
  })),
  mutant('payloads', 'cannot hold more than 64 KiB', (inner) => ({
    append: async (event: SequencerEvent) => {
      if (typeof event.command === 'string' && event.command.length > 65_536)
        throw new EntryTooLargeError(event.command.length, 65_536);
      return inner.append(event);
    },
  })),
  harnessMutant('payloads', 'stores entries that are too large', {
    capabilities: {
      persistent: true,
      damageable: true,
      customCodec: true,
      smallSegments: true,
      maxEntrySizeBytes: 4096,
    },
  }),

  mutant('concurrency', 'acknowledges out of order', (inner) => ({
    append: async (event: SequencerEvent) => {
      await inner.append(event);
      if (event.sequenceNum % 2n === 0n) await nextTurn();
    },
  })),
  mutant('concurrency', 'starts a batch in a later turn', (inner) => ({
    async appendBatch(events: SequencerEvent[]) {
      await nextTurn();
      return inner.appendBatch(events);
    },
  })),
  mutant('concurrency', 'refuses more than 64 appends in flight', (inner) => {
    let inFlight = 0;
    return {
      async append(event: SequencerEvent) {
        if (inFlight >= 64) throw new Error('busy');
        inFlight += 1;
        return inner.append(event).finally(() => (inFlight -= 1));
      },
    };
  }),
  mutant('concurrency', 'shows gaps beside a writer', (inner) =>
    changedEntries(inner, (entry) =>
      (inner.lastSequence ?? 0n) < 99n && entry.sequenceNum === 10n ? null : entry,
    ),
  ),
];
