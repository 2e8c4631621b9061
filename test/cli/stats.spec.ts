import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import { GOLDEN_VERSIONS, goldenCases } from '../support/golden.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { journalWith, SMALL } from './support/journals.js';
import { run } from './support/run.js';

interface Counted {
  readonly name: string;
  readonly entries: number;
}

interface Statistics {
  readonly entries: number;
  readonly commands: readonly Counted[];
  readonly results: readonly Counted[];
  readonly sizes: Readonly<Record<string, number>> & { readonly histogram: readonly Counted[] };
  readonly perMinute: {
    readonly bucketMinutes: number;
    readonly buckets: readonly { readonly fromNs: string; readonly entries: number }[];
  };
}

async function statsOf(
  directory: string,
  ...options: string[]
): Promise<Statistics & Record<string, unknown>> {
  const { stdout } = await run('stats', directory, '--json', ...options);
  return JSON.parse(stdout) as Statistics & Record<string, unknown>;
}

const sumOf = (counts: readonly { readonly entries: number }[]): number =>
  counts.reduce((sum, { entries }) => sum + entries, 0);

const MINUTE_NS = 60_000_000_000n;

async function journalOf(
  ...inits: readonly Partial<ConstructorParameters<typeof SequencerEvent>[0]>[]
): Promise<string> {
  const directory = temporaryDirectory();
  await using journal = await FileJournal.open({ directory, ...SMALL });
  for (const [sequenceNum, init] of inits.entries()) {
    await journal.append(
      new SequencerEvent({ sequenceNum, timestampNs: 0n, command: 'None', result: null, ...init }),
    );
  }
  return directory;
}

