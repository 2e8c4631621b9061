import { describe, expect, it } from '@jest/globals';
import { EventBus } from '@nestjs/cqrs';
import type { AggregateRepository } from '../../src/aggregates/index.js';
import { SequencerEvent, type Journal } from '../../src/journal/index.js';
import { FileJournalModule, getAggregateRepositoryToken, getJournalToken } from '../../src/nest/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { EVENTS, Order } from '../cqrs/events.js';
import { Bank, deposit, type BankCommand, type BankResult } from '../sequencer/bank.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { boot } from './apps.js';

async function bootOn(directory: string, disk = new FaultyFileSystem()) {
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ directory, segmentSizeBytes: 4096, fileSystem: disk.wrap }),
      FileJournalModule.forFeature({ aggregates: [Bank, Order], events: EVENTS }),
    ],
  });
  return {
    app,
    disk,
    journal: app.get<Journal>(getJournalToken()),
    sequencer: app.get<Sequencer<Bank>>(Sequencer),
    orders: app.get<AggregateRepository<Order>>(getAggregateRepositoryToken(Order)),
  };
}

describe('A disk that fails under a Nest application', () => {
  it('rejects every later write; memory shows only stored entries, and a restart keeps them', async () => {
    const directory = temporaryDirectory();
    const { app, disk, journal, sequencer, orders } = await bootOn(directory);
    await sequencer.submit(deposit('a', 10));
    disk.fail('sync', 'EIO', { path: /segment-\d+\.journal$/, times: 1 });
    const doomed = await Promise.allSettled(
      Array.from({ length: 16 }, () => sequencer.submit(deposit('a', 1))),
    );
    for (const result of doomed) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'JOURNAL_POISONED' } });
    }
    const order = new Order('A-1');
    order.place(1n);
    await expect(orders.save(order)).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
    await expect(sequencer.submit(deposit('a', 1))).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
    expect(journal.state).toBe('poisoned');
    expect(await sequencer.query((bank) => bank.balanceOf('a'))).toBe(10n);
    expect(app.get(Bank).balanceOf('a')).toBe(10n);
    await app.close();

    // An entry with an unknown outcome may be stored: what matters is that memory equals the journal.
    const restarted = await bootOn(directory);
    const balance = await restarted.sequencer.query((bank) => bank.balanceOf('a'));
    expect(balance).toBe(9n + BigInt([...restarted.journal.readFrom(0)].length));
    expect(balance).toBeGreaterThanOrEqual(10n);
  });

  it('without space refuses writes, and the application continues once there is space', async () => {
    const directory = temporaryDirectory();
    const { disk, journal, sequencer } = await bootOn(directory);
    let stored = 0n;
    disk.fail('allocate', 'ENOSPC');
    const submitAll = (): Promise<PromiseSettledResult<SequencerEvent<BankCommand, BankResult>>[]> =>
      Promise.allSettled(Array.from({ length: 10 }, () => sequencer.submit(deposit('a', 1))));
    let refused: PromiseRejectedResult[] = [];
    while (refused.length === 0) {
      const results = await submitAll();
      stored += BigInt(results.filter(({ status }) => status === 'fulfilled').length);
      refused = results.filter((result) => result.status === 'rejected');
    }
    expect(refused.map(({ reason }) => (reason as { outcome?: string }).outcome)).toEqual(
      refused.map(() => 'not-written'),
    );
    expect(journal.state).toBe('open');
    expect(await sequencer.query((bank) => bank.balanceOf('a'))).toBe(stored);
    disk.heal();
    for (let count = 0; count < 50; count += 1) {
      const { result } = await sequencer.submit(deposit('a', 1));
      stored += 1n;
      expect(result).toEqual({ balance: stored });
    }
    const restarted = [...journal.readFrom(0)].map(({ sequenceNum }) => sequenceNum);
    expect(BigInt(restarted.length)).toBe(stored);
  });

  it('during a published event makes the next submit fail', async () => {
    const { app, disk, journal, sequencer } = await bootOn(temporaryDirectory());
    disk.fail('sync', 'EIO', { path: /segment-\d+\.journal$/, times: 1 });
    const note = { Note: 'lost' };
    app
      .get(EventBus)
      .publish(new SequencerEvent({ sequenceNum: 0n, timestampNs: 1n, command: note, result: null }));
    await journal.flush().catch(() => undefined);
    await expect(sequencer.submit(deposit('a', 1))).rejects.toMatchObject({ code: 'JOURNAL_POISONED' });
  });

  it('needs far fewer syncs than events when many submit at once', async () => {
    const { disk, sequencer } = await bootOn(temporaryDirectory());
    await sequencer.submit(deposit('a', 1));
    const before = disk.count('sync');
    await Promise.all(Array.from({ length: 24 }, () => sequencer.submit(deposit('a', 1))));
    expect(disk.count('sync') - before).toBeLessThanOrEqual(3);
  });
});
