/** Applications that rehydrate a book when they boot. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import {
  FileJournalModule,
  getReplayServiceToken,
  type AppliedAggregate,
  type ReplayService,
  type SequencerAggregate,
  type SequencerEvent,
} from 'nestjs-file-journal';
import { orderBookCodec, type OrderBookCommand, type OrderBookResult } from 'nestjs-file-journal/order-book';
import { resultOf } from '../harness/events.js';
import { LoopWatch } from '../harness/latency.js';

export interface ReplayOutcome {
  readonly elapsedMs: number;
  readonly delayP99Ms: number;
  readonly longestGapMs: number;
}

/** An order book that only records which orders are open: the least work that an aggregate can do. */
class RestingOrders {
  readonly #owners = new Map<string, string>();

  take(command: OrderBookCommand): void {
    if (typeof command === 'string') return;
    if ('AddOrder' in command) {
      for (const order of Object.values(command.AddOrder)) this.#owners.set(order.id, order.user_id);
    } else if ('CancelOrder' in command) {
      this.#owners.delete(command.CancelOrder);
    }
  }
}

/**
 * Measures the event loop from the first event of a replay. Opening the journal and booting the application
 * are excluded.
 */
let watch: LoopWatch | null = null;

export class AppliedBook implements AppliedAggregate<OrderBookCommand, OrderBookResult> {
  readonly #orders = new RestingOrders();

  apply({ command }: SequencerEvent<OrderBookCommand, OrderBookResult>): void {
    watch ??= new LoopWatch();
    this.#orders.take(command);
  }
}

export class ExecutedBook implements SequencerAggregate<OrderBookCommand, OrderBookResult> {
  readonly #orders = new RestingOrders();

  execute(command: OrderBookCommand, { sequenceNum }: { sequenceNum: bigint }): OrderBookResult {
    watch ??= new LoopWatch();
    this.#orders.take(command);
    return resultOf(sequenceNum);
  }
}

/** A real application that rehydrates at boot. Only the replay is timed. */
export async function bootAndReplay(directory: string, aggregate: new () => object): Promise<ReplayOutcome> {
  class BenchModule {}
  Module({
    imports: [
      CqrsModule.forRoot(),
      FileJournalModule.forRoot({ directory, codec: orderBookCodec(), snapshots: false }),
      FileJournalModule.forFeature([aggregate]),
    ],
  })(BenchModule);
  watch = null;
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error'] });
  const delays = (watch as LoopWatch | null)?.stop();
  const { lastReport } = app.get<ReplayService>(getReplayServiceToken());
  await app.close();
  if (lastReport === null || delays === undefined) throw new Error('nothing was replayed');
  return { elapsedMs: lastReport.durationMs, ...delays };
}
