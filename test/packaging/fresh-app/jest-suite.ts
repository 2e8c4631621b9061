/** The Jest set-up of an application that `nest new` made with NestJS 11: ts-jest, CommonJS; and a suite of its own for the quick start. */
import type { NestApp } from './nest-app.js';

/** What `nest new` writes into `package.json` and `test/jest-e2e.json`. */
const CONFIG = {
  moduleFileExtensions: ['js', 'json', 'ts'],
  rootDir: 'src',
  testRegex: '.*\\.spec\\.ts$',
  transform: { '^.+\\.(t|j)s$': 'ts-jest' },
  testEnvironment: 'node',
  // The quick start imports its own files as ES modules do.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};

const SUITE = `import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CqrsModule } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { FileJournal, FileJournalModule, getSequencerToken, JournalLockedError, Sequencer } from 'nestjs-file-journal';
import { defineJournalConformance, SequencerSpecification } from 'nestjs-file-journal/testing';
import { Account, AccountCommand } from './account.js';

describe('the account', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fresh-app-journal-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  async function boot() {
    const module = await Test.createTestingModule({
      imports: [CqrsModule.forRoot(), FileJournalModule.forRoot({ directory }), FileJournalModule.forFeature([Account])],
    }).compile();
    const app = await module.enableShutdownHooks().init();
    return { app, sequencer: app.get<Sequencer<AccountCommand, bigint, Account>>(getSequencerToken()) };
  }

  it('has after a restart what it had before', async () => {
    const first = await boot();
    await first.sequencer.submit({ Deposit: 9007199254740993n });
    await expect(FileJournal.open({ directory, lockTimeoutMs: 0 })).rejects.toBeInstanceOf(JournalLockedError);
    await first.app.close();

    const second = await boot();
    expect(await second.sequencer.query((account) => account.amount)).toBe(9007199254740993n);
    await second.app.close();
  });

  it('keeps to its specification', () => {
    const account = SequencerSpecification.for<AccountCommand, bigint, Account>(() => new Account());
    account
      .givenCommands({ Deposit: 5n })
      .when({ Withdraw: 2n })
      .thenResult(3n)
      .thenState(({ amount }) => amount === 3n);
    account.givenCommands({ Deposit: 5n }).when({ Withdraw: 6n }).thenRejects(RangeError);
    expect(() => account.when({ Deposit: 5n }).thenResult(6n)).toThrow(/6/);
  });

  it('would be caught looking at the clock', () => {
    class Impatient extends Account {
      override execute(command: AccountCommand): bigint {
        return super.execute(command) + BigInt(Date.now());
      }
    }
    const account = SequencerSpecification.for<AccountCommand, bigint, Account>(() => new Impatient());
    expect(() => account.when({ Deposit: 5n })).toThrow('not deterministic');
  });

  it('finds the conformance suite', () => {
    expect(typeof defineJournalConformance).toBe('function');
  });
});
`;

/** Adds the suite and runs it as `npx jest` does. @returns what Jest reports: passed and failed tests */
export async function runJestSuite(app: NestApp): Promise<{ passed: number; failed: number }> {
  app.write('jest.config.json', JSON.stringify(CONFIG));
  app.write('src/account.spec.ts', SUITE);
  await app.install(['jest@30', 'ts-jest@29.4', '@types/jest@30', '@nestjs/testing']);
  const report = await app.node('node_modules/jest/bin/jest.js', '--config', 'jest.config.json', '--json');
  const { numPassedTests, numFailedTests } = JSON.parse(report) as {
    numPassedTests: number;
    numFailedTests: number;
  };
  return { passed: numPassedTests, failed: numFailedTests };
}
