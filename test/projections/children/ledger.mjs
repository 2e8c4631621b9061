// A Nest application with a file journal, a ledger that is projected into a transactional store, and a
// process manager. It writes until it is killed. Runs against the built package. argv: directory, store
// ('sqlite' or 'file'), mode, percent
//   prepare  writes deposits before there is a projection, and ends
//   trade    boots, catches up and writes
//   rebuild  the same, and rebuilds the ledger: prints a line at this percentage of the entries ('reset': in
//            reset()), and continues slowly, so that it is killed in the middle
//   report   boots, catches up and ends
import 'reflect-metadata';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import {
  FileJournalModule,
  OnJournaled,
  ProcessManager,
  Projection,
  ProjectionsService,
  Sequencer,
  SqliteCheckpointStore,
} from 'nestjs-file-journal';

const [directory, storeKind, mode, percent] = process.argv.slice(2);
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/**
 * A transactional store without a database: ledger and checkpoints are one file that is replaced as a whole.
 */
class OneFileStore {
  path = join(directory, 'ledger.json');
  turn = Promise.resolve();
  read() {
    try {
      return JSON.parse(readFileSync(this.path, 'utf8'));
    } catch (error) {
      if (error.code === 'ENOENT') return { ledger: { sum: 0, hash: 0, accounts: {} }, checkpoints: {} };
      throw error;
    }
  }
  write(state) {
    writeFileSync(`${this.path}.tmp`, JSON.stringify(state));
    renameSync(`${this.path}.tmp`, this.path);
  }
  inTurn(work) {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }
  load(name) {
    return this.inTurn(() => {
      const stored = this.read().checkpoints[name];
      if (stored === undefined) return null;
      const big = (value) => (value === null ? null : BigInt(value));
      return { ...stored, position: big(stored.position), historyEnd: big(stored.historyEnd) };
    });
  }
  save(name, checkpoint) {
    return this.transact(async (state) => this.saveIn(state, name, checkpoint));
  }
  saveIn(state, name, { position, historyEnd, ...rest }) {
    const text = (value) => value?.toString() ?? null;
    state.checkpoints[name] = { ...rest, position: text(position), historyEnd: text(historyEnd) };
  }
  transact(work) {
    return this.inTurn(async () => {
      const state = this.read();
      await work(state);
      this.write(state);
    });
  }
}

/** Applies one entry to the ledger; the hash depends on all entries and their order. */
const nextHash = (hash, sequence, cents) => (hash * 31 + Number(sequence) * 7 + cents + 1) % 2147483647;

const ledgers = {
  file: {
    store: () => new OneFileStore(),
    apply(state, sequence, account, cents) {
      const { ledger } = state;
      ledger.accounts[account] = (ledger.accounts[account] ?? 0) + cents;
      ledger.sum += cents;
      ledger.hash = nextHash(ledger.hash, sequence, cents);
    },
    reset(state) {
      state.ledger = { sum: 0, hash: 0, accounts: {} };
    },
  },
  sqlite: {
    store() {
      const require = createRequire(join(process.env.BETTER_SQLITE3_DIRECTORY, 'package.json'));
      const Database = require('better-sqlite3');
      const connection = new Database(join(directory, 'ledger.sqlite'));
      connection.pragma('journal_mode = WAL');
      connection.exec(
        'CREATE TABLE IF NOT EXISTS accounts (account TEXT PRIMARY KEY, cents INTEGER NOT NULL)',
      );
      connection.exec(
        'CREATE TABLE IF NOT EXISTS totals (id INTEGER PRIMARY KEY, sum INTEGER, hash INTEGER)',
      );
      connection.exec('INSERT OR IGNORE INTO totals VALUES (1, 0, 0)');
      return new SqliteCheckpointStore({ connection });
    },
    apply(database, sequence, account, cents) {
      database
        .prepare(
          'INSERT INTO accounts VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET cents = cents + excluded.cents',
        )
        .run(account, cents);
      const { hash } = database.prepare('SELECT hash FROM totals').get();
      database
        .prepare('UPDATE totals SET sum = sum + ?, hash = ?')
        .run(cents, nextHash(hash, sequence, cents));
    },
    reset(database) {
      database.exec('DELETE FROM accounts; UPDATE totals SET sum = 0, hash = 0');
    },
  },
};
const ledger = ledgers[storeKind];

