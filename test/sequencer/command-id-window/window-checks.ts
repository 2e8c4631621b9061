/** Checks of a window of command ids. The mutants run them, too. */
import { expect } from '@jest/globals';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FileJournal } from '../../../src/file-journal/index.js';
import { InMemoryJournal } from '../../../src/in-memory-journal/index.js';
import { SequencerEvent, type Journal, type PayloadCodec } from '../../../src/journal/index.js';
import type { CommandIdWindow } from '../../../src/sequencer/command-id-window.js';
import { jsonCodec } from '../../../src/serialization/index.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

export type Window = Pick<CommandIdWindow, keyof CommandIdWindow>;
export type CreateWindow = (journal: Journal, entries: number) => Window;

export interface WindowCheck {
  readonly name: string;
  readonly run: (create: CreateWindow) => Promise<void>;
}

type Ids = readonly (string | null)[];

function event(sequence: number, commandId: string | null, command: unknown = 'go'): SequencerEvent {
  const id = commandId === null ? {} : { commandId };
  return new SequencerEvent({ sequenceNum: BigInt(sequence), timestampNs: 1n, command, result: null, ...id });
}

/** Entries with these ids; null means no id. */
async function journalOf(ids: Ids, codec?: PayloadCodec): Promise<InMemoryJournal> {
  return InMemoryJournal.open({ codec, initialEntries: ids.map((id, sequence) => event(sequence, id)) });
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `id ${index}`);

/** A journal that passes every entry that is read to `seen`. */
function watched(journal: Journal, seen: (from: bigint) => void): Journal {
  return new Proxy(journal, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (property === 'readFrom') seen(BigInt(args[0] as bigint));
        return value.apply(target, args) as unknown;
      };
    },
  });
}

async function append(journal: Journal, window: Window | null, ids: Ids): Promise<void> {
  for (const id of ids) {
    const sequence = journal.nextSequence ?? 0n;
    await journal.append(event(Number(sequence), id));
    window?.recordCommitted(sequence, id);
  }
}

/** A journal with about nine archived segments, and live ones. */
async function archivedJournal(): Promise<{ journal: FileJournal; archived: string[] }> {
  const directory = temporaryDirectory();
  const journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
  await journal.appendBatch(numbered(200).map((id, sequence) => event(sequence, id)));
  expect(await journal.archiveSegmentsBefore(190)).toBeGreaterThan(2);
  const names = readdirSync(directory).filter((name) => name.endsWith('.archived'));
  return { journal, archived: names.toSorted().map((name) => join(directory, name)) };
}

