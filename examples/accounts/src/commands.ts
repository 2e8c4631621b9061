import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AggregateRepository, InjectAggregateRepository } from 'nestjs-file-journal';
import { Account } from './account.js';

export class OpenAccount {
  constructor(
    readonly id: string,
    readonly owner: string,
    readonly currency: string,
  ) {}
}

export class Deposit {
  constructor(
    readonly id: string,
    readonly cents: bigint,
  ) {}
}

export class Withdraw {
  constructor(
    readonly id: string,
    readonly cents: bigint,
  ) {}
}

export class Transfer {
  constructor(
    readonly from: string,
    readonly to: string,
    readonly cents: bigint,
  ) {}
}

/**
 * Each `execute` resolves when the events are on the device; an event handler of @nestjs/cqrs hears of them
 * then.
 */
@CommandHandler(OpenAccount)
export class OpenAccountHandler implements ICommandHandler<OpenAccount> {
  constructor(@InjectAggregateRepository(Account) private readonly accounts: AggregateRepository<Account>) {}

  execute({ id, owner, currency }: OpenAccount): Promise<void> {
    return this.accounts.update(id, (account) => account.open(owner, currency), { createIfAbsent: true });
  }
}

@CommandHandler(Deposit)
export class DepositHandler implements ICommandHandler<Deposit> {
  constructor(@InjectAggregateRepository(Account) private readonly accounts: AggregateRepository<Account>) {}

  execute({ id, cents }: Deposit): Promise<void> {
    return this.accounts.update(id, (account) => account.deposit(cents));
  }
}

@CommandHandler(Withdraw)
export class WithdrawHandler implements ICommandHandler<Withdraw> {
  constructor(@InjectAggregateRepository(Account) private readonly accounts: AggregateRepository<Account>) {}

  execute({ id, cents }: Withdraw): Promise<void> {
    return this.accounts.update(id, (account) => account.withdraw(cents));
  }
}

/** The events of both accounts are one entry of the journal: money is never on its way. */
@CommandHandler(Transfer)
export class TransferHandler implements ICommandHandler<Transfer> {
  constructor(@InjectAggregateRepository(Account) private readonly accounts: AggregateRepository<Account>) {}

  execute({ from, to, cents }: Transfer): Promise<void> {
    return this.accounts.updateAll([from, to], ([source, target]) => {
      if (source !== undefined && target !== undefined) source.transferTo(target, cents);
    });
  }
}

export const COMMAND_HANDLERS = [OpenAccountHandler, DepositHandler, WithdrawHandler, TransferHandler];
