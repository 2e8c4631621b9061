import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { channel } from 'node:diagnostics_channel';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import {
  TELEMETRY_CHANNELS,
  listenToTelemetry,
  readStatus,
  type TelemetryEvent,
} from '../../src/telemetry/index.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

type Published = { readonly event: TelemetryEvent; readonly message: Record<string, unknown> };

const ends: (() => void)[] = [];

/** The messages of journals from now on, in order, without the times. */
function record(...events: TelemetryEvent[]): Published[] {
  const published: Published[] = [];
  const listeners = events.map((event) => [
    event,
    (message: object) => {
      const { durationMs, ...rest } = message as { durationMs?: number };
      if (durationMs !== undefined) expect(durationMs).toBeGreaterThanOrEqual(0);
      published.push({ event, message: rest });
    },
  ]);
  ends.push(listenToTelemetry(Object.fromEntries(listeners)));
  return published;
}

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function event(sequence: number | bigint, sizeBytes = 10): SequencerEvent {
  return new SequencerEvent({
    sequenceNum: BigInt(sequence),
    timestampNs: 1_700_000_000_000_000_000n,
    command: { Note: 'x'.repeat(sizeBytes) },
    result: null,
  });
}

const SEGMENT_SIZE_BYTES = 4_096;

describe('the messages of a FileJournal', () => {
  it('report its opening, each append, each group, each sync, and its end', async () => {
    const published = record('opened', 'groupStored', 'appendSettled', 'synced', 'closed');
    const journal = await FileJournal.open({ directory: temporaryDirectory() });
    expect(published.splice(0)).toEqual([
      { event: 'opened', message: { journal, durability: 'sync', recovery: journal.recovery } },
    ]);

    await Promise.all([
      journal.append(event(0)),
      journal.append(event(1)),
      journal.appendBatch([event(2), event(3)]),
    ]);
    const groups = published.filter((one) => one.event === 'groupStored').map(({ message }) => message);
    expect(groups.reduce((sum, { entries }) => sum + Number(entries), 0)).toBe(4);
    expect(groups[0]).toMatchObject({ journal, durability: 'sync', firstSequence: 0n, rotated: false });
    expect(groups.at(-1)).toMatchObject({ lastSequence: 3n });
    const { bytes } = await journal.verifyIntegrity();
    expect(groups.reduce((sum, { sizeBytes }) => sum + Number(sizeBytes), 0)).toBe(Number(bytes));
    expect(published.filter((one) => one.event === 'appendSettled').map(({ message }) => message)).toEqual([
      { journal, entries: 1, error: null },
      { journal, entries: 1, error: null },
      { journal, entries: 2, error: null },
    ]);
    expect(published.filter((one) => one.event === 'synced')).toHaveLength(groups.length);

    published.splice(0);
    await journal.close();
    expect(published.at(-1)).toEqual({ event: 'closed', message: { journal } });
  });

  it('report a background sync, in async durability', async () => {
    await using journal = await FileJournal.open({ directory: temporaryDirectory(), durability: 'async' });
    const published = record('synced', 'groupStored');
    await journal.append(event(0));
    await journal.flush();
    expect(published).toContainEqual({ event: 'synced', message: { journal } });
    expect(published[0]?.message).toMatchObject({ durability: 'async', entries: 1 });
  });

  it('report a rotation, and the archived segments', async () => {
    await using journal = await FileJournal.open({
      directory: temporaryDirectory(),
      segmentSizeBytes: SEGMENT_SIZE_BYTES,
    });
    const published = record('rotated', 'archived', 'groupStored');
    await journal.append(event(0, 3_000));
    await journal.append(event(1, 3_000));
    expect(published.filter((one) => one.event === 'rotated')).toEqual([
      { event: 'rotated', message: { journal, startSequence: 1n } },
    ]);
    expect(
      published.filter((one) => one.event === 'groupStored').map(({ message }) => message['rotated']),
    ).toEqual([false, true]);
    published.splice(0);
    expect(await journal.archiveSegmentsBefore(1)).toBe(1);
    expect(await journal.archiveSegmentsBefore(1)).toBe(0);
    expect(published).toEqual([{ event: 'archived', message: { journal, segments: 1, beforeSequence: 1n } }]);
  });

  it('report a refusal with its error, and a failure that poisons', async () => {
    const files = new FaultyFileSystem();
    await using journal = await FileJournal.open({ directory: temporaryDirectory(), fileSystem: files.wrap });
    const published = record('appendSettled', 'poisoned');
    const refusal: unknown = await journal
      .append(event(7))
      .then(() => journal.append(event(9)).catch((error: unknown) => error));
    expect(refusal).toMatchObject({ code: 'JOURNAL_SEQUENCE_CONFLICT' });
    expect(published.at(-1)).toEqual({
      event: 'appendSettled',
      message: { journal, entries: 1, error: refusal },
    });
    files.fail('sync', 'EIO');
    const failure: unknown = await journal.append(event(8)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'JOURNAL_POISONED' });
    expect(published.filter((one) => one.event === 'poisoned')).toEqual([
      { event: 'poisoned', message: { journal, error: journal.failure } },
    ]);
    expect(published.at(-1)).toEqual({
      event: 'appendSettled',
      message: { journal, entries: 1, error: failure },
    });
  });

  it('are not published before the first and after the last subscription', async () => {
    await using journal = await FileJournal.open({ directory: temporaryDirectory() });
    const published = record('groupStored', 'appendSettled', 'synced');
    for (const end of ends.splice(0)) end();
    for (const name of Object.values(TELEMETRY_CHANNELS)) expect(channel(name).hasSubscribers).toBe(false);
    await journal.append(event(0));
    expect(published).toEqual([]);
  });

  it('reach other listeners if one of them throws', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    ends.push(
      listenToTelemetry({
        groupStored: () => {
          throw new Error('a bad listener');
        },
      }),
    );
    const published = record('groupStored');
    await using journal = await FileJournal.open({ directory: temporaryDirectory() });
    await journal.append(event(0));
    expect(journal.state).toBe('open');
    expect(published).toHaveLength(1);
    expect(String(warn.mock.calls[0]?.[0])).toContain('a bad listener');
    warn.mockRestore();
  });
});