describe('file-journal stats', () => {
  test('counts commands, results, command ids, events and aggregates', async () => {
    const placed = { v: 1, aggregateId: 'A-1', aggregateType: 'Order', data: { text: '"command_id"' } };
    const directory = await journalOf(
      { command: { AddOrder: { text: '"result":{"X":1}}' } }, result: { OrderAdded: { id: 1n } } },
      { command: { AddOrder: [1, { a: [] }] }, result: 'Rejected', commandId: 'c-1' },
      { command: 'CancelAll', result: null, commandId: 'c-2' },
      { command: { 'Größe "1"': 5 }, result: { 'Ergebnis ü': 1 } },
      { command: { OrderPlaced: placed }, result: true },
      { command: { DomainEvents: [{ OrderPlaced: placed }, { OrderFilled: placed }] }, result: null },
      { command: 12n, result: [1] },
    );
    const statistics = await statsOf(directory);
    expect(statistics).toMatchObject({ entries: 7, entriesWithCommandId: 2, undecodable: 0, faults: 0 });
    const namesOf = (counts: unknown): unknown =>
      Object.fromEntries((counts as Counted[]).map(({ name, entries }) => [name, entries]));
    expect(namesOf(statistics.commands)).toEqual({
      AddOrder: 2,
      CancelAll: 1,
      'Größe "1"': 1,
      OrderPlaced: 1,
      DomainEvents: 1,
      '12': 1,
    });
    expect(namesOf(statistics.results)).toEqual({
      OrderAdded: 1,
      Rejected: 1,
      null: 2,
      'Ergebnis ü': 1,
      true: 1,
      '(list)': 1,
    });
    expect(namesOf(statistics['events'])).toEqual({ OrderPlaced: 2, OrderFilled: 1 });
    expect(namesOf(statistics['aggregateTypes'])).toEqual({ Order: 3 });
    const text = (await run('stats', directory)).stdout;
    expect(text).toMatch(/^AddOrder\s+2\s+28\.6%/m);
    expect(text).toMatch(/^with a command id: 2 \(28\.6%\)$/m);
  });

  test('gives the exact sizes and minutes', async () => {
    const sizes = [10, 10, 20, 300, 5_000];
    const directory = await journalOf(
      ...sizes.map((size, index) => ({
        command: { Note: 'x'.repeat(size) },
        timestampNs: BigInt(index < 3 ? 5 : 9) * MINUTE_NS + BigInt(index),
      })),
    );
    await using journal = await FileJournal.openReadOnly({ directory });
    const stored = [...journal.readFrom(0n)]
      .map(({ payload }) => payload.byteLength + 24)
      .sort((a, b) => a - b);
    const statistics = await statsOf(directory);
    expect(statistics.sizes).toMatchObject({
      minBytes: stored[0],
      medianBytes: stored[2],
      p99Bytes: stored[4],
      maxBytes: stored[4],
      meanBytes: stored.reduce((a, b) => a + b) / 5,
    });
    expect(sumOf(statistics.sizes.histogram)).toBe(5);
    expect(statistics.perMinute).toEqual({
      bucketMinutes: 1,
      buckets: [
        { fromNs: String(5n * MINUTE_NS), entries: 3, bytes: expect.any(Number) },
        { fromNs: String(9n * MINUTE_NS), entries: 2, bytes: expect.any(Number) },
      ],
    });
  });

  test('needs bounded memory for any times and names, and keeps the sums', async () => {
    const count = 12_000;
    const directory = temporaryDirectory();
    {
      await using journal = await FileJournal.open({ directory, segmentSizeBytes: 8 * 1024 * 1024 });
      await journal.appendBatch(
        Array.from(
          { length: count },
          (_, number) =>
            new SequencerEvent({
              sequenceNum: number,
              timestampNs: (BigInt(number) * 0xffff_ffff_ffff_ffffn) / BigInt(count),
              command: { [`Command${number}`]: null },
              result: null,
            }),
        ),
      );
    }
    const statistics = await statsOf(directory);
    expect(statistics.commands).toHaveLength(1_001);
    expect(sumOf(statistics.commands)).toBe(count);
    expect(statistics.perMinute.bucketMinutes).toBeGreaterThan(1);
    expect(statistics.perMinute.buckets.length).toBeLessThanOrEqual(10_080);
    expect(sumOf(statistics.perMinute.buckets)).toBe(count);
    const { stdout } = await run('stats', directory, '--names', '3', '--minutes', '2');
    expect(stdout).toContain('998 more; see --names');
    expect(stdout).toContain('the last 2; see --minutes');
  });

  test.each(
    GOLDEN_VERSIONS.flatMap((version) =>
      goldenCases(version).map((golden) => [golden.name, golden] as const),
    ),
  )('counts a journal of orderbook-rs (%s)', async (name, { directory, entries }) => {
    const { exitCode, stdout } = await run('stats', directory, '--json');
    const statistics = JSON.parse(stdout) as Statistics & { faults: number };
    expect(statistics.entries).toBe(entries.length);
    expect(exitCode).toBe(name === 'corrupt-middle' ? 1 : 0);
    expect(statistics.faults).toBe(name === 'corrupt-middle' ? 1 : 0);
    expect(sumOf(statistics.commands)).toBe(entries.length);
    expect(sumOf(statistics.results)).toBe(entries.length);
  });

  test('goes around damage and includes archived segments on request', async () => {
    const directory = await journalWith(400);
    await run('archive', directory, '--up-to', '200', '--force');
    const all = await statsOf(directory, '--include-archived');
    expect(all.entries).toBe(400);
    const live = await statsOf(directory);
    expect(live.entries).toBeLessThan(400);
    const [sealed] = readdirSync(directory)
      .filter((name) => /^segment-\d+\.journal$/.test(name))
      .sort() as [string];
    const bytes = readFileSync(join(directory, sealed));
    bytes.writeUInt8(0xff, 40);
    writeFileSync(join(directory, sealed), bytes);
    const { exitCode, stdout } = await run('stats', directory);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^1 faults; /m);
    expect((await statsOf(directory)).entries).toBe(live.entries - 1);
  });
});
