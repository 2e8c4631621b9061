import { ConflictException, UnprocessableEntityException } from '@nestjs/common';
import { JournalAggregate, JournaledAggregateRoot, On } from 'nestjs-file-journal';
import { AccountOpened, MoneyDeposited, MoneyWithdrawn } from './events.js';

/**
 * Public methods decide and apply events; the methods marked with `@On()` change the state, now and at every
 * load.
 */
// The first release stored its events under the name of its class.
@JournalAggregate('Account', { aliases: ['BankAccount'] })
export class Account extends JournaledAggregateRoot {
  private balanceCents = 0n;
  private owner: string | null = null;
  private currency = '';

  open(owner: string, currency: string): void {
    if (this.owner !== null) throw new ConflictException(`account ${this.id} is open already`);
    this.apply(AccountOpened.of(owner, currency));
  }

  deposit(cents: bigint): void {
    this.apply(MoneyDeposited.of(cents));
  }

  withdraw(cents: bigint): void {
    if (cents > this.balanceCents) {
      throw new UnprocessableEntityException(
        `account ${this.id} has no more than ${this.balanceCents} cents`,
      );
    }
    this.apply(MoneyWithdrawn.of(cents));
  }

  transferTo(other: Account, cents: bigint): void {
    if (other.currency !== this.currency) throw new UnprocessableEntityException('the currencies differ');
    this.withdraw(cents);
    other.deposit(cents);
  }

  get view() {
    const { id, owner, currency, balanceCents, version } = this;
    return { id, owner, currency, balanceCents: balanceCents.toString(), version };
  }

  @On(AccountOpened)
  protected opened({ owner, currency }: AccountOpened): void {
    this.owner = owner;
    this.currency = currency;
  }

  @On(MoneyDeposited)
  protected deposited({ cents }: MoneyDeposited): void {
    this.balanceCents += cents;
  }

  @On(MoneyWithdrawn)
  protected withdrawn({ cents }: MoneyWithdrawn): void {
    this.balanceCents -= cents;
  }
}
