/**
 * The first release of the accounts: no currency, amounts as text in euros, and other names for its classes
 * and one of its events. It opens an account, says `written …` when its events are durable, and continues
 * depositing until it is killed.
 *
 *     node dist/examples/accounts/first-release/main.js
 */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import {
  FileJournalModule,
  JournalEvent,
  JournaledAggregateRoot,
  getAggregateRepositoryToken,
  type AggregateRepository,
} from 'nestjs-file-journal';

@JournalEvent('AccountOpened')
class Opened {
  owner!: string;
}

@JournalEvent('Deposited')
class Deposited {
  amount!: string;
}

class BankAccount extends JournaledAggregateRoot {}

const app = await NestFactory.createApplicationContext({
  module: class FirstRelease {},
  imports: [
    CqrsModule.forRoot(),
    FileJournalModule.forRoot({
      directory: process.env['JOURNAL_DIRECTORY'] ?? 'data/accounts',
      segmentSizeBytes: 16 * 1024 * 1024,
    }),
    FileJournalModule.forFeature({ aggregates: [BankAccount], events: [Opened, Deposited] }),
  ],
});
const accounts = app.get<AggregateRepository<BankAccount>>(getAggregateRepositoryToken(BankAccount));

for (const id of ['ada', 'bob']) {
  await accounts.update(id, (account) => account.apply(Object.assign(new Opened(), { owner: id })), {
    createIfAbsent: true,
  });
}
for (let deposits = 1; ; deposits += 1) {
  await accounts.update('ada', (account) =>
    account.apply(Object.assign(new Deposited(), { amount: '12.30' })),
  );
  console.log(`written ${deposits}`);
}
