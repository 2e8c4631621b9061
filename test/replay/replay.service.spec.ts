import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import {
  ReplayService,
  type ReplayProgress,
  type ReplayTarget,
  type SnapshotService,
} from '../../src/replay/index.js';
import { openBank } from '../sequencer/setup.js';
import { Bank, deposit } from '../sequencer/bank.js';

Logger.overrideLogger(false);

async function journalOf(count: number): Promise<InMemoryJournal> {
  const journal = await InMemoryJournal.open();
  await journal.appendBatch(
    Array.from(
      { length: count },
      (_, index) =>
        new SequencerEvent({
          sequenceNum: index,
          timestampNs: index,
          command: { Note: index },
          result: null,
        }),
    ),
  );
  return journal;
}

function counter(
  onEvent: (event: SequencerEvent) => void = () => undefined,
): ReplayTarget & { seen: bigint[] } {
  const target = {
    name: 'counter',
    lastSequence: null as bigint | null,
    snapshots: null,
    seen: [] as bigint[],
    deliver(event: SequencerEvent) {
      onEvent(event);
      target.seen.push(event.sequenceNum);
      target.lastSequence = event.sequenceNum;
    },
  };
  return target;
}

describe('ReplayService', () => {
  it('delivers every event once, in order, to targets at different positions', async () => {
    const journal = await journalOf(1_000);
    const replay = new ReplayService(journal);
    const early = counter();
    await replay.rehydrate([early]);
    await journal.append(
      new SequencerEvent({ sequenceNum: 1_000, timestampNs: 0, command: 'x', result: null }),
    );
    const late = counter();
    const report = await replay.catchUp([early, late]);
    expect(early.seen).toEqual(Array.from({ length: 1_001 }, (_, index) => BigInt(index)));
    expect(late.seen).toEqual(early.seen);
    expect(report).toMatchObject({ replayed: 1_001, fromSequence: 0n, lastSequence: 1_000n });
    replay.catchUpNow([early, late]);
    expect(late.seen).toHaveLength(1_001);
  });

  it.each([
    [0, null, 'counter rehydrated: the journal is empty'],
    [1, null, /^counter rehydrated up to sequence 0 \(1 entry in \d+ ms\)$/],
    [2, null, /^counter rehydrated up to sequence 1 \(2 entries in \d+ ms\)$/],
    [2, 1n, /^counter rehydrated up to sequence 1 \(0 entries in 0 ms, counter from its snapshot at 1\)$/],
  ])('logs how it rehydrated: %d entries, snapshot at %p', async (entries, snapshotAt, expected) => {
    const logged = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    const target = counter();
    // In place of a SnapshotService: it restores the state and returns its sequence.
    const restoreNewest = async () => Object.assign(target, { lastSequence: snapshotAt }).lastSequence;
    const snapshots = { restoreNewest } as unknown as SnapshotService;
    await new ReplayService(await journalOf(entries), { snapshots }).rehydrate([target]);
    const lines = logged.mock.calls.map(([line]) => String(line));
    logged.mockRestore();
    const prefix = 'journal "default": ';
    expect(lines.at(-1)?.slice(prefix.length)).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  });

  it('yields to the event loop', async () => {
    const journal = await journalOf(3_000);
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    await new ReplayService(journal).rehydrate([
      counter(() => {
        const until = performance.now() + 0.02;
        while (performance.now() < until);
      }),
    ]);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
  });

  it('reports its progress, with rate and remaining time', async () => {
    const journal = await journalOf(2_000);
    const replay = new ReplayService(journal, { journalName: 'orders', progressIntervalMs: 1 });
    const reports: ReplayProgress[] = [];
    replay.progress$.subscribe((progress) => reports.push(progress));
    await replay.rehydrate([
      counter(() => {
        const until = performance.now() + 0.01;
        while (performance.now() < until);
      }),
    ]);
    expect(reports.length).toBeGreaterThan(3);
    expect(reports[0]).toMatchObject({
      journal: 'orders',
      phase: 'running',
      replayed: 0,
      total: 2_000n,
      sequence: null,
    });
    const middle = reports[2];
    expect(middle?.sequence).toBe(BigInt((middle?.replayed ?? 0) - 1));
    expect(middle?.ratePerSecond).toBeGreaterThan(0);
    expect(middle?.etaMs).toBeGreaterThan(0);
    expect(reports.at(-1)).toMatchObject({ phase: 'done', replayed: 2_000, sequence: 1_999n, etaMs: 0 });
    expect(replay.lastReport).toMatchObject({ replayed: 2_000, fromSequence: 0n, lastSequence: 1_999n });
  });

  it('also reports the end of a replay that had nothing to read', async () => {
    const replay = new ReplayService(await journalOf(0));
    expect(replay.lastReport).toBeNull();
    const reports: ReplayProgress[] = [];
    replay.progress$.subscribe((progress) => reports.push(progress));
    await replay.rehydrate([counter()]);
    expect(reports.at(-1)).toMatchObject({ phase: 'done', replayed: 0, total: 0n });
    expect(replay.lastReport).toMatchObject({ replayed: 0, fromSequence: null, lastSequence: null });
  });

  it('fails with the target, the location and the cause if a target throws', async () => {
    const journal = await journalOf(10);
    const failing = counter(({ sequenceNum }) => {
      if (sequenceNum === 7n) throw new TypeError('bad state');
    });
    const reports: ReplayProgress[] = [];
    const replay = new ReplayService(journal);
    replay.progress$.subscribe((progress) => reports.push(progress));
    await expect(replay.rehydrate([failing])).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_FAILED',
      target: 'counter',
      sequence: 7n,
      segment: expect.any(String),
      offset: expect.any(Number),
      message: expect.stringContaining('bad state'),
    });
    expect(reports.at(-1)?.phase).toBe('failed');
  });

  it('expects a history to begin with firstSequence', async () => {
    const journal = await InMemoryJournal.open();
    await journal.append(new SequencerEvent({ sequenceNum: 5, timestampNs: 0, command: 'x', result: null }));
    // A journal that does not know whether entries are missing.
    Object.defineProperty(journal, 'isComplete', { value: undefined });
    await expect(new ReplayService(journal).rehydrate([counter()])).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_GAP',
      expectedSequence: 0n,
      actualSequence: 5n,
    });
    const target = counter();
    await new ReplayService(journal, { firstSequence: 5n }).rehydrate([target]);
    expect(target.seen).toEqual([5n]);
  });

  it('has nothing to do on an empty journal', async () => {
    const report = await new ReplayService(await InMemoryJournal.open()).rehydrate([counter()]);
    expect(report).toMatchObject({ replayed: 0, fromSequence: null, lastSequence: null });
  });
});

describe('Replay of commands', () => {
  it('reports an error of the aggregate for a stored event as a divergence', async () => {
    const journal = await InMemoryJournal.open();
    const { sequencer } = await openBank(journal);
    await sequencer.submit(deposit('a', 1));
    class Strict extends Bank {
      override execute(): never {
        throw new RangeError('too small');
      }
    }
    await expect(openBank(journal, { create: () => new Strict() })).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_DIVERGENCE',
      sequence: 0n,
      cause: { message: 'too small' },
    });
  });
});