describe('usage()', () => {
  it('counts segments, allocated bytes and free bytes', async () => {
    await using journal = await FileJournal.open({
      directory: temporaryDirectory(),
      segmentSizeBytes: SEGMENT_SIZE_BYTES,
    });
    for (let sequence = 0; sequence < 3; sequence += 1) await journal.append(event(sequence, 3_000));
    await journal.archiveSegmentsBefore(1);
    const usage = await journal.usage();
    expect(usage).toMatchObject({
      directory: journal.directory,
      segmentSizeBytes: SEGMENT_SIZE_BYTES,
      segments: 2,
      archivedSegments: 1,
    });
    expect(usage.sizeBytes).toBeGreaterThanOrEqual(3 * SEGMENT_SIZE_BYTES);
    expect(usage.freeBytes).toBeGreaterThan(0);
    expect(usage.totalBytes).toBeGreaterThan(usage.freeBytes);
  });

  it('is part of the status, which has an error if the directory is gone', async () => {
    const directory = temporaryDirectory();
    const journal = await FileJournal.open({ directory });
    await journal.append(event(5));
    expect(await readStatus({ name: 'a', journal: journal as never })).toMatchObject({
      name: 'a',
      state: 'open',
      lastSequence: 5n,
      durableSequence: 5n,
      storage: { segments: 1 },
      storageError: null,
      commands: null,
      replay: null,
      lag: [],
    });
    await journal.close();
    expect(await readStatus({ name: 'a', journal: journal as never })).toMatchObject({
      state: 'closed',
      storage: null,
      storageError: null,
    });
  });
});
