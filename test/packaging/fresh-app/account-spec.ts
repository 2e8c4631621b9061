/** Tests of the README's account on a real journal, for the runner that `nest new` set up. */
export const ACCOUNT_SPEC = `import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CqrsModule } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { FileJournal, FileJournalModule, getSequencerToken, JournalLockedError, Sequencer } from 'nestjs-file-journal';
import { defineJournalConformance, SequencerSpecification } from 'nestjs-file-journal/testing';
import { Account, type AccountCommand } from './app.module.js';

describe('the account', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fresh-app-journal-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  async function boot() {
    const module = await Test.createTestingModule({
      imports: [CqrsModule.forRoot(), FileJournalModule.forRoot({ directory }), FileJournalModule.forFeature([Account])],
    }).compile();
    const app = await module.enableShutdownHooks().init();
    return { app, sequencer: app.get<Sequencer<Account>>(getSequencerToken()) };
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
    const account = SequencerSpecification.for(() => new Account());
    account
      .givenCommands({ Deposit: 5n })
      .when({ Withdraw: 2n })
      .thenResult(3n)
      .thenState(({ amount }) => amount === 3n);
    account.givenCommands({ Deposit: 5n }).when({ Withdraw: 6n }).thenRejects(/not enough money/);
    expect(() => account.when({ Deposit: 5n }).thenResult(6n)).toThrow(/6/);
  });

  it('would be caught looking at the clock', () => {
    class Impatient extends Account {
      override execute(command: AccountCommand): bigint {
        return super.execute(command) + BigInt(Date.now());
      }
    }
    const account = SequencerSpecification.for(() => new Impatient());
    expect(() => account.when({ Deposit: 5n })).toThrow('not deterministic');
  });

  it('finds the conformance suite', () => {
    expect(typeof defineJournalConformance).toBe('function');
  });
});
`;