export const windowChecks: readonly WindowCheck[] = [
  {
    name: 'is loaded when it has looked at the journal, an empty one, too',
    async run(create) {
      const window = create(await journalOf([]), 10);
      expect(window.isLoaded).toBe(false);
      await window.load();
      expect(window.isLoaded).toBe(true);
      expect(window.find('x', 0n)).toBeNull();
      expect(window.firstNeeded(0n)).toBeNull();
    },
  },
  {
    name: 'finds after a restart what the journal holds, and nothing else',
    async run(create) {
      const window = create(await journalOf(['x', null, 'y']), 10);
      await window.load();
      expect(['x', 'y', 'z'].map((id) => window.find(id, 3n))).toEqual([0n, 2n, null]);
    },
  },
  {
    name: 'finds an id that was recorded, before its entry is in the journal',
    async run(create) {
      const window = create(await journalOf(['x']), 10);
      await window.load();
      window.recordCommitted(1n, null);
      window.recordCommitted(2n, 'y');
      expect(['x', 'y'].map((id) => window.find(id, 3n))).toEqual([0n, 2n]);
    },
  },
  {
    name: 'holds exactly so many entries, with or without an id, counted from the next one',
    async run(create) {
      const ids = numbered(20).map((id, index) => (index % 2 === 0 || index === 9 ? id : null));
      const window = create(await journalOf(ids), 10);
      await window.load();
      expect(window.find('id 9', 20n)).toBeNull();
      expect(window.find('id 10', 20n)).toBe(10n);
      expect(window.find('id 10', 21n)).toBeNull();
      window.recordCommitted(20n, 'id 20');
      window.recordCommitted(21n, null);
      expect(window.find('id 12', 22n)).toBe(12n);
      expect(window.find('id 12', 23n)).toBeNull();
    },
  },
  {
    name: 'is the same after a restart',
    async run(create) {
      const ids = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? null : `id ${index % 35}`));
      const journal = await journalOf([]);
      const live = create(journal, 25);
      await live.load();
      await append(journal, live, ids);
      const loaded = create(journal, 25);
      await loaded.load();
      const known = (window: Window) => numbered(35).map((id) => window.find(id, 60n));
      expect(known(loaded)).toEqual(known(live));
      expect(known(live).filter((sequence) => sequence !== null).length).toBeGreaterThan(10);
      expect(loaded.firstNeeded(60n)).toBe(live.firstNeeded(60n));
    },
  },
  {
    name: 'takes the last of entries with the same id',
    async run(create) {
      const journal = await journalOf(['x', null, null, 'x']);
      const window = create(journal, 10);
      await window.load();
      expect(window.find('x', 4n)).toBe(3n);
      await append(journal, window, [null, 'x']);
      expect(window.find('x', 6n)).toBe(5n);
      expect(window.firstNeeded(6n)).toBe(5n);
    },
  },
  {
    name: 'distinguishes ids to the last character',
    async run(create) {
      const ids = [
        'x',
        'X',
        'x ',
        ' x',
        'xx',
        '__proto__',
        'constructor',
        'é',
        'e\u0301',
        '"',
        '\\"',
        '1',
        '01',
      ];
      const window = create(await journalOf(ids), 100);
      await window.load();
      expect(ids.map((id) => window.find(id, 13n))).toEqual(ids.map((_, index) => BigInt(index)));
      expect(['', 'toString', 'hasOwnProperty', '\\'].map((id) => window.find(id, 13n))).toEqual(
        Array.from({ length: 4 }, () => null),
      );
    },
  },
  {
    name: 'forgets what did not come to be, and nothing that came after it',
    async run(create) {
      const window = create(await journalOf([]), 10);
      await window.load();
      window.recordCommitted(0n, 'x');
      window.recordCommitted(1n, 'y');
      window.forget('x', 0n);
      expect([window.find('x', 2n), window.find('y', 2n)]).toEqual([null, 1n]);
      window.recordCommitted(2n, 'x');
      window.forget('x', 0n);
      expect(window.find('x', 3n)).toBe(2n);
    },
  },
  {
    name: 'reads the entry that got the sequence of a refused one',
    async run(create) {
      const journal = await journalOf(['x']);
      const window = create(journal, 10);
      await window.load();
      for (const sequence of [1n, 2n]) window.recordCommitted(sequence, null);
      for (const sequence of [1n, 2n]) window.recordRefused(sequence);
      await append(journal, null, ['y']);
      await window.follow();
      expect(window.find('y', 2n)).toBe(1n);
    },
  },
  {
    name: 'follows entries that were appended past it',
    async run(create) {
      const journal = await journalOf(['x']);
      const window = create(journal, 10);
      await window.load();
      await append(journal, null, ['y', 'z']);
      await window.follow();
      expect(['x', 'y', 'z'].map((id) => window.find(id, 3n))).toEqual([0n, 1n, 2n]);
      await append(journal, window, ['recordCommitted']);
      await append(journal, null, ['past it']);
      await window.follow();
      expect(['recordCommitted', 'past it'].map((id) => window.find(id, 5n))).toEqual([3n, 4n]);
    },
  },
  {
    name: 'begins with a whole load where it is to follow and was not loaded',
    async run(create) {
      const window = create(await journalOf(['x', 'y']), 10);
      await window.follow();
      expect(window.isLoaded).toBe(true);
      expect(['x', 'y'].map((id) => window.find(id, 2n))).toEqual([0n, 1n]);
    },
  },
  {
    name: 'is empty before each load',
    async run(create) {
      const window = create(await journalOf(['x']), 10);
      await window.load();
      window.recordCommitted(1n, 'never stored');
      window.recordCommitted(2n, 'x');
      await window.load();
      expect([window.find('never stored', 1n), window.find('x', 1n)]).toEqual([null, 0n]);
    },
  },
  {
    name: 'is not loaded when reading failed, and whole when it succeeds again',
    async run(create) {
      const inner = await journalOf(['x']);
      let isBroken = false;
      const journal = watched(inner, () => {
        if (isBroken) throw new Error('unreadable');
      });
      const window = create(journal, 10);
      for (const read of [() => window.load(), () => window.follow()]) {
        await window.load();
        await append(inner, null, [`id ${inner.nextSequence}`]);
        isBroken = true;
        await expect(read()).rejects.toThrow('unreadable');
        expect(window.isLoaded).toBe(false);
        isBroken = false;
        await window.follow();
        expect(window.isLoaded).toBe(true);
        expect(['x', 'id 1'].map((id) => window.find(id, 3n))).toEqual([0n, 1n]);
      }
      expect(window.find('id 2', 3n)).toBe(2n);
    },
  },
  {
    name: 'reads no more than it needs, and decodes nothing that this package wrote',
    async run(create) {
      let decoded = 0;
      const { decode, ...codec } = jsonCodec();
      const inner = await journalOf(numbered(100), {
        ...codec,
        decode: (...args) => {
          decoded += 1;
          return decode(...args);
        },
      });
      decoded = 0;
      const from: bigint[] = [];
      const window = create(
        watched(inner, (sequence) => from.push(sequence)),
        10,
      );
      await window.load();
      await append(inner, window, ['recordCommitted']);
      await append(inner, null, ['past it']);
      await window.follow();
      expect(from).toEqual([90n, 101n]);
      expect(decoded).toBe(0);
    },
  },
  {
    name: 'takes no id out of a command, and any id, however another writer spelled it',
    async run(create) {
      const codec = jsonCodec();
      const spaced: PayloadCodec = {
        storesCommandIds: true,
        encode: (given) =>
          Buffer.from(
            Buffer.from(codec.encode(given))
              .toString()
              .replace(/,"command_id":/, ', "command_id" : '),
          ),
        decode: (...args) => codec.decode(...args),
      };
      const inCommand = await InMemoryJournal.open({
        initialEntries: [
          event(0, null, { command_id: 'inner' }),
          event(1, null, '","command_id":"text"}'),
          event(2, 'outer', { command_id: 'inner' }),
        ],
      });
      const window = create(inCommand, 10);
      await window.load();
      expect(['inner', 'text', 'outer'].map((id) => window.find(id, 3n))).toEqual([null, null, 2n]);
      const other = create(await journalOf(['x', null, 'y'], spaced), 10);
      await other.load();
      expect(['x', 'y'].map((id) => other.find(id, 3n))).toEqual([0n, 2n]);
    },
  },
  {
    name: 'names the oldest entry with an id that is still in it',
    async run(create) {
      const window = create(await journalOf([null, 'x', 'y', null, 'z', null]), 10);
      await window.load();
      expect([6n, 11n, 12n, 13n, 14n, 15n].map((next) => window.firstNeeded(next))).toEqual(
        [1n, 1n, 2n, 4n, 4n, null], // the last looks back to 5
      );
    },
  },
  {
    name: 'takes what passes while it loads for the newer',
    async run(create) {
      const window = create(await journalOf(['x', 'y', 'z']), 10);
      const loading = window.load();
      window.recordCommitted(3n, 'x');
      window.recordCommitted(4n, 'new');
      await loading;
      expect(['x', 'y', 'z', 'new'].map((id) => window.find(id, 5n))).toEqual([3n, 1n, 2n, 4n]);
      expect(window.firstNeeded(5n)).toBe(1n);
    },
  },
  {
    name: 'holds no more ids than it has to',
    async run(create) {
      const window = create(await journalOf([]), 16);
      await window.load();
      for (let sequence = 0; sequence < 1000; sequence += 1) {
        window.recordCommitted(BigInt(sequence), `id ${sequence}`);
        expect(window.size).toBeLessThanOrEqual(18);
        const oldest = Math.max(0, sequence - 15);
        expect(window.find(`id ${oldest}`, BigInt(sequence + 1))).toBe(BigInt(oldest));
      }
    },
  },
  {
    name: 'looks at archived entries, up to where they were moved away and from there on',
    async run(create) {
      const { journal, archived } = await archivedJournal();
      await using _ = journal;
      const window = create(journal, 180);
      await window.load();
      expect([19, 20, 199].map((index) => window.find(`id ${index}`, 200n))).toEqual([null, 20n, 199n]);
      const starts = archived.map((path) => Number(/(\d{20})/.exec(path)?.[1]));
      const [, gap = 0, behind = 0] = starts;
      rmSync(archived[1] ?? '');
      await window.load();
      expect([20, gap, behind, 199].map((index) => window.find(`id ${index}`, 200n))).toEqual([
        ...[20n, null, BigInt(behind), 199n],
      ]);
      // The entries before the gap are moved away, too.
      rmSync(archived[0] ?? '');
      await window.load();
      expect([20, behind].map((index) => window.find(`id ${index}`, 200n))).toEqual([null, BigInt(behind)]);
    },
  },
];
