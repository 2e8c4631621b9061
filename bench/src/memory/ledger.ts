/** A Nest application with everything that holds state: a Sequencer, aggregate roots and projections. */
import 'reflect-metadata';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule, EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import {
  FileJournalModule,
  InMemoryCheckpointStore,
  JournalAggregate,
  JournalEvent,
  JournaledAggregateRoot,
  On,
  Projection,
  SequencerEvent,
  type FileJournalModuleOptions,
  type JournalEntry,
} from 'nestjs-file-journal';

export class Counter {
  #total = 0;

  execute({ Add: { by } }: { Add: { by: number } }): number {
    this.#total += by;
    return this.#total;
  }
}

@JournalEvent('Deposited')
export class Deposited {
  cents!: number;
}

@JournalAggregate('Account')
export class Account extends JournaledAggregateRoot {
  cents = 0;

  deposit(cents: number): void {
    this.apply(Object.assign(new Deposited(), { cents }));
  }

  @On(Deposited)
  protected take({ cents }: Deposited): void {
    this.cents += cents;
  }
}

@EventsHandler(SequencerEvent)
class Published implements IEventHandler<SequencerEvent> {
  handled = 0;
  handle(): void {
    this.handled += 1;
  }
}

/** A projection with a number of its own, which keeps one sum. */
function projection(index: number): new () => object {
  class Tally {
    bytes = 0;
    handle({ payload }: JournalEntry): void {
      this.bytes += payload.length;
    }
  }
  Projection(`tally-${index}`)(Tally);
  return Tally;
}

export interface LedgerOptions {
  readonly directory: string;
  readonly projections: number;
  readonly maxLive: number;
  readonly options?: Partial<FileJournalModuleOptions>;
}

export async function bootLedger(ledger: LedgerOptions): Promise<INestApplicationContext> {
  const { directory, projections, maxLive, options } = ledger;
  class LedgerModule {}
  Module({
    imports: [
      CqrsModule.forRoot(),
      FileJournalModule.forRoot({
        directory,
        projections: { checkpointStore: new InMemoryCheckpointStore() },
        ...options,
      }),
      FileJournalModule.forFeature({
        aggregates: [Counter, { aggregate: Account, maxLive }],
        events: [Deposited],
      }),
    ],
    providers: [Published, ...Array.from({ length: projections }, (_, index) => projection(index))],
  })(LedgerModule);
  const app = await NestFactory.createApplicationContext(LedgerModule, { logger: ['error'] });
  await app.init();
  return app;
}
