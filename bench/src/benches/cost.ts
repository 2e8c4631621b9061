/**
 * CPU time and allocated bytes of an append and of a batch, against the parts that no append can avoid:
 * events, callers, encoding, checksum, and the write and sync of the same bytes.
 */
import { crc32 } from 'nestjs-file-journal/journal-kit';
import { orderBookCodec } from 'nestjs-file-journal/order-book';
import { FLOORS, FLOOR_THREAD_POOL, OURS, OURS_BATCH, openJournal } from '../contestants/index.js';
import { costMeter } from '../harness/cost.js';
import { EventSource } from '../harness/events.js';
import { median, type Figures } from '../harness/measurements.js';
import type { Plan } from '../harness/plan.js';
import { remove, subdirectory } from '../harness/workspace.js';
import type { Bench } from './bench.js';

const IN_FLIGHT = 1000;
/** Turns of each contestant per round. Each turn lasts a fraction of the plan's slice. */
const SLICES = 12;
const SLICES_PER_TURN = 5;
/** How many callers the journal resolves in one turn. */
const CALLERS_PER_TURN = 128;

const EVENTS = 'floor: events';
const CALLERS = 'floor: events, callers';
const ENCODING = 'floor: events, encodeInto, crc';
const CPU = 'CPU time';
const SYSTEM = 'CPU time in the kernel';
const ALLOCATED = 'allocated';
/** Without the events, and for appends without their callers. */
const OWN = 'own CPU time';
const OWN_ALLOCATED = 'own allocated';

/** Runs for about `durationMs` and returns the number of entries. */
type Run = (durationMs: number) => Promise<number>;

interface Contestant {
  readonly name: string;
  readonly run: Run;
  close?(): Promise<void>;
}

interface Slice {
  readonly cpuUs: number;
  readonly systemUs: number;
  readonly allocatedBytes: number;
}

export const cost: Bench = async ({ plan, workspace, figures }) => {
  const directory = subdirectory(workspace, 'cost');
  const contestants: readonly Contestant[] = [
    { name: EVENTS, run: repeatEvents(() => undefined) },
    { name: ENCODING, run: encoding() },
    { name: CALLERS, run: callers() },
    await writes(directory),
    ...(await journals(directory)),
  ];
  for (const { run } of contestants) await run(plan.sliceMs * 2);
  for (let round = 0; round < plan.rounds; round += 1) await measureRound(contestants, plan, figures);
  subtract(figures, plan.rounds);
  for (const { close } of contestants) await close?.();
  remove(directory);
};

/**
 * Lets the contestants take turns that are short enough for a change of the machine to affect all of them.
 * Other load only adds to a CPU time, so the lower quartile counts.
 */
async function measureRound(contestants: readonly Contestant[], plan: Plan, figures: Figures): Promise<void> {
  const slices = new Map(contestants.map(({ name }) => [name, [] as Slice[]]));
  for (let slice = 0; slice < SLICES; slice += 1) {
    const order = slice % 2 === 0 ? contestants : contestants.toReversed();
    for (const { name, run } of order) {
      const stop = costMeter();
      const entries = await run(plan.sliceMs / SLICES_PER_TURN);
      const { userUs, systemUs, allocatedBytes } = stop();
      slices.get(name)?.push({
        cpuUs: (userUs + systemUs) / entries,
        systemUs: systemUs / entries,
        allocatedBytes: allocatedBytes / entries,
      });
    }
  }
  for (const [name, of] of slices) {
    figures.record(CPU, 'µs/entry', name, null, lowerQuartile(of.map(({ cpuUs }) => cpuUs)));
    figures.record(SYSTEM, 'µs/entry', name, null, lowerQuartile(of.map(({ systemUs }) => systemUs)));
    figures.record(ALLOCATED, 'bytes/entry', name, null, median(of.map((one) => one.allocatedBytes)));
  }
}

function lowerQuartile(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 2] ?? Number.NaN;
}

