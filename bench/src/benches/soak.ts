/**
 * The growth of memory under load. For `--soak MINUTES`, an application submits and updates at a limited rate
 * and appends to a second journal. The bench fits a line through the memory of the process.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  Sequencer,
  getAggregateRepositoryToken,
  getJournalToken,
  type AggregateRepository,
  type Journal,
} from 'nestjs-file-journal';
import { openJournal } from '../contestants/index.js';
import { EventSource } from '../harness/events.js';
import { anonymousMemoryBytes } from '../harness/memory.js';
import { slopeOf } from '../harness/slope.js';
import { subdirectory } from '../harness/workspace.js';
import { Account, Counter, bootLedger } from '../memory/ledger.js';
import type { Bench } from './bench.js';

const TICK_MS = 100;
const SUBMITS_PER_TICK = 20;
const UPDATES_PER_TICK = 10;
const APPENDS_PER_TICK = 20;
const ACCOUNTS = 1_000;
const SAMPLE_MS = 5_000;
const SAMPLES_PER_MINUTE = 12;
/** During this share of the time, caches fill, V8 compiles code and the heap reaches its size. */
const WARM_UP = 0.5;
const SEGMENT_BYTES = 16 * 1024 * 1024;
/** Small enough to fill up before the fitted part begins. */
const COMMAND_WINDOW = 8_192;
/** Bytes that the index of aggregates keeps for each of their events. */
const INDEX_BYTES = 12;
const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;

interface Sample {
  readonly atMs: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly updates: number;
}

export const soak: Bench = async ({ plan, workspace, figures }) => {
  const directory = subdirectory(workspace, 'journal');
  const app = await bootLedger({
    directory,
    projections: 2,
    maxLive: ACCOUNTS,
    options: { segmentSizeBytes: SEGMENT_BYTES, commandWindow: COMMAND_WINDOW },
  });
  const sequencer = app.get<Sequencer<Counter>>(Sequencer);
  const accounts = app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account));
  const journal = app.get<Journal>(getJournalToken());
  const other = await openJournal(subdirectory(workspace, 'other'), { segmentSizeBytes: SEGMENT_BYTES });
  const source = new EventSource();
  const samples: Sample[] = [];
  const startMs = performance.now();
  const sampleMs = plan.smoke ? SAMPLE_MS / 25 : SAMPLE_MS;
  const endMs = startMs + plan.soakMs;
  let operations = 0;
  let updates = 0;
  for (let tickMs = startMs; tickMs < endMs; tickMs += TICK_MS) {
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < SUBMITS_PER_TICK; i += 1) {
      operations += 1;
      // Every second command has an id, and one in ten of those is a repetition.
      const commandId =
        operations % 2 === 0 ? `command-${operations - (operations % 20 === 0 ? 2 : 0)}` : undefined;
      calls.push(sequencer.submit({ Add: { by: 1 } }, commandId === undefined ? {} : { commandId }));
    }
    for (let i = 0; i < UPDATES_PER_TICK; i += 1) {
      updates += 1;
      calls.push(
        accounts.update(`account-${updates % ACCOUNTS}`, (account) => account.deposit(1), {
          createIfAbsent: true,
        }),
      );
    }
    for (let i = 0; i < APPENDS_PER_TICK; i += 1) calls.push(other.append(source.typed()));
    await Promise.all(calls);
    const nowMs = performance.now();
    if (nowMs - (samples.at(-1)?.atMs ?? startMs) >= sampleMs) {
      // Garbage would hide the memory that remains.
      globalThis.gc?.();
      const { heapUsed } = process.memoryUsage();
      samples.push({ atMs: nowMs, residentBytes: anonymousMemoryBytes() ?? 0, heapBytes: heapUsed, updates });
    }
    await delay(Math.max(0, tickMs + TICK_MS - nowMs));
  }
  const elapsedMs = performance.now() - startMs;
  const entries = Number(journal.lastSequence ?? 0n) + 1 + source.next;
  await other.close();
  await app.close();

  const settled = samples.filter(({ atMs }) => atMs - startMs >= plan.soakMs * WARM_UP);
  const hourOf = ({ atMs }: Sample): number => (atMs - startMs) / HOUR_MS;
  const resident = slopeOf(settled.map((one) => ({ x: hourOf(one), y: one.residentBytes / MIB })));
  const heap = slopeOf(settled.map((one) => ({ x: hourOf(one), y: one.heapBytes / MIB })));
  const first = settled[0] as Sample;
  const last = settled.at(-1) as Sample;
  const indexed = ((last.updates - first.updates) * INDEX_BYTES) / MIB / (hourOf(last) - hourOf(first));
  for (const [index, { atMs, residentBytes }] of samples.entries()) {
    if (index % SAMPLES_PER_MINUTE !== 0) continue;
    const minute = Math.round((atMs - startMs) / 60_000);
    figures.record('RssAnon over time', 'MiB', 'soak', minute, residentBytes / MIB);
  }
  figures.record('duration', 'min', 'soak', null, elapsedMs / 60_000);
  figures.record('entries', 'entries', 'soak', null, entries);
  figures.record('RssAnon', 'MiB', 'after the warm-up', null, first.residentBytes / MIB);
  figures.record('RssAnon', 'MiB', 'at the end', null, last.residentBytes / MIB);
  figures.record('growth', 'MiB/h', 'RssAnon', null, resident.perUnit);
  figures.record('growth', 'MiB/h', 'RssAnon, standard error', null, resident.standardError);
  figures.record('growth', 'MiB/h', 'live heap', null, heap.perUnit);
  figures.record('growth', 'MiB/h', 'live heap, standard error', null, heap.standardError);
  figures.record('growth', 'MiB/h', 'index of the aggregates, as documented', null, indexed);
};
