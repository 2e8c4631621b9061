import { expect, it } from '@jest/globals';
import { ModuleRef } from '@nestjs/core';
import { Inject } from '@nestjs/common';
import type { AggregateRepository } from '../../src/aggregates/index.js';
import { FileJournalModule, getAggregateRepositoryToken } from '../../src/nest/index.js';
import { Projection, ProjectionsService } from '../../src/projections/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { Account, Deposited, Withdrawn } from '../aggregates/accounts.js';
import { Random, seedFromEnvironment } from '../support/random.js';
import { Counter } from '../projections/apps.js';
import { turns } from '../support/until.js';
import { boot, survivingJournal } from './apps.js';

const SEED = seedFromEnvironment(77);
const ROUNDS = 120;
const CALLERS = 12;
const MAX_DEPTH = 3;
const IDS = ['a', 'b', 'c'];
const ALLOWED = new Set(['JOURNAL_CIRCULAR_WAIT', 'JOURNAL_PROJECTION_STOPPED']);

type Step = (depth: number, mayWrite: boolean) => Promise<void>;

let step: Step = async () => undefined;
const retry = { maxRetries: 1_000_000, initialDelayMs: 0, maxDelayMs: 0 };

/** Its handler sometimes uses repositories and waits for projections. */
@Projection('p', { retry })
class P {
  constructor(@Inject(ModuleRef) readonly moduleRef: ModuleRef) {}
  handle(): Promise<void> {
    return step(MAX_DEPTH - 1, false);
  }
  reset(): void {}
}

@Projection('q', { retry, batchSize: 2 })
class Q extends P {}

it(`nested calls that wait for each other at random always end (seed ${SEED})`, async () => {
  const app = await boot({
    imports: [
      FileJournalModule.forRoot({ journal: survivingJournal() }),
      FileJournalModule.forFeature({ aggregates: [Counter, Account], events: [Deposited, Withdrawn] }),
    ],
    providers: [P, Q],
  });
  const accounts = app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account));
  const projections = app.get(ProjectionsService);
  const sequencer = app.get<Sequencer<Counter>>(Sequencer);
  for (const id of IDS) await accounts.update(id, (account) => account.deposit(1n), { createIfAbsent: true });

  const random = new Random(SEED);
  const codes = new Map<string, number>();
  const anyId = (): string => IDS[random.integer(0, 2)] as string;
  const attempt = async (depth: number, mayWrite: boolean): Promise<void> => {
    const inside = async (): Promise<void> => {
      for (let left = random.integer(0, 2); left > 0; left -= 1) await step(depth + 1, mayWrite);
    };
    switch (random.integer(0, mayWrite ? 8 : 5)) {
      case 0:
      case 1:
        return accounts.query(anyId(), inside);
      case 2:
        return projections.waitFor('p');
      case 3:
        return projections.waitFor('q');
      case 4:
        return accounts.update(anyId(), inside);
      case 5:
        return accounts.updateAll([anyId(), anyId()], inside);
      case 6:
        return accounts.update(anyId(), async (account) => {
          await inside();
          account.deposit(1n);
        });
      case 7:
        await sequencer.submit({ Add: 1 });
        return;
      default:
        if (!random.chance(0.05)) return;
        await projections.pause('p');
        projections.resume('p');
        await projections.rebuild('q');
    }
  };
  step = async (depth, mayWrite) => {
    await turns(random.integer(0, 2));
    if (depth > MAX_DEPTH) return;
    try {
      await attempt(depth, mayWrite);
    } catch (error) {
      const { code = String(error) } = error as { code?: string };
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (random.chance(0.5)) throw error;
    }
  };
  for (let round = 0; round < ROUNDS; round += 1)
    await Promise.allSettled(Array.from({ length: CALLERS }, () => step(0, true)));
  step = async () => undefined;
  for (const name of projections.names) projections.resume(name);
  for (const name of projections.names) await projections.waitFor(name);
  for (const id of IDS) await accounts.update(id, (account) => account.deposit(1n));
  expect([...codes.keys()].filter((code) => !ALLOWED.has(code))).toEqual([]);
  expect(codes.get('JOURNAL_CIRCULAR_WAIT')).toBeGreaterThan(100);
});
