/**
 * The types that `Sequencer<Aggregate>` infers from the aggregate's class; checked by `npm run typecheck`.
 */
import { describe, expect, it } from '@jest/globals';
import { Inject, Injectable } from '@nestjs/common';
import {
  FileJournalModule,
  InjectSequencer,
  Sequencer,
  type CommandContext,
  type CommandOf,
  type ResultOf,
  type SequencerAggregate,
  type SequencerEvent,
} from 'nestjs-file-journal';
import { boot } from '../nest/apps.js';

type Same<TLeft, TRight> =
  (<T>() => T extends TLeft ? 1 : 2) extends <T>() => T extends TRight ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
function expectType<_T extends true>(): void {}

type Command = { Deposit: number } | { Withdraw: number };

class Account implements SequencerAggregate<Command, { balance: number }> {
  balance = 0;
  execute(command: Command, { timestampNs }: CommandContext): { balance: number } {
    if (timestampNs === 0n) throw new RangeError('no time');
    this.balance += 'Deposit' in command ? command.Deposit : -command.Withdraw;
    return { balance: this.balance };
  }
}

/** Without `implements` and context, with snapshots. */
class Counter {
  private total = 0;
  execute = (add: number): number => (this.total += add);
  snapshot(): { total: number } {
    return { total: this.total };
  }
  restore({ total }: { total: number }): void {
    this.total = total;
  }
}

class Ticks {
  count = 0;
  execute(): void {
    this.count += 1;
  }
}

@Injectable()
class Bookkeeping {
  constructor(
    @InjectSequencer() readonly byDecorator: Sequencer<Account>,
    readonly byClass: Sequencer<Account>,
    @Inject(Sequencer) readonly untyped: Sequencer,
  ) {}
}

describe('Sequencer<Account>', () => {
  it('takes the commands of the aggregate and answers with its results', async () => {
    const app = await boot({
      imports: [FileJournalModule.forTesting(), FileJournalModule.forFeature([Account])],
      providers: [Bookkeeping],
    });
    const { byDecorator: sequencer, byClass, untyped } = app.get(Bookkeeping);
    expect(byClass).toBe(sequencer);
    expect(untyped).toBe(sequencer);

    const event = await sequencer.submit({ Deposit: 5 });
    expectType<Same<typeof event, SequencerEvent<Command, { balance: number }>>>();
    expect(event.result.balance).toBe(5);
    const balance = await sequencer.query((account) => account.balance);
    expectType<Same<typeof balance, number>>();
    expect(balance).toBe(5);
  });

  it('does not compile with another command, another result or another class', () => {
    const misuse = async (sequencer: Sequencer<Account>): Promise<void> => {
      // @ts-expect-error a string is not a number
      await sequencer.submit({ Deposit: '5' });
      // @ts-expect-error no such command
      await sequencer.submit({ Close: true });
      // @ts-expect-error the result is an object
      const total: number = (await sequencer.submit({ Deposit: 5 })).result;
      // @ts-expect-error no such property
      await sequencer.query((account) => account.total);
      // @ts-expect-error it has no execute()
      const wrong: Sequencer<Command> | undefined = undefined;
      void [total, wrong];
    };
    expect(misuse).toBeDefined();
  });
});

describe('CommandOf and ResultOf', () => {
  it('are the types of execute()', () => {
    expectType<Same<CommandOf<Account>, Command>>();
    expectType<Same<ResultOf<Account>, { balance: number }>>();
    expectType<Same<CommandOf<Counter>, number>>();
    expectType<Same<ResultOf<Counter>, number>>();
    expectType<Same<CommandOf<Ticks>, unknown>>();
    expectType<Same<ResultOf<Ticks>, void>>();
    expectType<Same<CommandOf<SequencerAggregate<string, number>>, string>>();
    expectType<Same<CommandOf<SequencerAggregate>, unknown>>();
    const accepts = (_counter: Sequencer<Counter>, _ticks: Sequencer<Ticks>): void => undefined;
    expect(accepts).toBeDefined();
  });
});
