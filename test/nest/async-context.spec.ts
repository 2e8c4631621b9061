import { AsyncLocalStorage } from 'node:async_hooks';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, type Type } from '@nestjs/common';
import {
  CommandHandler,
  EventBus,
  EventsHandler,
  Saga,
  ofType,
  type ICommandHandler,
  type IEventHandler,
} from '@nestjs/cqrs';
import { map, type Observable } from 'rxjs';
import { JournaledAggregateRoot, On, type AggregateRepository } from '../../src/aggregates/index.js';
import type { WriteAheadPublisher } from '../../src/cqrs/index.js';
import { JournalEvent } from '../../src/events/index.js';
import { SequencerEvent, type Journal, type JournalEntry } from '../../src/journal/index.js';
import {
  FileJournalModule,
  getAggregateRepositoryToken,
  getJournalToken,
  getSequencerToken,
  getSnapshotManagerToken,
  getWriteAheadPublisherToken,
} from '../../src/nest/index.js';
import { type SnapshotManager } from '../../src/replay/index.js';
import {
  InMemoryCheckpointStore,
  OnJournaled,
  ProcessManager,
  Projection,
  ProjectionsService,
  type Checkpoint,
} from '../../src/projections/index.js';
import type { Snapshot, SnapshotStore } from '../../src/replay/index.js';
import type { Sequencer, SequencerAggregate } from '../../src/sequencer/index.js';
import { listenToTelemetry, type SubmitMessage } from '../../src/telemetry/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';
import { boot } from './apps.js';

/** The data that an application keeps for each request: its user, its tenant, its trace. */
const request = new AsyncLocalStorage<string>();
const here = (): string => request.getStore() ?? 'no context';

/** One call of application code: its place, the context in which it ran, and the expected one. */
const sightings: { readonly place: string; readonly expected: string; readonly actual: string }[] = [];
const see = (place: string, expected: string): void =>
  void sightings.push({ place, expected, actual: here() });

/** The context in which the application boots. */
const BOOT = 'boot';
const REQUESTS = 40;
const COMMANDS_PER_REQUEST = 12;

interface Put {
  Put: { owner: string; filling: string };
}

let isRebuilding = (): boolean => false;
let clockContext = '';

class Ledger implements SequencerAggregate<Put, string> {
  private count = 0;
  constructor() {
    see('the constructor of an aggregate', BOOT);
  }
  handles(command: unknown): boolean {
    const isPut = typeof command === 'object' && command !== null && 'Put' in command;
    if (isPut) see('handles()', ownerOf(command as Put));
    return isPut;
  }
  execute({ Put: { owner } }: Put): string {
    if (isRebuilding()) see('execute() when the aggregate is rebuilt', BOOT);
    else {
      see('execute()', owner);
      sightings.push({ place: 'clock()', expected: owner, actual: clockContext });
    }
    this.count += 1;
    return owner;
  }
  snapshot(): number {
    see('snapshot()', here() === 'snapshot taker' ? 'snapshot taker' : BOOT);
    return this.count;
  }
  restore(count: number): void {
    see('restore()', BOOT);
    this.count = count;
  }
}

/** The owner of a command; not used while the aggregate is rebuilt. */
function ownerOf({ Put: { owner } }: Put): string {
  return isRebuilding() ? BOOT : owner;
}

class Audit {
  apply({ command }: SequencerEvent): void {
    if (typeof command === 'object' && command !== null && 'Put' in command)
      see('apply() of an applied aggregate', (command as Put).Put.owner);
  }
}

@JournalEvent('Opened')
class Opened {
  constructor(readonly owner: string) {}
}

class Account extends JournaledAggregateRoot {
  open(owner: string): void {
    this.apply(new Opened(owner));
  }
  @On(Opened)
  protected opened({ owner }: Opened): void {
    see('@On() of an aggregate', here() === 'reader' ? 'reader' : owner);
  }
}

