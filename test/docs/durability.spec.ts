import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { importSnippet } from './snippets.js';

const GUIDE = 'docs/guides/durability.md';
const SEGMENT_SIZE_BYTES = 8 * 1024;

const { verify } = await importSnippet<{ verify(directory: string): Promise<string> }>(GUIDE, 'verify.ts');

function event(sequence: bigint): SequencerEvent {
  return new SequencerEvent({
    sequenceNum: sequence,
    timestampNs: 1_700_000_000_000_000_000n + sequence,
    command: { Deposit: { amount: sequence * 2n ** 60n, note: 'ü'.repeat(Number(sequence % 40n)) } },
    result: { ok: true },
  });
}

function open(directory: string): Promise<FileJournal> {
  return FileJournal.open({ directory, segmentSizeBytes: SEGMENT_SIZE_BYTES });
}

it('the tour says what it has made durable', async () => {
  const { tour } = await importSnippet<{ tour(directory: string): Promise<string> }>(
    GUIDE,
    'durability-tour.ts',
  );
  const directory = temporaryDirectory();
  expect(await tour(directory)).toBe('last 0, durable 0');
  expect(await tour(directory)).toBe('last 1, durable 1');
});

describe('copying files', () => {
  async function written(): Promise<{ source: string; journal: FileJournal }> {
    const source = temporaryDirectory();
    const journal = await open(source);
    for (let sequence = 0n; sequence < 200n; sequence += 1n) await journal.append(event(sequence));
    return { source, journal };
  }

  function copy(source: string, target: string, matches: RegExp): void {
    mkdirSync(target, { recursive: true });
    for (const name of readdirSync(source).filter((name) => matches.test(name))) {
      copyFileSync(join(source, name), join(target, name));
    }
  }

  it('sealed and archived segments may be copied at any time: they do not change', async () => {
    const { source, journal } = await written();
    expect(await journal.archiveSegmentsBefore(60n)).toBeGreaterThan(0);
    const names = readdirSync(source).filter((name) => name.startsWith('segment-'));
    const sealed = names.filter(
      (name) =>
        name !==
        names
          .filter((name) => name.endsWith('.journal'))
          .sort()
          .at(-1),
    );
    expect(sealed.length).toBeGreaterThan(2);
    const before = sealed.map((name) => readFileSync(join(source, name)));
    for (let sequence = 200n; sequence < 400n; sequence += 1n) await journal.append(event(sequence));
    await journal.close();
    for (const [index, name] of sealed.entries()) {
      expect(readFileSync(join(source, name)).equals(before[index] as Buffer)).toBe(true);
    }
  });

  it('segments with a checkpoint that was copied later are refused; without it every entry is there', async () => {
    const { source, journal } = await written();
    const target = join(temporaryDirectory(), 'copy');
    copy(source, target, /^segment-/);
    for (let sequence = 200n; sequence < 400n; sequence += 1n) await journal.append(event(sequence));
    await journal.close();
    copy(source, target, /checkpoint$/);
    await expect(open(target)).rejects.toMatchObject({ code: 'JOURNAL_INVALID_DIRECTORY' });

    const restored = join(temporaryDirectory(), 'restored');
    copy(target, restored, /^segment-/);
    await using again = await open(restored);
    expect(again.lastSequence).toBe(199n);
  });

  it('an archived segment is taken back by its name', async () => {
    const { source, journal } = await written();
    await journal.archiveSegmentsBefore(100n);
    await journal.close();
    const target = join(temporaryDirectory(), 'restored');
    mkdirSync(target);
    for (const name of readdirSync(source).filter((name) => name.startsWith('segment-'))) {
      copyFileSync(join(source, name), join(target, name.replace('.archived', '')));
    }
    expect(await verify(target)).toBe('200 entries, all good');
  });

  it('a missing segment is reported', async () => {
    const { source, journal } = await written();
    await journal.close();
    const target = join(temporaryDirectory(), 'copy');
    const names = readdirSync(source)
      .filter((name) => name.startsWith('segment-'))
      .sort();
    copy(source, target, /^segment-/);
    rmSync(join(target, names[1] ?? ''));
    expect(await verify(target)).toMatch(/missing-segment|gap/);
  });
});

it('a poisoned journal asks the process to leave', async () => {
  const { LeaveWhenPoisoned } = await importSnippet<{
    LeaveWhenPoisoned: new (journal: unknown) => { onApplicationBootstrap(): void };
  }>(GUIDE, 'src/leave-when-poisoned.ts');
  const journal = await InMemoryJournal.open();
  new LeaveWhenPoisoned(journal).onApplicationBootstrap();
  const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
  const exitCodeBefore = process.exitCode;
  try {
    journal.poison(new Error('EIO'));
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGTERM']]);
    expect(process.exitCode).toBe(1);
  } finally {
    process.exitCode = exitCodeBefore;
    kill.mockRestore();
  }
});