/** Records each figure minus its floor, and the targets. */
function subtract(figures: Figures, rounds: number): void {
  for (const [metric, own, unit] of [
    [CPU, OWN, 'µs/entry'],
    [ALLOCATED, OWN_ALLOCATED, 'bytes/entry'],
  ] as const) {
    for (const [name, floor] of [
      [ENCODING, EVENTS],
      [OURS, CALLERS],
      [OURS_BATCH, EVENTS],
    ] as const) {
      // The median: the difference of two figures of one round would have the errors of both.
      const floorCost = median(figures.rounds(metric, floor) ?? []);
      for (let round = 0; round < rounds; round += 1) {
        figures.record(own, unit, name, null, (figures.rounds(metric, name)?.[round] ?? 0) - floorCost);
      }
    }
  }
  for (const [id, name, limit] of [
    ['1.cpu', OURS, 2],
    ['1.cpu.batch', OURS_BATCH, 1.3],
  ] as const) {
    const text = `CPU time of ${name}, ${IN_FLIGHT} in flight, against encodeInto + crc`;
    figures.target({ id, text, bound: 'at most', limit }, OWN, name, ENCODING);
  }
}

/** Makes events and gives each to `use`, in groups that end with `endGroup`. */
function repeatEvents(use: (event: ReturnType<EventSource['typed']>) => void, endGroup?: () => void): Run {
  const source = new EventSource();
  return (durationMs) => {
    const endMs = performance.now() + durationMs;
    let entries = 0;
    while (performance.now() < endMs) {
      for (let index = 0; index < IN_FLIGHT; index += 1) use(source.typed());
      endGroup?.();
      entries += IN_FLIGHT;
    }
    return Promise.resolve(entries);
  };
}

function encoding(): Run {
  const codec = orderBookCodec();
  const { encodeInto } = codec;
  if (encodeInto === undefined) throw new Error('the codec has no encodeInto');
  const target = Buffer.allocUnsafeSlow(IN_FLIGHT * 4096);
  let offset = 0;
  let checksum = 0;
  return repeatEvents(
    (event) => {
      const length = encodeInto.call(codec, event, target, offset);
      checksum ^= crc32(target.subarray(offset, offset + length));
      offset += length;
    },
    () => (offset = checksum & 7),
  );
}

/** Callers that make an event each and share a promise per turn: the cost that no journal can avoid. */
function callers(): Run {
  const source = new EventSource();
  let stored = Promise.resolve();
  let pending = 0;
  const append = (event: unknown): Promise<void> => {
    if (event === null) throw new Error('no event');
    if (pending === 0) stored = new Promise((resolve) => setImmediate(resolve));
    pending = (pending + 1) % CALLERS_PER_TURN;
    return stored;
  };
  return (durationMs) => closed(IN_FLIGHT, durationMs, () => append(source.typed()));
}

/** Writes and syncs encoded bytes: the cost of the disk alone. */
async function writes(directory: string): Promise<Contestant> {
  const opening = FLOORS.find(({ name }) => name === FLOOR_THREAD_POOL);
  if (opening === undefined) throw new Error(`there is no ${FLOOR_THREAD_POOL}`);
  const appender = await opening.open(subdirectory(directory, 'floor'));
  return {
    name: FLOOR_THREAD_POOL,
    run: async (durationMs) => (await appender.run(IN_FLIGHT, durationMs)).entries,
    close: () => appender.close(),
  };
}

async function journals(directory: string): Promise<Contestant[]> {
  const single = await openJournal(subdirectory(directory, 'single'));
  const batch = await openJournal(subdirectory(directory, 'batch'));
  const singleEvents = new EventSource();
  const batchEvents = new EventSource();
  return [
    {
      name: OURS,
      run: (durationMs) => closed(IN_FLIGHT, durationMs, () => single.append(singleEvents.typed())),
      close: () => single.close(),
    },
    {
      name: OURS_BATCH,
      run: async (durationMs) => {
        const endMs = performance.now() + durationMs;
        let entries = 0;
        while (performance.now() < endMs) {
          await batch.appendBatch(batchEvents.batch(IN_FLIGHT));
          entries += IN_FLIGHT;
        }
        return entries;
      },
      close: () => batch.close(),
    },
  ];
}

/** `inFlight` callers, each of which awaits its append and makes the next one. No clock runs in the loop. */
async function closed(inFlight: number, durationMs: number, append: () => Promise<void>): Promise<number> {
  let entries = 0;
  let isOver = false;
  const timer = setTimeout(() => (isOver = true), durationMs);
  const caller = async (): Promise<void> => {
    while (!isOver) {
      await append();
      entries += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  clearTimeout(timer);
  return entries;
}