@JournalEvent('Told')
class Told {
  constructor(readonly owner: string) {}
}

@EventsHandler(SequencerEvent)
class OnPut implements IEventHandler<SequencerEvent<Put | { Told: Told }>> {
  handle({ command }: SequencerEvent<Put | { Told: Told }>): void {
    if ('Put' in command) see('@EventsHandler of a command', command.Put.owner);
    else see('@EventsHandler of an event of EventBus.publish', command.Told.owner);
  }
}

@EventsHandler(Opened, Told)
class OnEvents implements IEventHandler<Opened | Told> {
  handle(event: Opened | Told): void {
    see(
      event instanceof Told ? '@EventsHandler of WriteAheadPublisher' : '@EventsHandler of a repository',
      event.owner,
    );
  }
}

class FromSaga {
  constructor(readonly owner: string) {}
}

@Injectable()
class Sagas {
  @Saga()
  told = (events: Observable<object>): Observable<FromSaga> =>
    events.pipe(
      ofType(Told),
      map(({ owner }) => new FromSaga(owner)),
    );
}

@CommandHandler(FromSaga)
class OnFromSaga implements ICommandHandler<FromSaga> {
  async execute({ owner }: FromSaga): Promise<void> {
    see('the command of a saga', owner);
  }
}

class FromManager {}

@CommandHandler(FromManager)
class OnFromManager implements ICommandHandler<FromManager> {
  async execute(): Promise<void> {
    see('the command of a process manager', BOOT);
  }
}

@Projection('all', { batchSize: 8, retry: { initialDelayMs: 1, maxDelayMs: 1 } })
class All {
  handled = 0;
  private hasFailed = false;
  async handle({ sequenceNum }: JournalEntry): Promise<void> {
    see('handle() of a projection', BOOT);
    await Promise.resolve();
    see('handle() of a projection, after an await', BOOT);
    if (!this.hasFailed && sequenceNum === 20n) {
      this.hasFailed = true;
      throw new Error('once');
    }
    this.handled += 1;
  }
  reset(): void {
    see('reset() of a projection', BOOT);
  }
}

@Projection('batches')
class Batches {
  handleBatch(): void {
    see('handleBatch() of a projection', BOOT);
  }
}

@ProcessManager('manager')
class Manager {
  @OnJournaled('Put')
  put(): FromManager {
    see('@OnJournaled() of a process manager', BOOT);
    return new FromManager();
  }
}

class Checkpoints extends InMemoryCheckpointStore {
  override async load(projection: string): Promise<Checkpoint | null> {
    see('load() of a checkpoint store', BOOT);
    return super.load(projection);
  }
  override async save(projection: string, checkpoint: Checkpoint): Promise<void> {
    see('save() of a checkpoint store', BOOT);
    return super.save(projection, checkpoint);
  }
}

class Snapshots implements SnapshotStore {
  private readonly stored: Snapshot[] = [];
  async save(_target: string, snapshot: Snapshot): Promise<void> {
    see('save() of a snapshot store', here() === 'snapshot taker' ? 'snapshot taker' : BOOT);
    this.stored.unshift(snapshot);
  }
  async *load(): AsyncGenerator<Snapshot> {
    see('load() of a snapshot store', BOOT);
    yield* this.stored;
  }
}

const providers: Type[] = [OnPut, OnEvents, Sagas, OnFromSaga, OnFromManager, All, Batches, Manager];

async function bootApplication() {
  return boot({
    imports: [
      FileJournalModule.forRoot({
        directory: temporaryDirectory(),
        segmentSizeBytes: 64 * 1024,
        maxInFlight: 4,
        progressIntervalMs: 1,
        clock: () => {
          clockContext = here();
          return BigInt(Date.now()) * 1_000_000n;
        },
        snapshots: { store: new Snapshots(), everyEvents: 50 },
        projections: { checkpointStore: new Checkpoints() },
      }),
      FileJournalModule.forFeature({ aggregates: [Ledger, Audit, Account], events: [Opened, Told] }),
    ],
    providers,
  });
}

