/** The smallest application of the guides: an account in a journal. */
import 'reflect-metadata';
import { Body, Controller, Get, Module, Post, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { IsInt, Max, Min } from 'class-validator';
import { FileJournalModule, Sequencer, type SequencerEvent } from 'nestjs-file-journal';
import { reportStart } from './report-start.js';

interface Deposit {
  readonly Deposit: { readonly cents: number };
}

class Account {
  balanceCents = 0;

  execute({ Deposit: { cents } }: Deposit): number {
    this.balanceCents += cents;
    return this.balanceCents;
  }
}

class Amount {
  @IsInt()
  @Min(1)
  @Max(100_000_000)
  readonly cents!: number;
}

@Controller()
class AccountController {
  constructor(private readonly sequencer: Sequencer<Account>) {}

  @Post('deposits')
  deposit(@Body() { cents }: Amount): Promise<SequencerEvent<Deposit, number>> {
    return this.sequencer.submit({ Deposit: { cents } });
  }

  @Get('balance')
  balance(): Promise<number> {
    return this.sequencer.query(({ balanceCents }) => balanceCents);
  }
}

@Module({
  imports: [
    CqrsModule.forRoot(),
    FileJournalModule.forRoot({ directory: process.env['JOURNAL_DIRECTORY'] ?? '' }),
    FileJournalModule.forFeature([Account]),
  ],
  controllers: [AccountController],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  app.useGlobalPipes(new ValidationPipe());
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  reportStart(app);
}

void main();
