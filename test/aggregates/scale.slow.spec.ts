import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import {
  getReplayServiceToken,
  getSnapshotManagerToken,
  FileJournalModule,
  getAggregateRepositoryToken,
} from '../../src/nest/index.js';
import { type SnapshotManager } from '../../src/replay/index.js';
import type { AggregateRepository } from '../../src/aggregates/index.js';
import type { ReplayService } from '../../src/replay/index.js';
import { boot } from '../nest/apps.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { Account, Deposited, Withdrawn } from './accounts.js';

/**
 * Many aggregates in one journal. AGGREGATES=full runs the full size: 1,000,000 events of 100,000 aggregates,
 * in some minutes. The test prints the measured times. It asserts the contents and, in full size, the limits:
 * one second for the replay after a snapshot, and 5 ms for a load.
 */
const FULL = process.env['AGGREGATES'] === 'full';
const EVENTS = FULL ? 1_000_000 : 50_000;
const AGGREGATES = FULL ? 100_000 : 5_000;
const TAIL = EVENTS / 100;
const COLD_EVENTS = 50;
/**
 * Number of aggregates that the test loads for the first time since the boot. The first load also runs cold
 * code.
 */
const COLD = FULL ? 40 : 4;
const figures: string[] = [];

const idOf = (number: number): string => `account-${number.toString().padStart(6, '0')}`;
/** Round robin over the aggregates, in a mixed order at the end. */
const ownerOf = (index: number): number => (index * 7_919) % AGGREGATES;

function eventOf(sequenceNum: number, owner: number): SequencerEvent {
  const command = {
    Deposited: { v: 1, aggregateId: idOf(owner), data: { amount: 1, note: 'x'.repeat(80) } },
  };
  return new SequencerEvent({ sequenceNum, timestampNs: 1, command, result: null });
}

async function fill(directory: string, from: number, owners: readonly number[] | number): Promise<void> {
  const journal = await FileJournal.open({ directory, durability: 'async', segmentSizeBytes: 64 * 2 ** 20 });
  const count = typeof owners === 'number' ? owners : owners.length;
  for (let at = 0; at < count; at += 1_000) {
    const size = Math.min(1_000, count - at);
    await journal.appendBatch(
      Array.from({ length: size }, (_unused, index) => {
        const owner = typeof owners === 'number' ? ownerOf(at + index) : (owners[at + index] as number);
        return eventOf(from + at + index, owner);
      }),
    );
  }
  await journal.close();
}

async function bootOn(directory: string) {
  const before = memoryMiB();
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ directory, segmentSizeBytes: 64 * 2 ** 20 }),
      FileJournalModule.forFeature({ aggregates: [Account], events: [Deposited, Withdrawn] }),
    ],
  });
  const { lastReport } = app.get<ReplayService>(getReplayServiceToken());
  if (lastReport === null) throw new Error('there was no replay');
  return {
    app,
    report: lastReport,
    grownMiB: memoryMiB() - before,
    accounts: app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account)),
    snapshots: app.get<SnapshotManager>(getSnapshotManagerToken()),
  };
}

function memoryMiB(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}

async function measured<T>(what: () => Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now();
  const result = await what();
  return [result, performance.now() - startedAt];
}

afterAll(() => console.log(figures.join('\n')));

describe(`${EVENTS} events of ${AGGREGATES} aggregates in one journal`, () => {
  const directory = join(temporaryDirectory('aggregates-'), 'journal');

  it('are indexed in one pass, restored from a snapshot and loaded one by one', async () => {
    await fill(directory, 0, EVENTS);
    const first = await bootOn(directory);
    expect(first.report).toMatchObject({ replayed: EVENTS, lastSequence: BigInt(EVENTS - 1) });
    expect([...first.accounts.ids()]).toHaveLength(AGGREGATES);
    figures.push(
      `boot without snapshot: ${Math.round(first.report.durationMs)} ms of replay, ` +
        `${((first.report.durationMs * 1_000) / EVENTS).toFixed(2)} us an event; memory grew by ${first.grownMiB.toFixed(1)} MiB, ` +
        `${Math.round((first.grownMiB * 2 ** 20) / AGGREGATES)} bytes an aggregate with ${EVENTS / AGGREGATES} events`,
    );
    const [taken, takenMs] = await measured(() => first.snapshots.take());
    expect(taken.get('domain events')).toBe(BigInt(EVENTS - 1));
    figures.push(`snapshot of the index: ${Math.round(takenMs)} ms`);
    await first.app.close();

    // The tail: some aggregates get 50 events each, interleaved with those of the others.
    const cold = Array.from({ length: COLD }, (_unused, index) => AGGREGATES - 1 - index);
    const spread = Math.floor(TAIL / (COLD_EVENTS * COLD));
    const owners = Array.from({ length: TAIL }, (_unused, index) =>
      index % spread === 0 && index < spread * COLD_EVENTS * COLD
        ? (cold[(index / spread) % COLD] as number)
        : ownerOf(index) % (AGGREGATES - COLD),
    );
    await fill(directory, EVENTS, owners);

    const [second, bootMs] = await measured(() => bootOn(directory));
    expect(second.report).toMatchObject({
      replayed: TAIL,
      snapshots: new Map([['domain events', BigInt(EVENTS - 1)]]),
    });
    figures.push(
      `boot with snapshot and ${TAIL} events behind it: ${Math.round(second.report.durationMs)} ms of replay, ` +
        `${Math.round(bootMs)} ms in all`,
    );
    const expected = EVENTS / AGGREGATES + COLD_EVENTS;
    const coldMs: number[] = [];
    for (const number of cold) {
      const [account, elapsedMs] = await measured(() => second.accounts.load(idOf(number)));
      expect(account.version).toBe(expected);
      expect(account.balance).toBe(BigInt(expected));
      coldMs.push(elapsedMs);
    }
    const [firstMs = Number.NaN, ...laterMs] = coldMs;
    laterMs.sort((one, other) => one - other);
    const medianMs = laterMs[laterMs.length >>> 1] as number;
    const [others, othersMs] = await measured(async () => {
      const loaded = [];
      for (let number = 0; number < 200; number += 1) loaded.push(await second.accounts.load(idOf(number)));
      return loaded;
    });
    expect(others.every(({ version }) => version >= EVENTS / AGGREGATES)).toBe(true);
    figures.push(
      `load of a cold aggregate with ${expected} events: ${medianMs.toFixed(2)} ms (median of ${laterMs.length}, ` +
        `at most ${(laterMs.at(-1) as number).toFixed(2)}), the first one of the process ${firstMs.toFixed(2)}; ` +
        `of 200 others: ${(othersMs / 200).toFixed(2)} ms each, with ${EVENTS / AGGREGATES} events`,
    );
    if (FULL) {
      expect(second.report.durationMs).toBeLessThan(1_000);
      expect(medianMs).toBeLessThan(5);
    }
    await second.app.close();
  }, 600_000);
});
