/**
 * A read model in SQLite that follows the journal, and a process manager that sends commands because of
 * events.
 *
 *     npm install better-sqlite3
 *     node dist/examples/projections-sqlite/projections-sqlite.js
 *     curl localhost:3000/deposits -H 'content-type: application/json' \
 *       -d '{ "account": "ada", "cents": 500 }'
 *     curl localhost:3000/balances
 *
 * Kill it with SIGKILL in the middle of anything, start it again: every deposit is in the balances once, and
 * no bonus is missing.
 */
import 'reflect-metadata';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  Body,
  Controller,
  Get,
  Injectable,
  Module,
  Param,
  Post,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import Database from 'better-sqlite3';
import {
  FileJournalModule,
  OnJournaled,
  ProcessManager,
  Projection,
  ProjectionsService,
  Sequencer,
  SqliteCheckpointStore,
  bigintsToStrings,
  type JournaledContext,
  type ResetContext,
  type SequencerAggregate,
} from 'nestjs-file-journal';

interface Deposit {
  readonly account: string;
  readonly cents: number;
}

/** A bonus says which deposit earned it: so it is given once, however often it is asked for. */
interface Bonus extends Deposit {
  readonly key: string;
}

type BankCommand = { Deposit: Deposit } | { Bonus: Bonus };

class Bank implements SequencerAggregate<BankCommand, 'done' | 'again'> {
  private readonly given = new Set<string>();

  execute(command: BankCommand): 'done' | 'again' {
    if ('Deposit' in command) return 'done';
    if (this.given.has(command.Bonus.key)) return 'again';
    this.given.add(command.Bonus.key);
    return 'done';
  }
}

const directory = process.env['JOURNAL_DIRECTORY'] ?? 'data/bank';
mkdirSync(directory, { recursive: true });
const file = join(directory, 'balances.sqlite');

/** The connection that writes; projections have it to themselves. */
@Injectable()
class BalancesStore extends SqliteCheckpointStore<Database> {
  constructor() {
    const connection = new Database(file);
    connection.pragma('journal_mode = WAL');
    connection.exec('CREATE TABLE IF NOT EXISTS balances (account TEXT PRIMARY KEY, cents INTEGER NOT NULL)');
    super({ connection });
  }
}

/** What it writes and how far it is are one transaction. */
@Projection('balances', { checkpointStore: BalancesStore })
class Balances {
  @OnJournaled('Deposit')
  deposited({ account, cents }: Deposit, { transaction }: JournaledContext<Database>): void {
    add(transaction, account, cents);
  }

  @OnJournaled('Bonus')
  rewarded({ account, cents }: Bonus, { transaction, entry }: JournaledContext<Database>): void {
    if (entry.event.result === 'done') add(transaction, account, cents);
  }

  reset({ transaction }: ResetContext<Database>): void {
    transaction.exec('DELETE FROM balances');
  }
}

/** Large deposits earn a bonus. Those of before this class was added earn none. */
@ProcessManager('bonuses')
class Bonuses {
  constructor(private readonly sequencer: Sequencer<Bank>) {}

  @OnJournaled('Deposit')
  deposited({ account, cents }: Deposit, { idempotencyKey }: JournaledContext): BankCommand | undefined {
    return cents >= 1_000 ? { Bonus: { account, cents: cents / 100, key: idempotencyKey } } : undefined;
  }

  send(command: BankCommand): Promise<unknown> {
    return this.sequencer.submit(command);
  }
}

@Controller()
class BankController implements OnApplicationShutdown {
  /** Readers have a connection of their own. */
  private readonly reading = new Database(file, { readonly: true });

  constructor(
    private readonly sequencer: Sequencer<Bank>,
    private readonly projections: ProjectionsService,
    _store: BalancesStore,
  ) {}

  /** Answers when the deposit is in the balances, so that who deposits sees it. */
  @Post('deposits')
  async deposit(@Body() { account, cents }: Deposit): Promise<unknown> {
    const event = await this.sequencer.submit({ Deposit: { account, cents } });
    await this.projections.waitFor('balances', event.sequenceNum);
    return event;
  }

  @Get('balances')
  balances(): unknown {
    return this.reading.prepare('SELECT account, cents FROM balances ORDER BY account').all();
  }

  @Get('projections')
  status(): unknown {
    return this.projections
      .status()
      .map(({ name, state, lag, position }) => bigintsToStrings({ name, state, lag, position }));
  }

  @Post('projections/:name/rebuild')
  async rebuild(@Param('name') name: string): Promise<unknown> {
    return bigintsToStrings(await this.projections.rebuild(name));
  }

  onApplicationShutdown(): void {
    this.reading.close();
  }
}

@Module({
  imports: [
    CqrsModule.forRoot(),
    FileJournalModule.forRoot({ directory, segmentSizeBytes: 16 * 1024 * 1024 }),
    FileJournalModule.forFeature([Bank]),
  ],
  controllers: [BankController],
  providers: [BalancesStore, Balances, Bonuses],
})
class AppModule {}

function add(database: Database, account: string, cents: number): void {
  database
    .prepare(
      'INSERT INTO balances VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET cents = cents + excluded.cents',
    )
    .run(account, cents);
}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(Number(process.env['PORT'] ?? 3000));
console.log(`listening at ${await app.getUrl()}`);
