import type { CommandContext, SequencerAggregate } from '../../src/sequencer/index.js';

export type BankCommand =
  | { Deposit: { account: string; amount: number | bigint } }
  | { Withdraw: { account: string; amount: number | bigint } }
  | { Fail: string };

export type BankResult = { balance: bigint } | { Rejected: string };

interface BankState {
  balances: [string, bigint][];
  at: bigint;
}

/** A small aggregate with balances. */
export class Bank implements SequencerAggregate<BankCommand, BankResult, BankState> {
  #balances = new Map<string, bigint>();
  #at = 0n;
  executed = 0;

  execute(command: BankCommand, { timestampNs }: CommandContext): BankResult {
    this.executed += 1;
    if ('Fail' in command) throw new Error(command.Fail);
    const { account, amount } = 'Deposit' in command ? command.Deposit : command.Withdraw;
    const change = 'Deposit' in command ? BigInt(amount) : -BigInt(amount);
    const balance = this.balanceOf(account) + change;
    if (balance < 0n) return { Rejected: 'not enough' };
    this.#balances.set(account, balance);
    this.#at = timestampNs;
    return { balance };
  }

  handles(command: unknown): boolean {
    return (
      typeof command === 'object' &&
      command !== null &&
      ['Deposit', 'Withdraw', 'Fail'].some((name) => name in command)
    );
  }

  balanceOf(account: string): bigint {
    return this.#balances.get(account) ?? 0n;
  }

  get accounts(): number {
    return this.#balances.size;
  }

  get at(): bigint {
    return this.#at;
  }

  snapshot(): BankState {
    return { balances: [...this.#balances], at: this.#at };
  }

  restore({ balances, at }: BankState): void {
    this.#balances = new Map(balances);
    this.#at = at;
  }
}

export const deposit = (account: string, amount: number | bigint): BankCommand => ({
  Deposit: { account, amount },
});
export const withdraw = (account: string, amount: number | bigint): BankCommand => ({
  Withdraw: { account, amount },
});
