import { beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FileJournal } from '../../src/file-journal/index.js';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import { FileSnapshotStore, SnapshotService } from '../../src/replay/index.js';
import { Bank, deposit, withdraw } from '../sequencer/bank.js';
import { openFaultyJournal } from '../support/faulty-journal.js';
import { openBank } from '../sequencer/setup.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { damage, sequencesIn, snapshotFiles } from './snapshots.js';

Logger.overrideLogger(false);

describe('Snapshots', () => {
  let directory: string;
  let store: FileSnapshotStore;
  let journal: InMemoryJournal;
  let snapshots: SnapshotService;

  beforeEach(async () => {
    directory = temporaryDirectory();
    store = new FileSnapshotStore({ directory });
    journal = await InMemoryJournal.open({ entriesPerSegment: 4 });
    snapshots = new SnapshotService(journal, store);
  });

  const executedAfterRestart = async (on = journal) => {
    const { target } = await openBank(on, { snapshots: new SnapshotService(on, store) });
    return { executed: target.instance?.executed, balance: target.instance?.balanceOf('a') };
  };

  const submit = async (count: number) => {
    const { sequencer } = await openBank(journal, { snapshots });
    for (let index = 0; index < count; index += 1) await sequencer.submit(deposit('a', 1));
    return sequencer;
  };

  it('shorten the replay, and give the same state, bigints included', async () => {
    const sequencer = await submit(10);
    expect(await sequencer.takeSnapshot()).toBe(9n);
    await sequencer.submit(deposit('a', 1));
    expect(await executedAfterRestart()).toEqual({ executed: 1, balance: 11n });
  });

  it('hold the state at the call, whatever is executed while they are written', async () => {
    const faulty = await openFaultyJournal();
    const service = new SnapshotService(faulty, store);
    const { sequencer } = await openBank(faulty, { snapshots: service });
    faulty.held = true;
    const first = sequencer.submit(deposit('a', 1));
    const taken = sequencer.takeSnapshot();
    const second = sequencer.submit(deposit('a', 1));
    expect(await sequencesIn(store, 'Bank')).toEqual([]);
    faulty.release();
    expect(await taken).toBe(0n);
    await Promise.all([first, second]);
    const { target } = await openBank(faulty, { snapshots: service });
    expect(target.instance).toMatchObject({ executed: 1 });
    expect(target.instance?.balanceOf('a')).toBe(2n);
  });

  it('are not written if their last event does not become durable', async () => {
    for (const fault of ['no-space', 'sync-failed'] as const) {
      const faulty = await openFaultyJournal();
      const { sequencer } = await openBank(faulty, { snapshots: new SnapshotService(faulty, store) });
      await sequencer.submit(deposit('a', 1));
      faulty.fault = fault;
      const submitted = sequencer.submit(deposit('a', 1));
      await expect(sequencer.takeSnapshot()).rejects.toThrow();
      await expect(submitted).rejects.toThrow();
      expect(await sequencesIn(store, 'Bank')).toEqual([]);
    }
  });

  it('are also durable in async durability', async () => {
    journal = await InMemoryJournal.open({ durability: 'async' });
    snapshots = new SnapshotService(journal, store);
    const { sequencer } = await openBank(journal, { snapshots });
    await sequencer.submit(deposit('a', 1));
    expect(await sequencer.takeSnapshot()).toBe(0n);
    expect(journal.durableSequence).toBe(0n);
  });

  it('fall back to an older one if the newest is damaged, and to the journal if all are', async () => {
    const sequencer = await submit(4);
    await sequencer.takeSnapshot();
    for (let index = 0; index < 3; index += 1) await sequencer.submit(deposit('a', 1));
    await sequencer.takeSnapshot();
    const [older = '', newest = ''] = snapshotFiles(directory);
    damage(directory, newest);
    expect(await executedAfterRestart()).toEqual({ executed: 3, balance: 7n });
    damage(directory, older);
    expect(await executedAfterRestart()).toEqual({ executed: 7, balance: 7n });
  });

  it('are refused beyond the end of the journal', async () => {
    const sequencer = await submit(10);
    await sequencer.takeSnapshot();
    const shorter = await InMemoryJournal.open({ initialEntries: [...journal.readFrom(0)].slice(0, 5) });
    expect(await executedAfterRestart(shorter)).toEqual({ executed: 5, balance: 5n });
  });

  it('are refused if the journal holds another entry', async () => {
    const sequencer = await submit(10);
    await sequencer.takeSnapshot();
    const other = await InMemoryJournal.open();
    const { sequencer: otherSequencer } = await openBank(other);
    for (let index = 0; index < 10; index += 1) await otherSequencer.submit(deposit('a', 5));
    expect(await executedAfterRestart(other)).toEqual({ executed: 10, balance: 50n });
  });

  it('are refused if the state has another version', async () => {
    const sequencer = await submit(3);
    await sequencer.takeSnapshot();
    const { ExecutedAggregateTarget } = await import('../../src/sequencer/index.js');
    const target = new ExecutedAggregateTarget({
      name: 'Bank',
      create: () => new Bank() as never,
      snapshotVersion: 2,
    });
    await target.reset();
    expect(await snapshots.restoreNewest(target)).toBeNull();
  });

  it('cover archived entries; without a snapshot the replay fails', async () => {
    const sequencer = await submit(10);
    await sequencer.takeSnapshot();
    await sequencer.submit(withdraw('a', 1));
    expect(await journal.archiveSegmentsBefore(8)).toBe(2);
    expect(await executedAfterRestart()).toEqual({ executed: 1, balance: 9n });
    for (const name of snapshotFiles(directory)) damage(directory, name);
    await expect(executedAfterRestart()).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_GAP',
      expectedSequence: 0n,
      actualSequence: 8n,
    });
  });

  it('do not cover a gap that begins after them', async () => {
    const sequencer = await submit(3);
    await sequencer.takeSnapshot();
    for (let index = 0; index < 10; index += 1) await sequencer.submit(deposit('a', 1));
    await journal.archiveSegmentsBefore(8);
    await expect(executedAfterRestart()).rejects.toMatchObject({ code: 'JOURNAL_REPLAY_GAP' });
  });

  it('decide what may be archived: everything after the oldest usable one stays', async () => {
    const { sequencer, target } = await openBank(journal, { snapshots });
    for (let index = 0; index < 9; index += 1) await sequencer.submit(deposit('a', 1));
    expect(await snapshots.archiveCovered([target])).toBe(0);
    await sequencer.takeSnapshot();
    for (let index = 0; index < 6; index += 1) await sequencer.submit(deposit('a', 1));
    await sequencer.takeSnapshot();
    // At 8 and 14; segments begin at 0, 4, 8, 12.
    expect(await snapshots.archiveCovered([target])).toBe(2);
    expect(journal.firstAvailableSequence).toBe(8n);
    damage(directory, snapshotFiles(directory)[1] ?? '');
    expect(await executedAfterRestart()).toEqual({ executed: 6, balance: 15n });
  });

  it('reject a state that JSON cannot hold', async () => {
    class Unwritable extends Bank {
      override snapshot() {
        return { balances: new Map() } as never;
      }
    }
    const { sequencer } = await openBank(journal, { snapshots, create: () => new Unwritable() });
    await sequencer.submit(deposit('a', 1));
    await expect(sequencer.takeSnapshot()).rejects.toMatchObject({ code: 'JOURNAL_SERIALIZATION' });
  });

  it('stop the boot if the aggregate cannot restore its own snapshot', async () => {
    const sequencer = await submit(2);
    await sequencer.takeSnapshot();
    class Forgetful extends Bank {
      override restore(): never {
        throw new Error('what is this?');
      }
    }
    await expect(openBank(journal, { snapshots, create: () => new Forgetful() })).rejects.toMatchObject({
      code: 'JOURNAL_REPLAY_FAILED',
      target: 'Bank',
      sequence: 1n,
    });
  });

  it('are used when the Sequencer rebuilds its aggregate', async () => {
    const faulty = await openFaultyJournal();
    const service = new SnapshotService(faulty, store);
    const { sequencer, target } = await openBank(faulty, { snapshots: service });
    for (let index = 0; index < 5; index += 1) await sequencer.submit(deposit('a', 1));
    await sequencer.takeSnapshot();
    await sequencer.submit(deposit('a', 1));
    faulty.fault = 'no-space';
    await expect(sequencer.submit(deposit('a', 1))).rejects.toThrow('ENOSPC');
    faulty.fault = null;
    expect((await sequencer.submit(deposit('a', 1))).result).toEqual({ balance: 7n });
    expect(target.instance?.executed).toBe(2);
  });
});

describe('A journal with isComplete', () => {
  it('may begin with any sequence', async () => {
    const directory = temporaryDirectory();
    const journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
    await journal.append(
      new SequencerEvent({
        sequenceNum: 106n,
        timestampNs: 1n,
        command: deposit('a', 1),
        result: { balance: 1 },
      }),
    );
    const { target } = await openBank(journal);
    expect(target.lastSequence).toBe(106n);
    await journal.close();
  });
});
