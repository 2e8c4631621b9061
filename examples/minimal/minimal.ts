/**
 * The smallest application with a journal: an account that remembers its balance, whatever happens to the
 * process.
 *
 *     node dist/examples/minimal/minimal.js
 *     curl -H 'content-type: application/json' -d '{ "cents": 500 }' localhost:3000/deposits
 *     curl localhost:3000/balance
 *
 * Kill it with SIGKILL in the middle of anything, start it again, and ask for the balance.
 */
import 'reflect-metadata';
import {
  Body,
  Controller,
  Get,
  Module,
  Post,
  UnprocessableEntityException,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { IsInt, Max, Min } from 'class-validator';
import {
  FileJournalModule,
  Sequencer,
  type SequencerAggregate,
  type SequencerEvent,
} from 'nestjs-file-journal';

type AccountCommand = { Deposit: { cents: number } } | { Withdraw: { cents: number } };

interface Balance {
  readonly balanceCents: number;
}

/** The aggregate: the same commands in the same order give the same results, now and at every replay. */
class Account implements SequencerAggregate<AccountCommand, Balance> {
  balanceCents = 0;

  execute(command: AccountCommand): Balance {
    const isDeposit = 'Deposit' in command;
    const { cents } = isDeposit ? command.Deposit : command.Withdraw;
    const balanceCents = this.balanceCents + (isDeposit ? cents : -cents);
    // What throws here, before anything has changed, rejects that one `submit`, and nothing is journaled.
    if (balanceCents < 0) throw new UnprocessableEntityException(`there are only ${this.balanceCents} cents`);
    this.balanceCents = balanceCents;
    return { balanceCents };
  }
}

class Amount {
  @IsInt()
  @Min(1)
  @Max(100_000_000)
  readonly cents!: number;
}

type AccountEvent = SequencerEvent<AccountCommand, Balance>;

@Controller()
class AccountController {
  constructor(private readonly sequencer: Sequencer<Account>) {}

  /** Answers when the event is on the device. An event can be sent as it is: its bigints become strings. */
  @Post('deposits')
  deposit(@Body() { cents }: Amount): Promise<AccountEvent> {
    return this.sequencer.submit({ Deposit: { cents } });
  }

  @Post('withdrawals')
  withdraw(@Body() { cents }: Amount): Promise<AccountEvent> {
    return this.sequencer.submit({ Withdraw: { cents } });
  }

  /** Shows nothing that is not on the device yet. */
  @Get('balance')
  balance(): Promise<Balance> {
    return this.sequencer.query(({ balanceCents }) => ({ balanceCents }));
  }
}

@Module({
  imports: [
    CqrsModule.forRoot(),
    FileJournalModule.forRoot({
      directory: process.env['JOURNAL_DIRECTORY'] ?? 'data/account',
      segmentSizeBytes: 16 * 1024 * 1024,
    }),
    FileJournalModule.forFeature([Account]),
  ],
  controllers: [AccountController],
})
class AppModule {}

// By now the journal is open, and the account as it was.
const app = await NestFactory.create(AppModule);
app.useGlobalPipes(new ValidationPipe());
app.enableShutdownHooks();
await app.listen(Number(process.env['PORT'] ?? 3000));
console.log(`listening at ${await app.getUrl()}`);
