import { describe, expect, it } from '@jest/globals';
import { AggregateIndex, AggregateTypes, On } from '../../src/aggregates/index.js';
import { EventClassRegistry } from '../../src/events/index.js';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { SequencerEvent, type JournalEntry } from '../../src/journal/index.js';
import { ReplayService, SnapshotService } from '../../src/replay/index.js';
import { jsonCodec } from '../../src/serialization/index.js';
import { bytesInUse } from '../support/collect-garbage.js';
import { Random } from '../support/random.js';
import { named } from '../support/event-classes.js';

/** An event in the form of the first releases, without the type of the aggregate. */
const event = (aggregateId: string, name = 'Moved', data: unknown = { by: 1 }) => ({
  [name]: { v: 1, aggregateId, data },
});

const typed = (aggregateType: string, aggregateId: string, name = 'Moved', data: unknown = { by: 1 }) => ({
  [name]: { v: 1, aggregateId, aggregateType, data },
});

class Moved {}
class Parked {}
class Renamed {}

class Car {
  @On(Moved)
  moved(_event: Moved): void {}
}
class Ship {
  @On(Parked)
  parked(_event: Parked): void {}
}

interface Root {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: new () => object;
}

const CAR: Root = { name: 'Car', aliases: [], type: Car };
const SHIP: Root = { name: 'Ship', aliases: [], type: Ship };

function typesOf(roots: readonly Root[] = [CAR], skipsUnknown = false): AggregateTypes {
  const events = new EventClassRegistry();
  events.register(named({ Moved, Parked, Renamed }));
  return new AggregateTypes(roots, events, skipsUnknown);
}

async function journalOf(commands: readonly unknown[], firstSequence = 0n): Promise<InMemoryJournal> {
  const journal = await InMemoryJournal.open({ entriesPerSegment: 8 });
  for (const [index, command] of commands.entries()) {
    const sequenceNum = firstSequence + BigInt(index);
    await journal.append(new SequencerEvent({ sequenceNum, timestampNs: 1, command, result: null }));
  }
  return journal;
}

function indexOf(
  entries: Iterable<JournalEntry>,
  how: 'entry' | 'event' = 'entry',
  types = typesOf(),
): AggregateIndex {
  const index = new AggregateIndex(types);
  for (const entry of entries) {
    if (how === 'entry') index.deliverEntry(entry);
    else index.deliver(entry.event);
  }
  return index;
}

/** Like {@link indexOf}, but uses the appended events, and reads an entry only if the index requires it. */
function indexOfStored(
  commands: readonly unknown[],
  entries: readonly JournalEntry[],
  types = typesOf(),
): { readonly index: AggregateIndex; readonly read: number } {
  const index = new AggregateIndex(types);
  let read = 0;
  for (const [at, entry] of entries.entries()) {
    const { sequenceNum, timestampNs } = entry;
    const command = jsonCodec().toPlain?.(commands[at], 'command');
    if (index.deliverStored(new SequencerEvent({ sequenceNum, timestampNs, command, result: null })))
      continue;
    index.deliverEntry(entry);
    read += 1;
  }
  return { index, read };
}

function contentOf(index: AggregateIndex, type = 'Car') {
  return {
    lastSequence: index.lastSequence,
    oldestNeeded: index.oldestNeeded,
    aggregates: [...index.ids(type)].map((id) => ({
      id,
      ...index.positionOf(type, id),
      sequences: index.sequencesOf(type, id),
    })),
  };
}

function restored(index: AggregateIndex, types = typesOf()): AggregateIndex {
  const copy = new AggregateIndex(types);
  copy.snapshots.restore(index.snapshots.capture(), index.lastSequence ?? 0n);
  return copy;
}

const REQUESTS = 200;
const REQUEST_BYTES = 100_000;

