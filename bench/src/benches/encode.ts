/**
 * Asynchronous appends and encoding, against the least work of a JSON journal: JSON.stringify, a copy, a
 * checksum.
 */
import { crc32 } from 'nestjs-file-journal/journal-kit';
import { orderBookCodec } from 'nestjs-file-journal/order-book';
import { OURS, openJournal, type JournalOptions, type OrderJournal } from '../contestants/index.js';
import { cpuTimer } from '../harness/cpu.js';
import { EventSource } from '../harness/events.js';
import { measureFunctions } from '../harness/functions.js';
import { closedLoop } from '../harness/loops.js';
import type { Figures } from '../harness/measurements.js';
import { inRounds } from '../harness/rounds.js';
import { remove, subdirectory } from '../harness/workspace.js';
import type { Bench, BenchContext } from './bench.js';

const EVENTS = 4096;
const METRIC_ENCODE = 'encode';
const METRIC_ASYNC = 'async append';
const FLOOR = 'floor: JSON.stringify + copy + crc';
const FLOOR_NO_CRC = 'floor: JSON.stringify + copy';
const OURS_ENCODE = 'orderBookCodec().encode + copy + crc';
const OURS_ENCODE_INTO = 'orderBookCodec().encodeInto + crc';

export const encode: Bench = async (context) => {
  await measureEncoding(context);
  await measureAsyncAppend(context);
};

async function measureEncoding({ plan, figures }: BenchContext): Promise<void> {
  const codec = orderBookCodec();
  const typed = new EventSource().batch(EVENTS);
  const source = new EventSource();
  const plain = Array.from({ length: EVENTS }, () => source.plain());
  const target = Buffer.allocUnsafeSlow(EVENTS * 4096);
  const functions = [
    { name: FLOOR, run: () => stringifyAll(plain, target, true) },
    { name: FLOOR_NO_CRC, run: () => stringifyAll(plain, target, false) },
    {
      name: OURS_ENCODE,
      run: () => {
        let offset = 0;
        let checksum = 0;
        for (const event of typed) {
          const payload = codec.encode(event);
          target.set(payload, offset);
          checksum ^= crc32(target.subarray(offset, offset + payload.length));
          offset += payload.length;
        }
        return checksum;
      },
    },
  ];
  const { encodeInto } = codec;
  if (encodeInto !== undefined) {
    functions.push({
      name: OURS_ENCODE_INTO,
      run: () => {
        let offset = 0;
        let checksum = 0;
        for (const event of typed) {
          const length = encodeInto.call(codec, event, target, offset);
          checksum ^= crc32(target.subarray(offset, offset + length));
          offset += length;
        }
        return checksum;
      },
    });
  }
  if (!(await measureFunctions({ metric: METRIC_ENCODE, operations: EVENTS }, functions, plan, figures)))
    return;
  const ours = figures.best(METRIC_ENCODE, [OURS_ENCODE, OURS_ENCODE_INTO], null, 'lowest');
  figures.target(
    { id: '3.encode', text: `encoding alone, against ${FLOOR}`, bound: 'at least', limit: 2.5 },
    METRIC_ENCODE,
    FLOOR,
    ours,
  );
}

function stringifyAll(events: readonly object[], target: Buffer, withChecksum: boolean): number {
  let offset = 0;
  let checksum = 0;
  for (const event of events) {
    const length = target.write(JSON.stringify(event), offset, 'utf8');
    if (withChecksum) checksum ^= crc32(target.subarray(offset, offset + length));
    offset += length;
  }
  return checksum;
}

const IN_FLIGHT = 1000;
const LARGE_UNSYNCED_BYTES = 256 * 1024 * 1024;

interface AsyncContestant {
  readonly name: string;
  readonly options: JournalOptions;
  run(
    journal: OrderJournal,
    source: EventSource,
    durationMs: number,
  ): Promise<{ entries: number; elapsedMs: number }>;
}

const awaitEach: AsyncContestant['run'] = (journal, source, durationMs) =>
  closedLoop(IN_FLIGHT, durationMs, () => journal.append(source.typed()));

const awaitLast: AsyncContestant['run'] = (journal, source, durationMs) =>
  repeat(durationMs, () => {
    for (let i = 1; i < IN_FLIGHT; i += 1) void journal.append(source.typed());
    return journal.append(source.typed());
  });

const batches: AsyncContestant['run'] = (journal, source, durationMs) =>
  repeat(durationMs, () => journal.appendBatch(source.batch(IN_FLIGHT)));

const CONTESTANTS: readonly AsyncContestant[] = [
  { name: `${OURS}: append, each awaited`, options: {}, run: awaitEach },
  { name: `${OURS}: append, last awaited`, options: {}, run: awaitLast },
  { name: `${OURS}: appendBatch`, options: {}, run: batches },
  {
    name: `${OURS}: append, last awaited, 256 MiB unsynced`,
    options: { maxUnsyncedBytes: LARGE_UNSYNCED_BYTES },
    run: awaitLast,
  },
];

async function measureAsyncAppend({ plan, workspace, figures }: BenchContext): Promise<void> {
  const directory = subdirectory(workspace, 'async');
  const journals = new Map<AsyncContestant, { journal: OrderJournal; source: EventSource }>();
  for (const contestant of CONTESTANTS) {
    const journal = await openJournal(subdirectory(directory, 'async'), {
      ...contestant.options,
      durability: 'async',
    });
    journals.set(contestant, { journal, source: new EventSource() });
  }
  const source = new EventSource();
  const target = Buffer.allocUnsafeSlow(IN_FLIGHT * 4096);
  const floor = {
    name: FLOOR,
    run: () =>
      repeat(plan.sliceMs, () => {
        stringifyAll(
          Array.from({ length: IN_FLIGHT }, () => source.plain()),
          target,
          true,
        );
        return Promise.resolve();
      }),
  };
  const all = [
    floor,
    ...CONTESTANTS.map((contestant) => ({
      name: contestant.name,
      run: async () => {
        const own = journals.get(contestant);
        if (own === undefined) throw new Error('not opened');
        const outcome = await contestant.run(own.journal, own.source, plan.sliceMs);
        await own.journal.flush(); // not measured; the next contestant finds an idle disk
        return outcome;
      },
    })),
  ];
  for (const { run } of all) await run();
  await inRounds(plan.rounds, all, async ({ name, run }) => {
    await run(); // see `inRounds`
    const cpuUs = cpuTimer();
    const { entries, elapsedMs } = await run();
    figures.record(`${METRIC_ASYNC}: CPU time`, 'µs/entry', name, null, cpuUs() / entries);
    figures.record(METRIC_ASYNC, 'entries/s', name, null, (entries / elapsedMs) * 1000);
  });
  for (const { journal } of journals.values()) await journal.close();
  remove(directory);
  targetEach(figures);
}

function targetEach(figures: Figures): void {
  for (const [index, { name }] of CONTESTANTS.entries()) {
    figures.target(
      {
        id: `3.${index + 1}`,
        text: `async, ${name.slice(OURS.length + 2)}, against ${FLOOR}`,
        bound: 'at least',
        limit: 2.5,
      },
      METRIC_ASYNC,
      name,
      FLOOR,
    );
  }
}

/** Batches of {@link IN_FLIGHT}, one after the other. */
async function repeat(
  durationMs: number,
  storeBatch: () => Promise<void>,
): Promise<{ entries: number; elapsedMs: number }> {
  const startMs = performance.now();
  let entries = 0;
  while (performance.now() - startMs < durationMs) {
    await storeBatch();
    entries += IN_FLIGHT;
  }
  return { entries, elapsedMs: performance.now() - startMs };
}
