/** Applications whose aggregate executes the order flow. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule, EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import {
  FileJournalModule,
  SequencerEvent,
  getSequencerToken,
  type AppliedAggregate,
  type Sequencer,
  type SequencerAggregate,
} from 'nestjs-file-journal';
import type { OrderBookCommand, OrderBookResult } from 'nestjs-file-journal/order-book';
import { commandOf, resultOf } from '../harness/events.js';
import type { SubmitCase } from './submitters.js';

/** Returns the result that belongs to the event: the least work that an aggregate can do. */
class Book implements SequencerAggregate<OrderBookCommand, OrderBookResult> {
  execute(_command: OrderBookCommand, { sequenceNum }: { sequenceNum: bigint }): OrderBookResult {
    return resultOf(sequenceNum);
  }
}

class Follower implements AppliedAggregate<OrderBookCommand, OrderBookResult> {
  static applied = 0;
  apply({ command }: SequencerEvent<OrderBookCommand, OrderBookResult>): void {
    if (command !== null) Follower.applied += 1;
  }
}

@EventsHandler(SequencerEvent)
class Handler implements IEventHandler<SequencerEvent> {
  static handled = 0;
  handle({ command }: SequencerEvent): void {
    if (command !== null) Handler.handled += 1;
  }
}

export interface Submitter {
  submit(): Promise<unknown>;
  close(): Promise<void>;
}

/** A real application with default options, except that it takes no snapshots. */
export async function bootSubmitter(
  directory: string,
  { codec, hasIds = false, hasHandler = false, hasFollower = false }: SubmitCase,
): Promise<Submitter> {
  class BenchModule {}
  Module({
    imports: [
      CqrsModule.forRoot(),
      FileJournalModule.forRoot({ directory, codec, snapshots: false }),
      FileJournalModule.forFeature(hasFollower ? [Book, Follower] : [Book]),
    ],
    providers: hasHandler ? [Handler] : [],
  })(BenchModule);
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error'] });
  await app.init();
  const sequencer = app.get<Sequencer<Book>>(getSequencerToken());
  let submitted = 0;
  const next = (): number => (submitted += 1) - 1;
  return {
    submit: hasIds
      ? () => {
          const index = next();
          return sequencer.submit(commandOf(index), { commandId: idOf(index) });
        }
      : () => sequencer.submit(commandOf(next())),
    async close() {
      await app.close();
      if (hasHandler && Handler.handled !== submitted) throw new Error('a handler missed an event');
      if (hasFollower && Follower.applied !== submitted) throw new Error('an aggregate missed an event');
    },
  };
}

/** Returns an id in the form and length of a UUID. */
function idOf(index: number): string {
  return `${index.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}
