import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { ReplayService } from '../../src/replay/index.js';
import { orderBookCodec, type OrderBookCommand, type OrderBookResult } from '../../src/order-book/index.js';
import {
  CommitQueue,
  ExecutedAggregateTarget,
  Sequencer,
  SequencerClock,
  createEventConversion,
  type SequencerAggregate,
} from '../../src/sequencer/index.js';

Logger.overrideLogger(false);

/** Records the commands that it executes. */
class Cancellations implements SequencerAggregate<OrderBookCommand, OrderBookResult> {
  readonly seen: OrderBookCommand[] = [];

  execute(command: OrderBookCommand): OrderBookResult {
    this.seen.push(command);
    return typeof command === 'object' && 'CancelOrder' in command
      ? { OrderCancelled: { order_id: command.CancelOrder } }
      : { Rejected: { reason: 'only cancellations' } };
  }
}

async function open(journal: InMemoryJournal<OrderBookCommand, OrderBookResult>) {
  const target = new ExecutedAggregateTarget<Cancellations>({
    name: 'Cancellations',
    create: () => new Cancellations(),
  });
  const untyped = journal as unknown as InMemoryJournal;
  const replay = new ReplayService(untyped);
  await target.reset();
  await replay.rehydrate([target]);
  const queue = new CommitQueue(untyped, new SequencerClock(), 0n);
  const forms = createEventConversion<OrderBookCommand, OrderBookResult>(orderBookCodec() as never);
  const sequencer = new Sequencer(queue, target, replay, forms);
  return { sequencer, target };
}

describe('A Sequencer on an order-book journal', () => {
  it('gives the aggregate commands in the form of a replay', async () => {
    const journal = await InMemoryJournal.open({ codec: orderBookCodec() });
    const { sequencer, target } = await open(journal);
    const command = { MarketOrderByAmount: { id: '7', amount: 5 as never, side: 'BUY' } } as const;
    await sequencer.submit(command);
    await sequencer.submit({ CancelOrder: '7' });
    const live = target.instance?.seen;
    expect(live?.[0]).toEqual({ MarketOrderByAmount: { id: '7', amount: 5n, side: 'BUY' } });
    const restarted = await open(journal);
    // The first was rejected: it is not executed again.
    expect(restarted.target.instance?.seen).toEqual([{ CancelOrder: '7' }]);
  });

  it('refuses commands that cannot be stored before the aggregate sees them', async () => {
    const { sequencer, target } = await open(await InMemoryJournal.open({ codec: orderBookCodec() }));
    await sequencer.submit({ CancelOrder: '7' });
    for (const bad of [{ CancelOrder: 'no id of Rust' }, { Unknown: 1 }, null]) {
      await expect(sequencer.submit(bad as never)).rejects.toMatchObject({ code: 'JOURNAL_SERIALIZATION' });
    }
    expect(target.instance?.seen).toHaveLength(1);
    expect((await sequencer.submit({ CancelOrder: '8' })).sequenceNum).toBe(1n);
  });
});

describe('A refusal that changed something first', () => {
  it.each([
    [false, 0],
    [true, 1],
  ])('is executed again at replay: may_have_mutated %p', async (may_have_mutated, executed) => {
    const target = new ExecutedAggregateTarget({ name: 'A', create: () => new Cancellations() as never });
    await target.reset();
    const result = { RejectedWithCode: { reason: 'only cancellations', code: 1, may_have_mutated } };
    const event = { sequenceNum: 0n, timestampNs: 0n, command: 'CancelAll', result };
    const deliver = (): void => target.deliver(event as never);
    if (executed === 0) deliver();
    else expect(deliver).toThrow(expect.objectContaining({ code: 'JOURNAL_REPLAY_DIVERGENCE' }));
    expect((target.instance as unknown as Cancellations).seen).toHaveLength(executed);
  });
});