/** A command with a `toJSON`, which is code of the application. */
function put(owner: string, filling = ''): Put {
  const command = { owner, filling };
  Object.defineProperty(command, 'toJSON', {
    value: () => {
      see('toJSON() of a command', owner);
      return { owner, filling };
    },
  });
  return { Put: command };
}

/** One request: all calls that it causes run in its context, and it gets its own results. */
async function serve(app: Awaited<ReturnType<typeof bootApplication>>, owner: string): Promise<void> {
  const sequencer = app.get<Sequencer<Ledger>>(getSequencerToken());
  const accounts = app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account));
  const publisher = app.get<WriteAheadPublisher>(getWriteAheadPublisherToken());
  const isSame = (): boolean => {
    see('isSame() of a command id', owner);
    return true;
  };
  const commands = Array.from({ length: COMMANDS_PER_REQUEST }, async (_unused, index) => {
    const isNamed = index === 0;
    const options = isNamed ? { commandId: owner, isSame } : {};
    const answer = await sequencer.submit(put(owner), options);
    see('the code after an awaited submit()', owner);
    if (isNamed) await sequencer.submit(put(owner), options);
    expect(answer.result).toBe(owner);
  });
  const updates = [1, 2].map((index) =>
    accounts.update(
      `${owner}/${index}`,
      (account) => {
        see('the callback of update()', owner);
        account.open(owner);
      },
      { createIfAbsent: true },
    ),
  );
  const saved = await accounts.loadOrCreate(`${owner}/saved`);
  saved.open(owner);
  await Promise.all([...commands, ...updates, accounts.save(saved), publisher.publish(new Told(owner))]);
  // All requests read the same aggregate, so the queries wait for each other.
  await accounts
    .query('user 0/1', async () => {
      await Promise.resolve();
      see('the callback of query()', owner);
    })
    .catch((error: { code?: string }) => expect(error.code).toBe('JOURNAL_AGGREGATE_NOT_FOUND'));
  await sequencer.query(() => see('the callback of Sequencer.query()', owner));
}

/** Refused after its execution: the aggregate is rebuilt, and commands wait meanwhile. */
async function refuseOne(sequencer: Sequencer<Ledger>, owner: string): Promise<void> {
  await expect(sequencer.submit(put(owner, 'x'.repeat(70_000)))).rejects.toMatchObject({
    code: 'JOURNAL_ENTRY_TOO_LARGE',
  });
}

/** Repeats a command that was rejected because of another one, as a client does. */
async function untilServed(app: Awaited<ReturnType<typeof bootApplication>>, owner: string): Promise<void> {
  for (;;) {
    try {
      return await serve(app, owner);
    } catch (error) {
      if ((error as { code?: string }).code !== 'JOURNAL_SEQUENCER_INTERRUPTED') throw error;
    }
  }
}

const EVERY_PLACE = [
  'the constructor of an aggregate',
  'handles()',
  'execute()',
  'execute() when the aggregate is rebuilt',
  'clock()',
  'snapshot()',
  'apply() of an applied aggregate',
  '@On() of an aggregate',
  '@EventsHandler of a command',
  '@EventsHandler of an event of EventBus.publish',
  '@EventsHandler of WriteAheadPublisher',
  '@EventsHandler of a repository',
  'the command of a saga',
  'the command of a process manager',
  'handle() of a projection',
  'handle() of a projection, after an await',
  'reset() of a projection',
  'onProgress() of a rebuild',
  'handleBatch() of a projection',
  '@OnJournaled() of a process manager',
  'load() of a checkpoint store',
  'save() of a checkpoint store',
  'save() of a snapshot store',
  'load() of a snapshot store',
  'restore()',
  'toJSON() of a command',
  'isSame() of a command id',
  'the code after an awaited submit()',
  'the callback of update()',
  'the callback of query()',
  'the callback of Sequencer.query()',
  'a subscription',
  'onAdvanced() of a journal',
  'onPoisoned() of a journal',
  'submit.start and submit.end of telemetry',
  'append.settled of telemetry',
  'group.stored, synced and rotated of telemetry',
  'a replay that telemetry reports',
];

