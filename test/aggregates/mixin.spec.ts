import { expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import * as cqrs from '@nestjs/cqrs';
import type { AggregateRepository, AggregateRootLike } from '../../src/aggregates/index.js';
import { FileJournalModule, getAggregateRepositoryToken } from '../../src/nest/index.js';
import { boot, survivingJournal } from '../nest/apps.js';
import { Deposited } from './accounts.js';

/** The mixin of @nestjs/cqrs 12. */
const { WithAggregateRoot } = cqrs as unknown as {
  WithAggregateRoot?: <T extends object>(base: Type<T>) => Type<T & AggregateRootLike>;
};

(WithAggregateRoot === undefined ? it.skip : it)(
  `a class made with WithAggregateRoot() is loaded and saved like any other${WithAggregateRoot === undefined ? ' (skipped: needs @nestjs/cqrs 12)' : ''}`,
  async () => {
    class Entity {
      constructor(readonly id: string) {}
    }
    class Account extends (WithAggregateRoot as NonNullable<typeof WithAggregateRoot>)(Entity) {
      balance = 0n;
      onDeposited({ amount }: Deposited): void {
        this.balance += amount;
      }
    }
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({ journal: survivingJournal() }),
        FileJournalModule.forFeature({ aggregates: [Account], events: [Deposited] }),
      ],
    });
    const accounts = app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account));
    const deposit = (account: Account): void => account.apply(Object.assign(new Deposited(), { amount: 5n }));
    await accounts.update('a', deposit, { createIfAbsent: true });
    await accounts.update('a', deposit);
    const loaded = await accounts.load('a');
    expect(loaded.balance).toBe(10n);
    expect(loaded).toBeInstanceOf(Account);
    expect(accounts.versionOf(loaded)).toBe(2);
  },
);