describe('The index of aggregates', () => {
  it('knows the entries and the number of events of an aggregate', async () => {
    const journal = await journalOf([
      { Deposit: { account: 'a' } },
      event('a'),
      { DomainEvents: [event('a'), event('b'), event('a')] },
      'CancelAll',
      event('b'),
    ]);
    const index = indexOf(journal.readFrom(0));
    expect(contentOf(index)).toEqual({
      lastSequence: 4n,
      oldestNeeded: 1n,
      aggregates: [
        { id: 'a', version: 3, sequence: 2n, sequences: [1n, 2n] },
        { id: 'b', version: 2, sequence: 4n, sequences: [2n, 4n] },
      ],
    });
    expect(index.sequencesOf('Car', 'a', 1n)).toEqual([2n]);
    expect(index.sequencesOf('Car', 'a', 2n)).toEqual([]);
    expect(index.positionOf('Car', 'c')).toEqual({ sequence: null, version: 0 });
    expect(index.sequencesOf('Car', 'c')).toEqual([]);
  });

  it.each([
    ['a type', typed('Car', 'a')],
    ['a type with escapes', typed('C"ar', 'a')],
    ['a type beyond ASCII', typed('Auto für köln', 'a')],
    ['a type that is not a string', { Moved: { v: 1, aggregateId: 'a', aggregateType: 1, data: 1 } }],
    ['ids with escapes', event('"quoted\\"')],
    ['ids beyond ASCII', event('köln/東京')],
    ['an empty id', event('')],
    ['a long id', event('x'.repeat(1_000))],
    ['names with escapes', event('a', 'Mo"ved')],
    ['unknown names', event('a', 'Forgotten')],
    ['data that looks like an envelope', event('a', 'Moved', { Moved: { v: 1, aggregateId: 'b', data: 1 } })],
    ['an id in a command that is not an event', { Move: { aggregateId: 'a', data: 1 } }],
    ['an id in a command with more to it', { Move: { v: 1, aggregateId: 'a', data: 1, reason: 'x' } }],
    ['an id deep in a command', { Move: { nested: { v: 1, aggregateId: 'a', data: 1 } } }],
    ['two events in two properties', { ...event('a', 'First'), ...event('b', 'Other') }],
    ['large integers', event('a', 'Moved', { by: 2n ** 70n })],
    ['a version that is a bigint', { Moved: { v: 1n, aggregateId: 'a', data: 1 } }],
    ['a type after the data', { Moved: { v: 1, aggregateId: 'a', data: { by: 1 }, aggregateType: 'Ship' } }],
    ['a type that is undefined', { Moved: { v: 1, aggregateId: 'a', aggregateType: undefined, data: 1 } }],
    ['an id that is read from toJSON', { Moved: { toJSON: () => ({ v: 1, aggregateId: 'a', data: 1 }) } }],
  ])(
    'finds the same owner in the bytes, the decoded event and the appended event: %s',
    async (_what, command) => {
      const commands = [event('b'), command];
      const entries = [...(await journalOf(commands)).readFrom(0)];
      const content = contentOf(indexOf(entries));
      expect(contentOf(indexOf(entries, 'event'))).toEqual(content);
      expect(contentOf(indexOfStored(commands, entries).index)).toEqual(content);
    },
  );

  it('keeps no text that an id is a part of', () => {
    const index = new AggregateIndex(typesOf());
    const store = (sequence: number, command: unknown): boolean =>
      index.deliverStored(
        new SequencerEvent({ sequenceNum: sequence, timestampNs: 1, command, result: null }),
      );
    index.deliver(new SequencerEvent({ sequenceNum: 0, timestampNs: 1, command: 'open', result: null }));
    const before = bytesInUse();
    for (let sequence = 1; sequence <= REQUESTS; sequence += 1) {
      const request = String(sequence).padStart(REQUEST_BYTES, '-');
      expect(store(sequence, event(request.slice(-20)))).toBe(true);
    }
    expect([...index.ids('Car')]).toHaveLength(REQUESTS);
    expect(bytesInUse() - before).toBeLessThan((REQUESTS * REQUEST_BYTES) / 10);
  });

  it('asks to read an entry only if it is not the next one, or holds no events of aggregates', async () => {
    const commands = [event('a'), event('a'), { Other: 1 }, { DomainEvents: [event('a'), event('b')] }];
    const entries = [...(await journalOf(commands)).readFrom(0)];
    expect(indexOfStored(commands, entries).read).toBe(2);
    const [first, , , last] = entries as [JournalEntry, JournalEntry, JournalEntry, JournalEntry];
    const index = indexOf([first]);
    const stored = (entry: JournalEntry): SequencerEvent =>
      new SequencerEvent({ ...entry.event, command: entry.event.command });
    expect(index.deliverStored(stored(last))).toBe(false);
    // The index already knows this entry.
    expect(index.deliverStored(stored(first))).toBe(true);
    expect(contentOf(index)).toEqual(contentOf(indexOf([first])));
  });

  it('equals a plain list for any history, also after it is restored from a snapshot', async () => {
    const generator = new Random(20_240_601);
    const random = (): number => generator.fraction();
    const commands = Array.from({ length: 600 }, () => {
      const ids = Array.from(
        { length: Math.floor(random() * 4) },
        () => `id-${Math.floor(random() ** 3 * 80)}`,
      );
      if (ids.length === 0) return { Other: 1 };
      return ids.length === 1 ? event(ids[0] as string) : { DomainEvents: ids.map((id) => event(id)) };
    });
    const first = 2n ** 64n - 10_000n;
    const journal = await journalOf(commands, first);
    const entries = [...journal.readFrom(first)];
    const plain = new Map<string, bigint[]>();
    for (const { sequenceNum, event: stored } of entries) {
      for (const [id] of Object.entries(stored.command as object).flatMap(([tag, value]) =>
        tag === 'DomainEvents'
          ? (value as { Moved: { aggregateId: string } }[]).map(({ Moved }) => [Moved.aggregateId])
          : tag === 'Moved'
            ? [[(value as { aggregateId: string }).aggregateId]]
            : [],
      )) {
        plain.set(id as string, [...(plain.get(id as string) ?? []), sequenceNum]);
      }
    }
    const index = indexOf(entries);
    for (const copy of [index, restored(index)]) {
      expect([...copy.ids('Car')]).toEqual([...plain.keys()]);
      for (const [id, sequences] of plain) {
        expect(copy.positionOf('Car', id)).toEqual({ sequence: sequences.at(-1), version: sequences.length });
        expect(copy.sequencesOf('Car', id)).toEqual([...new Set(sequences)]);
      }
    }
    // The first half comes from a snapshot; the index reads the second half.
    const half = restored(indexOf(entries.slice(0, 300)));
    for (const entry of entries.slice(300)) half.deliverEntry(entry);
    expect(contentOf(half)).toEqual(contentOf(index));
  });

  it('distinguishes classes in any history, with and without types, also after it is restored from any snapshot', async () => {
    const types = (): AggregateTypes => typesOf([CAR, { ...SHIP, aliases: ['Boat'] }]);
    const contentOfAll = (index: AggregateIndex) => ({
      remarks: index.remarks(),
      classes: ['Car', 'Ship', 'Plane'].map((type) =>
        [...index.ids(type)].map((id) => {
          const sequences = index.sequencesOf(type, id);
          try {
            return { id, sequences, ...index.positionOf(type, id) };
          } catch (error) {
            return { id, sequences, code: (error as { code: string }).code, at: `${String(error)}` };
          }
        }),
      ),
    });
    for (let seed = 1; seed <= 60; seed += 1) {
      const generator = new Random(seed);
      const one = <T>(choices: readonly T[]): T =>
        choices[Math.floor(generator.fraction() * choices.length)] as T;
      const some = () => {
        const [name, id] = [one(['Moved', 'Parked', 'Renamed']), one(['1', '2', '3', '4'])];
        const type = one([null, null, 'Car', 'Ship', 'Boat', 'Plane']);
        return type === null ? event(id, name) : typed(type, id, name);
      };
      const commands = Array.from({ length: 3 + (seed % 9) }, () =>
        generator.fraction() < 0.3 ? { DomainEvents: [some(), some()] } : some(),
      );
      const entries = [...(await journalOf(commands)).readFrom(0)];
      const whole = indexOf(entries, 'entry', types());
      const content = contentOfAll(whole);
      expect(contentOfAll(indexOf(entries, 'event', types()))).toEqual(content);
      expect(contentOfAll(indexOfStored(commands, entries, types()).index)).toEqual(content);
      expect(contentOfAll(restored(whole, types()))).toEqual(content);
      for (let cut = 1; cut < entries.length; cut += 1) {
        const half = restored(indexOf(entries.slice(0, cut), 'entry', types()), types());
        for (const entry of entries.slice(cut)) half.deliverEntry(entry);
        expect(contentOfAll(half)).toEqual(content);
      }
      // The index loses no event and counts none twice, except that each class finds the unclaimed
      // aggregates.
      const claimed = indexOf(
        entries.filter(({ event: { command } }) => !JSON.stringify(command).includes('Renamed')),
        'entry',
        types(),
      );
      const events = ['Car', 'Ship', 'Plane'].flatMap((type) =>
        [...claimed.ids(type)].map((id) => claimed.positionOf(type, id).version),
      );
      const stored = entries.flatMap(({ event: { command } }) => {
        if (JSON.stringify(command).includes('Renamed')) return [];
        return (command as { DomainEvents?: unknown[] }).DomainEvents ?? [command];
      });
      expect(events.reduce((sum, count) => sum + count, 0)).toBe(stored.length);
    }
  });

  it('refuses a truncated snapshot', async () => {
    const index = indexOf((await journalOf([event('a'), event('b')])).readFrom(0));
    const { ids, chains, ...rest } = index.snapshots.capture() as { ids: string; chains: string };
    for (const state of [
      { ids, chains: chains.slice(0, 4), ...rest },
      { ids: '["a"]', chains, ...rest },
    ]) {
      expect(() => new AggregateIndex(typesOf()).snapshots.restore(state, 1n)).toThrow(RangeError);
    }
  });

  it('shortens the replay, and prevents archiving of the entries that it lists', async () => {
    const journal = await journalOf([
      ...Array.from({ length: 20 }, () => ({ Other: 1 })),
      ...Array.from({ length: 20 }, () => event('a')),
    ]);
    const stored = new Map<string, { sequence: bigint }>();
    const snapshots = new SnapshotService(journal, {
      save: async (target, snapshot) => void stored.set(target, snapshot),
      async *load(target) {
        const snapshot = stored.get(target);
        if (snapshot !== undefined) yield snapshot as never;
      },
    });
    const index = new AggregateIndex(typesOf());
    await new ReplayService(journal, { snapshots }).rehydrate([index]);
    expect(await snapshots.take(index)).toBe(39n);
    // Entries 0 … 15 are in segments before the first event.
    expect(await snapshots.archiveCovered([index])).toBe(2);
    expect(journal.firstAvailableSequence).toBe(16n);

    const again = new AggregateIndex(typesOf());
    const report = await new ReplayService(journal, { snapshots }).rehydrate([again]);
    expect(report).toMatchObject({ replayed: 0, snapshots: new Map([['domain events', 39n]]) });
    expect(contentOf(again)).toEqual(contentOf(index));
  });
});
