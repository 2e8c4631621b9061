/**
 * This package, used as in its guides: an executed aggregate with `submit`, aggregate roots with `update`.
 */
import { Body, Controller, Post, type ModuleMetadata } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import {
  AggregateRepository,
  FileJournalModule,
  InjectAggregateRepository,
  JournalAggregate,
  JournalEvent,
  JournaledAggregateRoot,
  On,
  Sequencer,
  type SequencerAggregate,
} from 'nestjs-file-journal';
import type { HttpContestant } from './contestant.js';
import { Balances, type Balance, type Deposit, type DepositCommand } from './deposits.js';

export const SUBMIT = 'nestjs-file-journal, submit';
export const UPDATE = 'nestjs-file-journal, update';

class Bank implements SequencerAggregate<DepositCommand, Balance> {
  private readonly balances = new Balances();

  execute(command: DepositCommand): Balance {
    return this.balances.execute(command);
  }
}

@Controller()
class SubmitController {
  constructor(private readonly sequencer: Sequencer<Bank>) {}

  @Post('deposits')
  deposit(@Body() { account, cents }: Deposit) {
    return this.sequencer.submit({ Deposit: { account, cents } });
  }
}

@JournalEvent('Deposited')
class Deposited {
  cents!: number;
}

@JournalAggregate('Account')
class Account extends JournaledAggregateRoot {
  private balanceCents = 0;

  deposit(cents: number): { account: string; version: number; balanceCents: number } {
    this.apply(Object.assign(new Deposited(), { cents }));
    return { account: this.id, version: this.version + 1, balanceCents: this.balanceCents };
  }

  @On(Deposited)
  protected deposited({ cents }: Deposited): void {
    this.balanceCents += cents;
  }
}

@Controller()
class UpdateController {
  constructor(@InjectAggregateRepository(Account) private readonly accounts: AggregateRepository<Account>) {}

  @Post('deposits')
  deposit(@Body() { account, cents }: Deposit) {
    return this.accounts.update(account, (one) => one.deposit(cents), { createIfAbsent: true });
  }
}

export const submit: HttpContestant = {
  name: SUBMIT,
  needsPostgres: false,
  open: async ({ directory }) => ({
    module: {
      imports: journalIn(directory, FileJournalModule.forFeature([Bank])),
      controllers: [SubmitController],
    },
    bare: (app) => {
      const sequencer = app.get<Sequencer<Bank>>(Sequencer);
      return ({ account, cents }) => sequencer.submit({ Deposit: { account, cents } });
    },
  }),
};

export const update: HttpContestant = {
  name: UPDATE,
  needsPostgres: false,
  open: async ({ directory }) => ({
    module: {
      imports: journalIn(
        directory,
        FileJournalModule.forFeature({ aggregates: [Account], events: [Deposited] }),
      ),
      controllers: [UpdateController],
    },
    bare: (app) => {
      const controller = app.get(UpdateController);
      return (deposit) => controller.deposit(deposit);
    },
  }),
};

function journalIn(
  directory: string,
  feature: NonNullable<ModuleMetadata['imports']>[number],
): ModuleMetadata['imports'] {
  return [CqrsModule.forRoot(), FileJournalModule.forRoot({ directory }), feature];
}
