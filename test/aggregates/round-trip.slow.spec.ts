/**
 * Random event classes and values: either the aggregate loaded after a restart equals the live one, or the
 * save was refused. `ROUND_TRIP_SEED` runs another series; a failure names the seed that repeats it.
 */
import { inspect, isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { certainCopyOf } from '../../src/serialization/classes/index.js';
import type { FileJournalModuleOptions } from '../../src/nest/index.js';
import { survivingJournal } from '../nest/apps.js';
import { Random } from '../support/random.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { bootCarriers, type BootedCarriers } from './carrier.js';
import { randomClass, simpleClass, valueOf, type RandomClass } from './random-events.js';

const SEED = Number(process.env['ROUND_TRIP_SEED'] ?? 4711);
const CASES = 10_000;
/** Each case has its own classes and its own journal. */
const BATCHES = 5;
const CLASSES = 60;

interface Batch {
  readonly accepted: Map<string, object[]>;
  readonly refused: Map<string, unknown>;
  readonly kinds: Set<string>;
  /** Accepted events that were written in one pass. */
  simple: number;
}

/**
 * Converts a value for isDeepStrictEqual: drops undefined properties, and makes the order of Maps and Sets
 * count.
 */
function normal(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(normal);
  if (value instanceof Map) return ['Map', [...value].map(normal)];
  if (value instanceof Set) return ['Set', [...value].map(normal)];
  const copy = Object.create(Object.getPrototypeOf(value) as object | null) as object;
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    Object.defineProperty(copy, key, { value: normal(item), enumerable: true });
  }
  return copy;
}

function classesOf(random: Random): RandomClass[] {
  const classes: RandomClass[] = [];
  while (classes.length < CLASSES) {
    const number = classes.length;
    // Simple events are written in one pass.
    const isSimple = number % 4 === 0;
    classes.push(isSimple ? simpleClass(random, number) : randomClass(random, classes.slice(-8), number));
  }
  return classes;
}

async function saveAll(
  { carriers }: BootedCarriers,
  classes: readonly RandomClass[],
  seed: number,
  cases: number,
): Promise<Batch> {
  const batch: Batch = { accepted: new Map(), refused: new Map(), kinds: new Set(), simple: 0 };
  for (let index = 0; index < cases; index += 1) {
    const random = new Random(seed + index);
    const id = `case-${seed + index}`;
    const used = Array.from({ length: random.below(2) + 1 }, () => random.pick(classes));
    const events = used.map((type) => valueOf(type, random, random.pick([0, 0, 0, 0.05, 0.2])));
    try {
      await carriers.update(id, (carrier) => events.forEach((event) => carrier.apply(event)), {
        createIfAbsent: true,
      });
      batch.accepted.set(id, await carriers.query(id, ({ seen }) => [...seen]));
      for (const [at, { type }] of used.entries())
        if (certainCopyOf(events[at] as object, type) !== null) batch.simple += 1;
      for (const { fields } of used) for (const { name } of fields.values()) batch.kinds.add(name);
    } catch (error) {
      batch.refused.set(id, error);
    }
  }
  return batch;
}

/** The differences after the restart, by case. */
async function faultsOf({ carriers }: BootedCarriers, { accepted, refused }: Batch): Promise<string[]> {
  const faults: string[] = [];
  for (const [id, live] of accepted) {
    const { seen } = await carriers.load(id);
    if (!isDeepStrictEqual(normal(seen), normal(live))) {
      faults.push(`${id}: live ${inspect(live, { depth: 9 })}, reloaded ${inspect(seen, { depth: 9 })}`);
    }
  }
  for (const [id, error] of refused) {
    const { code, path } = error as { code?: string; path?: string };
    if (code !== 'JOURNAL_SERIALIZATION' || path?.startsWith('command.') !== true) {
      faults.push(`${id}: refused with ${inspect(error)}`);
    }
    if (carriers.has(id)) faults.push(`${id}: refused, and stored`);
  }
  return faults;
}

describe(`events of random classes (ROUND_TRIP_SEED=${SEED})`, () => {
  it.each(Array.from({ length: BATCHES }, (_unused, index) => index))(
    'reload unchanged or are refused: batch %i',
    async (batchIndex) => {
      const seed = SEED + batchIndex * CASES;
      const classes = classesOf(new Random(seed));
      const events = Object.fromEntries(classes.map(({ type }) => [type.name, type]));
      // The last batch is in files.
      const options: FileJournalModuleOptions =
        batchIndex === BATCHES - 1 ? { directory: temporaryDirectory() } : { journal: survivingJournal() };
      const before = await bootCarriers(options, events);
      const batch = await saveAll(before, classes, seed, CASES / BATCHES);
      await before.close();
      const after = await bootCarriers(options, events);
      const faults = await faultsOf(after, batch);
      await after.close();
      expect(faults.slice(0, 3)).toEqual([]);
      // The series has both refused and accepted events.
      expect(batch.accepted.size + batch.refused.size).toBe(CASES / BATCHES);
      expect(batch.accepted.size).toBeGreaterThan(CASES / BATCHES / 4);
      expect(batch.refused.size).toBeGreaterThan(CASES / BATCHES / 10);
      expect(batch.simple).toBeGreaterThan(CASES / BATCHES / 10);
      expect([...batch.kinds]).toEqual(
        expect.arrayContaining([
          'dictionary',
          'bigint',
          'bigint map',
          'date',
          'nested',
          'nested map',
          'choice',
        ]),
      );
    },
    300_000,
  );
});