const decorate = (decorators, target, method) => {
  for (const decorator of decorators) decorator(target, method);
};

/** Milliseconds per entry of a rebuild after the line for the parent. */
const SLOW_MS = 4;

class Ledger {
  /** A rebuild is slow from here on; null without a rebuild. */
  slowFrom = null;
  isSlow = false;
  async handle({ sequenceNum, event }, { transaction, isReplaying }) {
    if (isReplaying && this.slowFrom !== null && sequenceNum >= this.slowFrom) await this.slowDown();
    const [account, cents] = event.command.Deposit ?? ['rewards', event.command.Reward.cents];
    ledger.apply(transaction, sequenceNum, account, cents);
  }
  async reset({ transaction }) {
    if (percent === 'reset') await this.slowDown();
    ledger.reset(transaction);
    if (percent === 'reset') await this.slowDown();
  }
  async slowDown() {
    if (!this.isSlow) say('rebuilding');
    this.isSlow = true;
    await delay(SLOW_MS);
  }
}
decorate([Projection('ledger', { checkpointStore: 'LEDGER_STORE', batchSize: 17 })], Ledger);

/** Every fifth deposit earns a reward; deposits before the registration never do. */
class Rewards {
  constructor(sequencer) {
    this.sequencer = sequencer;
  }
  deposited([, cents], { entry }) {
    return entry.sequenceNum % 5n === 0n ? { Reward: { cents, of: Number(entry.sequenceNum) } } : undefined;
  }
  send(command, { idempotencyKey }) {
    return this.sequencer.submit({ Reward: { ...command.Reward, key: idempotencyKey } });
  }
}
decorate([OnJournaled('Deposit')], Rewards.prototype, 'deposited');
decorate([ProcessManager('rewards')], Rewards);
Reflect.defineMetadata('design:paramtypes', [Sequencer], Rewards);

class Bank {
  execute() {
    return null;
  }
}

say('opening');
const app = await NestFactory.createApplicationContext(
  {
    module: class Application {},
    imports: [
      CqrsModule.forRoot(),
      FileJournalModule.forRoot({ directory, segmentSizeBytes: 65_536 }),
      FileJournalModule.forFeature([Bank]),
    ],
    providers:
      mode === 'prepare'
        ? []
        : [Ledger, Rewards, { provide: 'LEDGER_STORE', useFactory: () => ledger.store() }],
  },
  { logger: ['error', 'fatal', 'warn'], abortOnError: false },
);
const sequencer = app.get(Sequencer);
const deposit = (number) => sequencer.submit({ Deposit: [`account-${number % 13}`, 1 + (number % 1000)] });

if (mode === 'prepare') {
  await Promise.all(Array.from({ length: 50 }, (_, number) => deposit(number)));
  await app.close();
  say('prepared');
} else {
  const projections = app.get(ProjectionsService);
  await projections.waitFor('ledger');
  if (mode === 'report') {
    await projections.waitFor('rewards');
    await app.close();
    say('closed');
  } else {
    say('open');
    if (mode === 'rebuild') {
      const { position } = projections.status('ledger');
      app.get(Ledger).slowFrom = percent === 'reset' ? 0n : (position * BigInt(percent)) / 100n;
      void projections.rebuild('ledger');
    }
    for (let number = 0; ; number += 1) {
      // Bursts and single deposits.
      await Promise.all(Array.from({ length: 1 + (number % 20) }, (_, index) => deposit(number * 7 + index)));
    }
  }
}
