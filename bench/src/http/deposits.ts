/**
 * The only request of the `http` bench: paying an amount into an account. All contestants do the same job.
 */

/** Body of `POST /deposits`. */
export interface Deposit {
  readonly account: string;
  readonly cents: number;
}

export interface DepositCommand {
  readonly Deposit: Deposit;
}

export interface Balance {
  readonly balanceCents: number;
}

/** The answer: the stored event, in the JSON form of `SequencerEvent`. */
export interface Answer {
  readonly sequenceNum: string;
  readonly timestampNs: string;
  readonly command: DepositCommand;
  readonly result: Balance;
}

/** The state that every contestant keeps in memory, and the result that it stores with the command. */
export class Balances {
  private readonly cents = new Map<string, number>();

  execute({ Deposit: { account, cents } }: DepositCommand): Balance {
    const balanceCents = (this.cents.get(account) ?? 0) + cents;
    this.cents.set(account, balanceCents);
    return { balanceCents };
  }
}

/** Makes 512 accounts with 64 connections. By default, `update` keeps 1,000 aggregates in memory. */
const ACCOUNTS_PER_CONNECTION = 8;

/**
 * The requests of one connection, in a cycle. No two connections share an account, so that optimistic
 * concurrency never refuses an append.
 */
export function depositsOf(connection: number): Deposit[] {
  return Array.from({ length: ACCOUNTS_PER_CONNECTION }, (_, index) => ({
    account: `account-${connection * ACCOUNTS_PER_CONNECTION + index}`,
    cents: 100 + index,
  }));
}

/** Wall-clock time in nanoseconds, as peers store it. */
export function nowNs(): string {
  return `${Date.now()}000000`;
}
