/** Applications with many small accounts. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import {
  BigIntField,
  FileJournal,
  FileJournalModule,
  JournalAggregate,
  JournalEvent,
  JournaledAggregateRoot,
  On,
  SequencerEvent,
  getAggregateRepositoryToken,
  getJournalToken,
  jsonCodec,
  type AggregateRepository,
  type Journal,
} from 'nestjs-file-journal';
import type { UpdateCase } from './updaters.js';

@JournalEvent('Deposited')
class Deposited {
  @BigIntField()
  amount!: bigint;
  reference!: string;
}

/** The least work that an aggregate with a state can do. */
@JournalAggregate('Account')
class Account extends JournaledAggregateRoot {
  balance = 0n;

  deposit(amount: bigint, reference: string): void {
    const event = new Deposited();
    event.amount = amount;
    event.reference = reference;
    this.apply(event);
  }

  @On(Deposited)
  protected take({ amount }: Deposited): void {
    this.balance += amount;
  }
}

const AMOUNT = 5n;
const REFERENCE = 'a transfer of the bench';

/** The command that the journal stores for a deposit, as plain data. */
export function plainDeposit(index: number): unknown {
  const data = { amount: AMOUNT, reference: REFERENCE };
  return { Deposited: { v: 1, aggregateId: idOf(index), aggregateType: 'Account', data } };
}

/** Like {@link plainDeposit}, with an instance of the event's class. */
function deposit(index: number): unknown {
  const data = Object.assign(new Deposited(), { amount: AMOUNT, reference: REFERENCE });
  return { Deposited: { v: 1, aggregateId: idOf(index), aggregateType: 'Account', data } };
}

function idOf(index: number): string {
  return `account-${index}`;
}

/** Step between the indexes of consecutive updates. It is prime, so that every aggregate has its turn. */
const STRIDE = 7919;

/** Iterates over all indexes below `count`, again and again, in an order without locality. */
export function walk(count: number): () => number {
  let index = 0;
  return () => (index = (index + STRIDE) % count);
}

export interface Updater {
  update(): Promise<unknown>;
  close(): Promise<void>;
}

const BATCH = 1_000;

/** A smoke run takes the same path with fewer aggregates. */
const isSmoke = process.env['BENCH_SMOKE'] === '1';
const SMOKE_AGGREGATES = 1_000;

/** Stores the same number of deposits for each account. */
async function fill(directory: string, aggregates: number, history: number): Promise<void> {
  const journal = await FileJournal.open({ directory, codec: jsonCodec(), durability: 'async' });
  let batch: SequencerEvent[] = [];
  for (let index = 0; index < aggregates * history; index += 1) {
    const command = plainDeposit(index % aggregates);
    batch.push(new SequencerEvent({ sequenceNum: index, timestampNs: index + 1, command, result: null }));
    if (batch.length < BATCH && index + 1 < aggregates * history) continue;
    await journal.appendBatch(batch);
    batch = [];
  }
  await journal.close();
}

async function bootAccounts(directory: string, maxLive: number) {
  class BenchModule {}
  Module({
    imports: [
      CqrsModule.forRoot(),
      FileJournalModule.forRoot({ directory, snapshots: false }),
      FileJournalModule.forFeature({
        aggregates: [{ aggregate: Account, maxLive }],
        events: [Deposited],
      }),
    ],
  })(BenchModule);
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error'] });
  await app.init();
  return app;
}

/** A real application with default options, except for snapshots and the number of live aggregates. */
export async function bootUpdater(directory: string, updateCase: UpdateCase): Promise<Updater> {
  const { history, isHot } = updateCase;
  const aggregates = Math.min(updateCase.aggregates, isSmoke ? SMOKE_AGGREGATES : Infinity);
  await fill(directory, aggregates, history);
  const app = await bootAccounts(directory, isHot ? aggregates : 0);
  const accounts = app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account));
  if (isHot) {
    for (let from = 0; from < aggregates; from += BATCH) {
      const ids = Array.from({ length: Math.min(BATCH, aggregates - from) }, (_, at) => idOf(from + at));
      await Promise.all(ids.map((id) => accounts.query(id, () => undefined)));
    }
  }
  const next = walk(aggregates);
  let updates = 0;
  return {
    update() {
      updates += 1;
      return accounts.update(idOf(next()), (account) => account.deposit(AMOUNT, REFERENCE));
    },
    async close() {
      const { lastSequence } = app.get<Journal>(getJournalToken());
      await app.close();
      const stored = BigInt(aggregates * history + updates);
      if (lastSequence !== stored - 1n) throw new Error('an update is missing in the journal');
    },
  };
}

/** `append` of the same events in the journal of such an application: with classes, without aggregates. */
export async function bootAppender(directory: string): Promise<Updater> {
  const app = await bootAccounts(directory, 0);
  const journal = app.get<Journal>(getJournalToken());
  const next = walk(1_000);
  let sequence = journal.nextSequence ?? 0n;
  return {
    update() {
      const event = {
        sequenceNum: sequence,
        timestampNs: sequence + 1n,
        command: deposit(next()),
        result: null,
      };
      sequence += 1n;
      return journal.append(new SequencerEvent(event));
    },
    close: () => app.close(),
  };
}
