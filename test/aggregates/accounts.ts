import type { Type } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { Transform } from 'class-transformer';
import { JournaledAggregateRoot, On, type AggregateRepository } from '../../src/aggregates/index.js';
import { JournalEvent } from '../../src/events/index.js';
import type { Journal } from '../../src/journal/index.js';
import {
  FileJournalModule,
  getAggregateRepositoryToken,
  getJournalToken,
  type AggregateDefinition,
  type FileJournalModuleOptions,
} from '../../src/nest/index.js';
import { boot } from '../nest/apps.js';
import { openFaultyJournal, type FaultyJournal } from '../support/faulty-journal.js';

const BigInteger = (): PropertyDecorator =>
  Transform(({ value }) => BigInt(value as string | number), { toClassOnly: true });

@JournalEvent('Deposited')
export class Deposited {
  @BigInteger()
  amount!: bigint;
}

@JournalEvent('Withdrawn')
export class Withdrawn {
  @BigInteger()
  amount!: bigint;
}

export class Account extends JournaledAggregateRoot {
  balance = 0n;
  /** Events that this object has applied. */
  applied = 0;

  deposit(amount: bigint): bigint {
    this.apply(Object.assign(new Deposited(), { amount }));
    return this.balance;
  }

  withdraw(amount: bigint): bigint {
    if (amount > this.balance) throw new RangeError('not enough money');
    this.apply(Object.assign(new Withdrawn(), { amount }));
    return this.balance;
  }

  @On(Deposited)
  protected take({ amount }: Deposited): void {
    this.balance += amount;
    this.applied += 1;
  }

  @On(Withdrawn)
  protected give({ amount }: Withdrawn): void {
    this.balance -= amount;
    this.applied += 1;
  }
}

export interface BootedAccounts {
  readonly accounts: AggregateRepository<Account>;
  readonly journal: Journal;
  readonly published: object[];
  readonly close: () => Promise<void>;
}

export async function bootAccounts(
  options: FileJournalModuleOptions,
  definition: Type | AggregateDefinition = Account,
): Promise<BootedAccounts> {
  const app = await boot({
    imports: [
      FileJournalModule.forRoot(options),
      FileJournalModule.forFeature({ aggregates: [definition], events: [Deposited, Withdrawn] }),
    ],
  });
  const published: object[] = [];
  app.get(EventBus).subscribe((event) => published.push(event));
  return {
    accounts: app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account)),
    journal: app.get<Journal>(getJournalToken()),
    published,
    close: () => app.close(),
  };
}

/** Boots accounts on a journal whose appends a test can hold or fail. */
export async function bootFaultyAccounts(
  definition: Type | AggregateDefinition = Account,
): Promise<BootedAccounts & { readonly journal: FaultyJournal }> {
  let faulty: FaultyJournal | undefined;
  const booted = await bootAccounts(
    { journal: async ({ codec }) => (faulty = await openFaultyJournal({ codec })) },
    definition,
  );
  if (faulty === undefined) throw new Error('the journal was not opened');
  return { ...booted, journal: faulty };
}
