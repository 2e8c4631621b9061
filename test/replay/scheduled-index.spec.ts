/** Scheduled snapshots of the index of aggregate roots, which follows the options of the journal. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { AggregateIndex, type AggregateRepository } from '../../src/aggregates/index.js';
import { FileJournalModule, getAggregateRepositoryToken } from '../../src/nest/index.js';
import { ReplayService } from '../../src/replay/index.js';
import { Account, Deposited, Withdrawn } from '../aggregates/accounts.js';
import { boot } from '../nest/apps.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';
import { snapshotFiles } from './snapshots.js';

it('the index of aggregate roots is stored as often as forRoot says', async () => {
  const directory = temporaryDirectory();
  const bootAccounts = () =>
    boot({
      imports: [
        FileJournalModule.forRoot({ directory, snapshots: { everyEvents: 10 } }),
        FileJournalModule.forFeature({ aggregates: [Account], events: [Deposited, Withdrawn] }),
      ],
    });
  const first = await bootAccounts();
  const accounts = first.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account));
  for (let deposits = 0; deposits < 10; deposits += 1)
    await accounts.update(`account-${deposits}`, (account) => account.deposit(1n), { createIfAbsent: true });
  const snapshots = join(directory, 'snapshots');
  await until(() => existsSync(snapshots) && snapshotFiles(snapshots).length > 0);
  await first.close();

  const second = await bootAccounts();
  expect(second.get(ReplayService).lastReport?.snapshots).toEqual(new Map([[AggregateIndex.targetName, 9n]]));
});