describe('code of the application runs in the async context of the call that caused it', () => {
  beforeAll(async () => {
    const app = await request.run(BOOT, bootApplication);
    const sequencer = app.get<Sequencer<Ledger>>(getSequencerToken());
    const journal = app.get<Journal>(getJournalToken());
    isRebuilding = () => sequencer.state === 'recovering';

    const submitters = new WeakMap<SubmitMessage, string>();
    const stopListening = listenToTelemetry({
      submitStart: (message) => void submitters.set(message, here()),
      submitEnd: (message) => see('submit.start and submit.end of telemetry', submitters.get(message) ?? ''),
      appendSettled: () => see('append.settled of telemetry', here() === BOOT ? 'a request' : here()),
      groupStored: () => see('group.stored, synced and rotated of telemetry', BOOT),
      synced: () => see('group.stored, synced and rotated of telemetry', BOOT),
      rotated: () => see('group.stored, synced and rotated of telemetry', BOOT),
      replay: () => see('a replay that telemetry reports', BOOT),
    });
    request.run('listener', () => {
      journal.onAdvanced?.(() => see('onAdvanced() of a journal', 'listener'));
      journal.onPoisoned(() => see('onPoisoned() of a journal', 'listener'));
    });
    const subscription = journal.subscribe();
    const followed = request
      .run('subscriber', async () => {
        for await (const _entry of subscription) see('a subscription', 'subscriber');
      })
      .catch((error: unknown) => error);

    const users = Array.from({ length: REQUESTS }, (_unused, index) => `user ${index}`);
    const served = users.map((owner) => request.run(owner, () => untilServed(app, owner)));
    for (const owner of ['refused 1', 'refused 2']) {
      await request.run(owner, () => refuseOne(sequencer, owner));
      await until(() => sequencer.state === 'open');
    }
    await Promise.all(served);

    const bus = app.get(EventBus);
    await request.run('publisher', () =>
      bus.publish(
        new SequencerEvent({
          sequenceNum: journal.nextSequence ?? 0n,
          timestampNs: BigInt(Date.now()) * 1_000_000n,
          command: { Told: { owner: 'publisher' } },
          result: null,
        }),
      ),
    );

    const projections = app.get(ProjectionsService);
    await request.run('rebuilder', () =>
      projections.rebuild('all', { onProgress: () => see('onProgress() of a rebuild', 'rebuilder') }),
    );
    await request.run('pauser', () => projections.pause('batches'));
    request.run('resumer', () => projections.resume('batches'));
    await request.run('waiter', async () => {
      for (const name of projections.names) await projections.waitFor(name);
    });
    await request.run('reader', () =>
      app.get<AggregateRepository<Account>>(getAggregateRepositoryToken(Account)).load('user 1/saved'),
    );
    await request.run('snapshot taker', () => app.get<SnapshotManager>(getSnapshotManagerToken()).take());
    request.run('poisoner', () => journal.poison(new Error('enough')));
    await app.close().catch((error: { code?: string }) => expect(error.code).toBe('JOURNAL_POISONED'));
    expect(await followed).toMatchObject({ code: 'JOURNAL_POISONED' });
    stopListening();
  }, 180_000);

  it.each(EVERY_PLACE)('%s', (place) => {
    const seen = sightings.filter((sighting) => sighting.place === place);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter(({ expected, actual }) => actual !== expected).slice(0, 3)).toEqual([]);
  });

  it('in every place that the table names, and in no other', () => {
    const unnamed = new Set(
      sightings.map(({ place }) => place).filter((place) => !EVERY_PLACE.includes(place)),
    );
    expect([...unnamed]).toEqual([]);
  });
});
