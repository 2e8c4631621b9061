import { BigIntField, JournalEvent } from 'nestjs-file-journal';

/** The first release knew no currency: everything was in euros. */
@JournalEvent('AccountOpened', {
  version: 2,
  upcasters: { 1: (data: { owner: string }) => ({ owner: data.owner, currency: 'EUR' }) },
})
export class AccountOpened {
  readonly owner!: string;
  readonly currency!: string;

  static of(owner: string, currency: string): AccountOpened {
    return Object.assign(new AccountOpened(), { owner, currency });
  }
}

/** The first release called it `Deposited`, and wrote euros with a point: `{ "amount": "12.30" }`. */
@JournalEvent('MoneyDeposited', {
  version: 2,
  aliases: ['Deposited'],
  upcasters: { 1: (data: { amount: string }) => ({ cents: Number(data.amount.replace('.', '')) }) },
})
export class MoneyDeposited {
  @BigIntField()
  readonly cents!: bigint;

  static of(cents: bigint): MoneyDeposited {
    return Object.assign(new MoneyDeposited(), { cents });
  }
}

@JournalEvent('MoneyWithdrawn')
export class MoneyWithdrawn {
  @BigIntField()
  readonly cents!: bigint;

  static of(cents: bigint): MoneyWithdrawn {
    return Object.assign(new MoneyWithdrawn(), { cents });
  }
}

export const ACCOUNT_EVENTS = [AccountOpened, MoneyDeposited, MoneyWithdrawn];
