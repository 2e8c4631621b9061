/** Windows of command ids, each broken in one way. */
import type { Journal, JournalEntry, ReadOptions } from '../../../src/journal/index.js';
import { CommandIdWindow } from '../../../src/sequencer/command-id-window.js';
import type { CreateWindow, Window } from './window-checks.js';

export interface WindowMutant {
  readonly fault: string;
  readonly create: CreateWindow;
}

interface Alterations {
  readonly journal?: (journal: Journal) => Journal;
  readonly entries?: (entries: number) => number;
  readonly members?: (inner: CommandIdWindow, journal: Journal, entries: number) => Partial<Window>;
}

function mutant(fault: string, { journal: view, entries: count, members }: Alterations): WindowMutant {
  const create: CreateWindow = (journal, entries) => {
    const inner = new CommandIdWindow(view?.(journal) ?? journal, count?.(entries) ?? entries);
    return members === undefined ? inner : withMembers<Window>(inner, members(inner, journal, entries));
  };
  return { fault, create };
}

function withMembers<T extends object>(original: T, replaced: Partial<T>): T {
  return new Proxy(original, {
    get(target, key) {
      if (Object.hasOwn(replaced, key)) return Reflect.get(replaced, key, replaced) as unknown;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

type Change = (entry: JournalEntry) => JournalEntry | null;

/** A journal that changes or omits entries, or changes the arguments of a read. */
function reading(
  change: Change | null,
  ask: (from: bigint, options: ReadOptions) => [bigint, ReadOptions] = (...args) => args,
): (journal: Journal) => Journal {
  return (journal) =>
    withMembers(journal, {
      readFrom(sequence: bigint | number, options: ReadOptions = {}) {
        const entries = journal.readFrom(...ask(BigInt(sequence), options));
        if (change === null) return entries;
        const changed = function* (): Generator<JournalEntry> {
          for (const entry of entries) {
            const given = change(entry);
            if (given !== null) yield given;
          }
        };
        return {
          [Symbol.iterator]: changed,
          async *[Symbol.asyncIterator]() {
            yield* changed();
          },
        };
      },
    } as Partial<Journal>);
}

const withEvent = (entry: JournalEntry, commandId: string | null): JournalEntry =>
  withMembers(entry, { event: { ...entry.event, commandId } as JournalEntry['event'] });

/** The id that a naive search finds. */
function textSearch(entry: JournalEntry): JournalEntry {
  const [, id] = /\\?"command_id\\?" ?: ?\\?"(.*?)\\?"/.exec(Buffer.from(entry.payload).toString()) ?? [];
  if (id === undefined || entry.event.commandId !== null) return entry;
  const payload = Buffer.from(`{"sequence_num":${entry.sequenceNum},"command_id":"${id}"}`);
  return withMembers(entry, { payload });
}

export const windowMutants: readonly WindowMutant[] = [
  mutant('forgets everything on a restart', { journal: reading(() => null) }),
  mutant('forgets the last entry on a restart', {
    journal: (journal) =>
      reading((entry) => (entry.sequenceNum === journal.lastSequence ? null : entry))(journal),
  }),
  mutant('forgets the first entry of the window on a restart', {
    journal: reading(null, (from, options) => [from + 1n, options]),
  }),
  mutant('is one entry too large', { entries: (entries) => entries + 1 }),
  mutant('is one entry too small', { entries: (entries) => entries - 1 }),
  mutant('has no bound', { entries: () => 1_000_000 }),
  mutant('counts from the last entry, not from the next', {
    members: (inner) => ({ find: (id, next) => inner.find(id, next - 1n) }),
  }),
  mutant('counts ids, not entries', {
    members: (inner, _, entries) => {
      let recorded: (readonly [string, bigint])[] = [];
      return {
        find: (id, next) => recorded.findLast(([one]) => one === id)?.[1] ?? inner.find(id, next),
        recordCommitted(sequence, id) {
          inner.recordCommitted(sequence, id);
          if (id !== null) recorded = [...recorded, [id, sequence] as const].slice(-entries);
        },
        forget(id, sequence) {
          inner.forget(id, sequence);
          recorded = recorded.filter(([one, at]) => one !== id || at !== sequence);
        },
        load() {
          recorded = [];
          return inner.load();
        },
      };
    },
  }),
  mutant('drops the newest instead of the oldest', {
    members: (inner, _, entries) => {
      const held = new Set<string>();
      return {
        recordCommitted(sequence, id) {
          const isFull = held.size >= entries && id !== null;
          inner.recordCommitted(sequence, isFull ? null : id);
          if (id !== null && !isFull) held.add(id);
        },
      };
    },
  }),
  mutant('drops everything when it is full', {
    members: (inner, _, entries) => {
      let recorded: (readonly [string, bigint])[] = [];
      return {
        recordCommitted(sequence, id) {
          if (recorded.length >= entries) {
            for (const [one, at] of recorded) inner.forget(one, at);
            recorded = [];
          }
          inner.recordCommitted(sequence, id);
          if (id !== null) recorded.push([id, sequence]);
        },
      };
    },
  }),
  mutant('never throws an id away', {
    members: (inner) => {
      let size = 0;
      return {
        recordCommitted(sequence, id) {
          inner.recordCommitted(sequence, id);
          if (id !== null) size += 1;
        },
        get size() {
          return size;
        },
      };
    },
  }),
  mutant('takes the first of entries with the same id', {
    members: (inner) => ({
      recordCommitted: (sequence, id) =>
        inner.recordCommitted(sequence, id !== null && inner.find(id, sequence) !== null ? null : id),
    }),
  }),
  mutant('takes the first of entries with the same id on a restart', {
    journal: (journal) => {
      const seen = new Map<string, bigint>();
      return reading((entry) => {
        const { commandId } = entry.event;
        if (commandId === null) return entry;
        const first = seen.get(commandId) ?? entry.sequenceNum;
        seen.set(commandId, first);
        return first === entry.sequenceNum ? entry : null;
      })(journal);
    },
  }),
  mutant("answers with the next command's place", {
    members: (inner) => ({
      find(id, next) {
        const found = inner.find(id, next);
        return found === null ? null : found + 1n;
      },
    }),
  }),
  mutant("answers with the newest command's place", {
    members: (inner) => ({ find: (id, next) => (inner.find(id, next) === null ? null : next - 1n) }),
  }),
  mutant('answers an unknown id with what comes next', {
    members: (inner) => ({ find: (id, next) => inner.find(id, next) ?? next }),
  }),
  mutant('takes ids for the same that differ in case', {
    members: (inner) => ({
      find: (id, next) => inner.find(id, next) ?? inner.find(id.toLowerCase(), next),
      recordCommitted: (sequence, id) => inner.recordCommitted(sequence, id?.toLowerCase() ?? null),
    }),
    journal: reading((entry) => lowered(entry, (id) => id.toLowerCase())),
  }),
  mutant('takes ids for the same that differ in spaces', {
    journal: reading((entry) => lowered(entry, (id) => id.trim())),
    members: (inner) => ({ find: (id, next) => inner.find(id.trim(), next) }),
  }),
  mutant('takes ids for the same that look the same', {
    journal: reading((entry) => lowered(entry, (id) => id.normalize('NFC'))),
    members: (inner) => ({ find: (id, next) => inner.find(id.normalize('NFC'), next) }),
  }),
  mutant('keeps its ids in an object that has a prototype', {
    members: (inner) => ({
      find: (id, next) => (id in {} && inner.find(id, next) === null ? 0n : inner.find(id, next)),
    }),
  }),
  mutant('does not note what passes', {
    members: (inner) => ({ recordCommitted: (sequence) => inner.recordCommitted(sequence, null) }),
  }),
  mutant('notes what passes only when it is loaded', {
    members: (inner) => ({
      recordCommitted: (sequence, id) => (inner.isLoaded ? inner.recordCommitted(sequence, id) : undefined),
    }),
  }),
  mutant('prefers an entry that it reads to a newer one that was recorded meanwhile', {
    members: (inner) => {
      let recordedMeanwhile: [bigint, string][] = [];
      return {
        async load() {
          const loading = inner.load();
          recordedMeanwhile = [];
          await loading;
          for (const [sequence, id] of recordedMeanwhile) {
            inner.forget(id, sequence);
            inner.recordCommitted(0n, id);
          }
        },
        recordCommitted(sequence, id) {
          inner.recordCommitted(sequence, id);
          if (id !== null) recordedMeanwhile.push([sequence, id]);
        },
      };
    },
  }),
  mutant('cannot forget', { members: () => ({ forget: () => undefined }) }),
  mutant('forgets an id wherever it lies', {
    members: (inner) => ({
      forget(id) {
        const found = inner.find(id, 0n);
        if (found !== null) inner.forget(id, found);
      },
    }),
  }),
  mutant('does not follow', { members: () => ({ follow: async () => undefined }) }),
  mutant('follows from the end', {
    members: (inner, journal) => ({
      follow: async () => inner.recordCommitted(journal.lastSequence ?? 0n, null),
    }),
  }),
  mutant('reads everything again to follow', { members: (inner) => ({ follow: () => inner.load() }) }),
  mutant('reads the whole journal on a restart', {
    journal: reading(null, (_, options) => [0n, options]),
  }),
  mutant('decodes the entries that it reads', {
    journal: reading((entry) => (entry.event === null ? null : entry)),
  }),
  mutant('is loaded before it was', { members: () => ({ isLoaded: true }) }),
  mutant('is never loaded', { members: () => ({ isLoaded: false }) }),
  mutant('is loaded when reading failed', {
    members: (inner) => {
      let isLoaded = false;
      const read = async (reading: Promise<void>): Promise<void> => {
        isLoaded = true;
        await reading;
      };
      return {
        load: () => read(inner.load()),
        follow: () => read(inner.follow()),
        get isLoaded() {
          return isLoaded;
        },
      };
    },
  }),
  mutant('stays loaded when following failed', {
    members: (inner) => {
      let isFollowing = false;
      return {
        async follow() {
          isFollowing = inner.isLoaded;
          await inner.follow();
          isFollowing = false;
        },
        get isLoaded() {
          return isFollowing || inner.isLoaded;
        },
      };
    },
  }),
  mutant('swallows what reading throws', {
    members: (inner) => ({
      load: () => inner.load().catch(() => undefined),
      follow: () => inner.follow().catch(() => undefined),
    }),
  }),
  mutant('keeps its ids when it is loaded again', {
    members: (inner) => ({ load: () => inner.follow() }),
  }),
  mutant('finds ids in commands', { journal: reading(textSearch) }),
  mutant('knows only ids as this package spells them', {
    journal: reading((entry) =>
      Buffer.from(entry.payload).includes('"command_id" : ') ? withEvent(entry, null) : entry,
    ),
  }),
  mutant('needs entries that left the window', {
    members: (inner) => ({ firstNeeded: () => inner.firstNeeded(0n) }),
  }),
  mutant('needs nothing', { members: () => ({ firstNeeded: () => null }) }),
  mutant('needs entries without an id', {
    members: (_, __, entries) => ({
      firstNeeded: (next) => (next > BigInt(entries) ? next - BigInt(entries) : 0n),
    }),
  }),
  mutant('needs the entry after the oldest', {
    members: (inner) => ({
      firstNeeded(next) {
        const first = inner.firstNeeded(next);
        return first === null ? null : first + 1n;
      },
    }),
  }),
  mutant('looks at live entries only', {
    journal: reading(null, (from, options) => [from, { ...options, includeArchived: false }]),
  }),
  mutant('gives up where archived segments were moved away', {
    journal: (journal) => withMembers(journal, { firstAvailableSequence: 0n }),
  }),
];

/** An entry with another id. */
function lowered(entry: JournalEntry, change: (id: string) => string): JournalEntry {
  const { commandId } = entry.event;
  if (commandId === null) return entry;
  const text = `{"sequence_num":${entry.sequenceNum},"command_id":${JSON.stringify(change(commandId))}}`;
  return withMembers(entry, { payload: Buffer.from(text) });
}
