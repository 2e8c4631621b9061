import { describe, expect, it } from '@jest/globals';
import type { AggregateRepository } from '../../src/aggregates/index.js';
import { SequencerEvent, describeThrown, messageOf, toError } from '../../src/journal/index.js';
import {
  FileJournalModule,
  getAggregateRepositoryToken,
  getJournalToken,
  getSnapshotManagerToken,
} from '../../src/nest/index.js';
import { type SnapshotManager } from '../../src/replay/index.js';
import { EventsHandler } from '@nestjs/cqrs';
import { ProcessManager, Projection, ProjectionsService } from '../../src/projections/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { listenToTelemetry } from '../../src/telemetry/index.js';
import { Account, Deposited, Withdrawn } from '../aggregates/accounts.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';
import { boot, survivingJournal } from './apps.js';

const fail = (): never => {
  throw new Error('it cannot be read');
};

/** Values that throw when they are printed, or even when they are read. */
const HOSTILE: [string, () => unknown][] = [
  ['an object without a prototype', () => Object.create(null)],
  ['a Proxy with throwing traps', () => new Proxy({}, new Proxy({}, { get: () => fail }))],
  ['a revoked Proxy', () => revoked()],
  ['an error with a throwing message', () => Object.defineProperty(new Error('x'), 'message', { get: fail })],
  ['an error with a throwing stack', () => Object.defineProperty(new Error('x'), 'stack', { get: fail })],
  ['an object with a throwing toString', () => ({ toString: fail })],
  ['an object with a throwing toPrimitive', () => ({ [Symbol.toPrimitive]: fail })],
  ['a symbol', () => Symbol('thrown')],
  ['undefined', () => undefined],
];

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

let thrown: () => unknown = () => undefined;
let isThrowing = false;
function maybeThrow(): void {
  // The value itself.
  if (isThrowing) throw thrown();
}

class Hostile {
  execute(command: unknown): number {
    if (command === 'throw') maybeThrow();
    return 1;
  }
  snapshot(): number {
    maybeThrow();
    return 1;
  }
  restore(): void {}
}

@Projection('projection', { retry: { maxRetries: 1, initialDelayMs: 1, maxDelayMs: 1 } })
class HostileProjection {
  async handle(): Promise<void> {
    maybeThrow();
  }
  reset(): void {
    maybeThrow();
  }
}

@ProcessManager('manager', { retry: { maxRetries: 0 } })
class HostileManager {
  handle(): string {
    return 'command';
  }
  async send(): Promise<void> {
    maybeThrow();
  }
}

@EventsHandler(SequencerEvent)
class HostileHandler {
  handle(): void {
    maybeThrow();
  }
}

describe.each(HOSTILE)('%s that is thrown', (_name, make) => {
  it('is described', () => {
    for (const describe of [messageOf, describeThrown]) expect(typeof describe(make())).toBe('string');
    expect(typeof toError(make()).message).toBe('string');
  });

  it('in code of the application makes its caller fail, and nothing else', async () => {
    thrown = make;
    isThrowing = false;
    const app = await boot({
      imports: [
        FileJournalModule.forRoot({
          journal: survivingJournal(),
          snapshots: { directory: temporaryDirectory() },
        }),
        FileJournalModule.forFeature({ aggregates: [Hostile, Account], events: [Deposited, Withdrawn] }),
      ],
      providers: [HostileProjection, HostileManager, HostileHandler],
    });
    const sequencer = app.get<Sequencer<Hostile>>(Sequencer);
    const projections = app.get(ProjectionsService);
    const accounts = app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account));
    const journal = app.get(getJournalToken());
    const stopListening = listenToTelemetry({ submitEnd: maybeThrow });
    journal.onAdvanced?.(maybeThrow);
    await sequencer.submit('go');
    for (const name of projections.names) await projections.waitFor(name);

    isThrowing = true;
    await expect(
      sequencer.submit('throw').then(
        () => 'done',
        () => 'rejected',
      ),
    ).resolves.toBe('rejected');
    await sequencer.submit('go');
    const failing = (wait: Promise<unknown>): Promise<unknown> =>
      wait.then(
        () => 'done',
        (error: { code?: string }) => error.code,
      );
    for (const name of projections.names) {
      expect(await failing(projections.waitFor(name))).toBe('JOURNAL_PROJECTION_FAILED');
      expect(projections.status(name).state).toBe('failed');
      expect(typeof projections.status(name).lastError?.message).toBe('string');
    }
    expect(await failing(projections.rebuild('projection'))).toBe('JOURNAL_PROJECTION_FAILED');
    await expect(
      accounts.update('a', maybeThrow, { createIfAbsent: true }).then(
        () => 'done',
        () => 'rejected',
      ),
    ).resolves.toBe('rejected');
    await expect(
      app
        .get<SnapshotManager>(getSnapshotManagerToken())
        .take()
        .then(
          () => 'done',
          () => 'rejected',
        ),
    ).resolves.toBe('rejected');

    isThrowing = false;
    for (const name of projections.names) projections.resume(name);
    await sequencer.submit('go');
    for (const name of projections.names) await projections.waitFor(name);
    await accounts.update('a', (account) => account.deposit(1n), { createIfAbsent: true });
    await until(() => projections.status('projection').state === 'running');
    stopListening();
    await app.close();
  });
});
