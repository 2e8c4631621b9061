/**
 * Applications whose projections catch up with a journal. The handlers decode the event and do nothing else.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import {
  FileJournalModule,
  OnJournaled,
  Projection,
  ProjectionsService,
  type CheckpointStore,
  type JournalEntry,
  type JournaledContext,
  type ProjectionContext,
  type SqliteConnection,
} from 'nestjs-file-journal';
import { orderBookCodec } from 'nestjs-file-journal/order-book';
import { LoopWatch } from '../harness/latency.js';

const NAME = 'bench';

@Projection(NAME)
export class Tally {
  bytes = 0;
  handle({ event, payload }: JournalEntry): void {
    if (event.sequenceNum >= 0n) this.bytes += payload.length;
  }
}

@Projection(NAME)
export class BatchTally {
  bytes = 0;
  handleBatch(entries: readonly JournalEntry[]): void {
    for (const { event, payload } of entries) if (event.sequenceNum >= 0n) this.bytes += payload.length;
  }
}

@Projection(NAME)
export class EventTally {
  bytes = 0;
  @OnJournaled('AddOrder', 'CancelOrder', 'UpdateOrder', 'MarketOrder')
  count(_data: unknown, { entry }: JournaledContext): void {
    this.bytes += entry.payload.length;
  }
}

const INSERT = 'INSERT INTO entries VALUES (?, ?)';

@Projection(NAME)
export class Rows {
  handle({ event, payload }: JournalEntry, { transaction }: ProjectionContext<SqliteConnection>): void {
    transaction.prepare(INSERT).run(event.sequenceNum, payload.length);
  }
}

@Projection(NAME)
export class BatchRows {
  handleBatch(entries: readonly JournalEntry[], { transaction }: ProjectionContext<SqliteConnection>): void {
    const insert = transaction.prepare(INSERT);
    for (const { event, payload } of entries) insert.run(event.sequenceNum, payload.length);
  }
}

/** A real application, timed from the start of the projection until it has handled every entry. */
export async function catchUp(
  directory: string,
  projection: new () => object,
  checkpointStore: CheckpointStore,
): Promise<{ readonly elapsedMs: number; readonly delayP99Ms: number }> {
  class BenchModule {}
  Module({
    imports: [
      CqrsModule.forRoot(),
      FileJournalModule.forRoot({
        directory,
        codec: orderBookCodec(),
        snapshots: false,
        projections: { checkpointStore, autoStart: false },
      }),
    ],
    providers: [projection],
  })(BenchModule);
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error'] });
  const projections = app.get(ProjectionsService);
  const loop = new LoopWatch();
  const startMs = performance.now();
  projections.start();
  await projections.waitFor(NAME);
  const elapsedMs = performance.now() - startMs;
  const delays = loop.stop();
  await app.close();
  return { elapsedMs, ...delays };
}
