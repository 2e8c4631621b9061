/**
 * A ledger whose journal stays small: snapshots by themselves, what they cover archived and compressed, and
 * the whole history readable all the same.
 *
 *     node dist/examples/retention/retention.js
 *     curl localhost:3000/deposits -H 'content-type: application/json' \
 *       -d '{ "account": "ada", "cents": 500 }'
 *     curl localhost:3000/storage
 *     curl localhost:3000/statements/ada
 *
 * A new layout of the state, which no snapshot has, is built from the archived segments:
 *
 *     LAYOUT=2 INCLUDE_ARCHIVED=true node dist/examples/retention/retention.js
 */
import 'reflect-metadata';
import { readdir } from 'node:fs/promises';
import { Body, Controller, Get, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import {
  FileJournalModule,
  InjectJournal,
  InjectReplayService,
  InjectSnapshotManager,
  JournalAggregate,
  Sequencer,
  bigintsToStrings,
  type Journal,
  type ReplayService,
  type SequencerAggregate,
  type SnapshotManager,
} from 'nestjs-file-journal';

interface Deposit {
  readonly account: string;
  readonly cents: number;
}

type Balances = Record<string, number>;

@JournalAggregate('Ledger', {
  // A release that changes what `snapshot()` returns raises it.
  snapshotVersion: Number(process.env['LAYOUT'] ?? 1),
  snapshots: { everyEvents: 100, keep: 2 },
})
class Ledger implements SequencerAggregate<Deposit, number, Balances> {
  private balances: Balances = {};

  execute({ account, cents }: Deposit): number {
    if (typeof account !== 'string' || account === '') throw new RangeError('account must be a name');
    if (!Number.isSafeInteger(cents) || cents <= 0) throw new RangeError('cents must be a positive integer');
    return (this.balances[account] = (this.balances[account] ?? 0) + cents);
  }

  snapshot(): Balances {
    return this.balances;
  }

  restore(balances: Balances): void {
    this.balances = balances;
  }
}

const directory = process.env['JOURNAL_DIRECTORY'] ?? 'data/retention';

@Controller()
class LedgerController {
  constructor(
    private readonly sequencer: Sequencer<Ledger>,
    @InjectJournal() private readonly journal: Journal<Deposit, number>,
    @InjectSnapshotManager() private readonly snapshots: SnapshotManager,
    @InjectReplayService() private readonly replay: ReplayService,
  ) {}

  @Post('deposits')
  deposit(@Body() { account, cents }: Deposit) {
    return this.sequencer.submit({ account, cents });
  }

  @Get('balances')
  balances() {
    return this.sequencer.query((ledger) => ({ ...ledger.snapshot() }));
  }

  /** Every deposit there ever was, wherever it lies. */
  @Get('statements/:account')
  async statement(@Param('account') account: string) {
    const deposits: { sequence: string; cents: number }[] = [];
    for await (const { event, sequenceNum } of this.journal.readFrom(0n, { includeArchived: true })) {
      const { command } = event;
      if (command.account === account)
        deposits.push({ sequence: sequenceNum.toString(), cents: command.cents });
    }
    return deposits;
  }

  /** For the administrator before a planned restart. */
  @Post('snapshots')
  async take() {
    return bigintsToStrings(Object.fromEntries(await this.snapshots.take()));
  }

  @Get('storage')
  async storage() {
    const names = await readdir(directory);
    const count = (ending: string): number => names.filter((name) => name.endsWith(ending)).length;
    const { firstAvailableSequence, lastSequence } = this.journal;
    return bigintsToStrings({
      firstAvailableSequence,
      lastSequence,
      segments: count('.journal'),
      archived: count('.archived'),
      compressed: count('.archived.gz'),
      replayedAtStart: this.replay.lastReport?.replayed,
    });
  }
}

@Module({
  imports: [
    CqrsModule.forRoot(),
    FileJournalModule.forRoot({
      directory,
      // Whole segments are archived. So small that there is something to see after some hundred deposits.
      segmentSizeBytes: 16 * 1024,
      snapshots: { archive: true },
      archiveCompression: 'gzip',
      replay: { includeArchived: process.env['INCLUDE_ARCHIVED'] === 'true' },
    }),
    FileJournalModule.forFeature([Ledger]),
  ],
  controllers: [LedgerController],
})
class AppModule {}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(Number(process.env['PORT'] ?? 3000));
console.log(`listening at ${await app.getUrl()}`);
