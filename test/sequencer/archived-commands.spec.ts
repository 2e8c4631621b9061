/**
 * Commands with ids whose entries are in the window and archived: directly, because `archiveCovered` would
 * keep them.
 */
import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FileJournal } from '../../src/file-journal/index.js';
import { FileSnapshotStore, SnapshotService } from '../../src/replay/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { deposit } from './bank.js';
import { openBank, type BankSetup } from './setup.js';

Logger.overrideLogger(false);

const COMMANDS = 100;

interface Archived extends BankSetup {
  readonly journal: FileJournal;
  readonly directory: string;
  /** Paths of the archived segments, oldest first. */
  readonly segments: readonly string[];
  readonly restart: () => Promise<Archived>;
}

async function openIn(directory: string): Promise<Archived> {
  const journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
  const snapshots = new SnapshotService(
    journal,
    new FileSnapshotStore({ directory: `${directory}/snapshots` }),
  );
  const bank = await openBank(journal, { snapshots });
  const segments = readdirSync(directory)
    .filter((name) => name.includes('.archived'))
    .toSorted()
    .map((name) => join(directory, name));
  const restart = async (): Promise<Archived> => {
    await journal.close();
    const again = await openIn(directory);
    await again.sequencer.loadCommandIds();
    return again;
  };
  return { ...bank, journal, directory, segments, restart };
}

/**
 * A bank with a hundred deposits by id, a snapshot behind them, and all segments archived but the last one or
 * two.
 */
async function openArchived(compression: 'plain' | 'gzip' = 'plain'): Promise<Archived> {
  const first = await openIn(temporaryDirectory());
  for (let index = 0; index < COMMANDS; index += 1)
    await first.sequencer.submit(deposit('a', 1), { commandId: `id ${index}` });
  await first.sequencer.takeSnapshot();
  expect(await first.journal.archiveSegmentsBefore(COMMANDS - 10)).toBeGreaterThan(2);
  if (compression === 'gzip') await first.journal.compressArchived();
  const segments = readdirSync(first.directory).filter((name) => name.includes('.archived'));
  expect(segments.every((name) => name.endsWith(compression === 'gzip' ? '.gz' : '.archived'))).toBe(true);
  return { ...first, segments: segments.toSorted().map((name) => join(first.directory, name)) };
}

const repeat = ({ sequencer }: BankSetup, index: number) =>
  sequencer.submit(deposit('a', 1), { commandId: `id ${index}` });

describe.each(['plain', 'gzip'] as const)('a command whose entry was archived (%s)', (compression) => {
  it('is answered from the archived segment, before and after a restart', async () => {
    const before = await openArchived(compression);
    expect(before.journal.firstAvailableSequence).toBeGreaterThan(50n);
    const answer = { sequenceNum: 3n, commandId: 'id 3', result: { balance: 4 } };
    expect(await repeat(before, 3)).toMatchObject(answer);
    const after = await before.restart();
    expect(await repeat(after, 3)).toMatchObject(answer);
    expect((await repeat(after, 0)).sequenceNum).toBe(0n);
    expect((await repeat(after, 99)).sequenceNum).toBe(99n);
    expect(after.journal.lastSequence).toBe(99n);
    await after.journal.close();
  });

  it('is known after its archived segment was moved away, and is not executed again', async () => {
    const bank = await openArchived(compression);
    const [oldest = '', second = '', ...others] = bank.segments;
    rmSync(second);
    const inSecond = Number(/(\d{20})/.exec(second)?.[1]) + 1;
    await expect(repeat(bank, inSecond)).rejects.toMatchObject({
      ...{ code: 'JOURNAL_COMMAND_RESULT_UNAVAILABLE', sequenceNum: BigInt(inSecond) },
    });
    rmSync(oldest);
    const refused = { code: 'JOURNAL_COMMAND_RESULT_UNAVAILABLE', commandId: 'id 3', sequenceNum: 3n };
    await expect(repeat(bank, 3)).rejects.toMatchObject(refused);
    for (const path of others) rmSync(path);
    await expect(repeat(bank, 3)).rejects.toMatchObject(refused);
    expect(bank.target.instance?.executed).toBe(COMMANDS);
    await bank.journal.close();
  });
});

describe('after a restart', () => {
  it('only commands whose archived segments were moved away are unknown', async () => {
    const before = await openArchived();
    const starts = before.segments.map((path) => Number(/(\d{20})/.exec(path)?.[1]));
    rmSync(before.segments[1] ?? '');
    const after = await before.restart();
    expect((await repeat(after, 0)).sequenceNum).toBe(0n);
    expect((await repeat(after, starts[2] ?? 0)).sequenceNum).toBe(BigInt(starts[2] ?? 0));
    expect((await repeat(after, 99)).sequenceNum).toBe(99n);
    expect((await repeat(after, starts[1] ?? 0)).sequenceNum).toBe(BigInt(COMMANDS));
    await after.journal.close();
  });

  it('a damaged archive in the window stops commands with an id, but no others', async () => {
    const before = await openArchived('gzip');
    const [damaged = ''] = before.segments;
    truncateSync(damaged, statSync(damaged).size - 5);
    const after = await before.restart();
    await expect(repeat(after, 99)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT_ARCHIVE' });
    expect((await after.sequencer.submit(deposit('a', 1))).sequenceNum).toBe(100n);
    rmSync(damaged);
    expect((await repeat(after, 99)).sequenceNum).toBe(99n);
    await after.journal.close();
  });
});
