import { Logger, type Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { EventBus } from '@nestjs/cqrs';
import {
  AggregateHistory,
  AggregateIndex,
  AggregateRepository,
  AggregateStore,
  AggregateTypes,
  DomainEventWriter,
  RunningTurns,
  type AggregateRootLike,
} from '../aggregates/index.js';
import { EventBusLink, SequencerEventHandler, WriteAheadPublisher } from '../cqrs/index.js';
import { fromCommand } from '../events/index.js';
import { SequencerEvent, toU64, type Journal, type PayloadCodec } from '../journal/index.js';
import type { ProjectionsService } from '../projections/index.js';
import {
  ReplayService,
  SnapshotManager,
  SnapshotPolicies,
  SnapshotScheduler,
  SnapshotService,
  createSnapshotStore,
  type ReplayTarget,
} from '../replay/index.js';
import {
  AggregateUnavailableError,
  AppliedAggregateTarget,
  CommitQueue,
  ExecutedAggregateTarget,
  Sequencer,
  SequencerClock,
  createAggregateHandle,
  createEventForms,
  type AppliedAggregate,
  type SequencerAggregate,
} from '../sequencer/index.js';
import { deepEqual } from '../common/index.js';
import type { LagSource, ObservedJournal } from '../telemetry/index.js';
import { createProjections } from './create-projections.js';
import type { JournalFeatures } from './feature.explorer.js';
import type { FeatureRegistration, RegisteredAggregate } from './feature-registration.js';
import { DEFAULT_JOURNAL_NAME } from './file-journal.constants.js';
import type { FileJournalModuleOptions } from './file-journal-options.js';
import { JournalLog } from './journal-log.js';
import { isShutdownStep, type ShutdownStep } from '../common/index.js';
import { JournalShutdown } from './journal-shutdown.js';
import { lateRegistration } from './late-registration.js';
import { observeHost } from './observe-host.js';

export interface JournalHostParts {
  readonly name: string;
  readonly options: FileJournalModuleOptions;
  readonly journal: Journal;
  readonly codec: PayloadCodec;
  readonly features: JournalFeatures;
  readonly moduleRef: ModuleRef;
  /** True for an event that came out of any journal of the application. */
  readonly isOwn: (event: SequencerEvent) => boolean;
}

/** The slow sync that etcd warns of, too. */
const DEFAULT_SLOW_SYNC_MS = 1_000;
/** Docker kills 10 s after its signal, Kubernetes 30 s; a hanging disk can take this time twice. */
const DEFAULT_SHUTDOWN_TIMEOUT_MS = 5_000;

type ExecutedTarget = ExecutedAggregateTarget<SequencerAggregate>;

/**
 * Everything around one open journal: its queue, Sequencer, doors and aggregates, put together and taken down in order.
 */
export class JournalHost {
  readonly name: string;
  readonly journal: Journal;
  readonly queue: CommitQueue;
  readonly replay: ReplayService;
  readonly sequencer: Sequencer;
  readonly snapshots: SnapshotManager;
  readonly publisher: WriteAheadPublisher;
  readonly projections: ProjectionsService;
  readonly bus = new EventBusLink();

  private readonly scheduler: SnapshotScheduler;
  private readonly executed: ExecutedTarget | null;
  /** Targets that follow the journal, by the class they are injected as; null for the index. */
  private readonly followers = new Map<Type | null, ReplayTarget>();
  /** Null where no aggregate root is registered. */
  private readonly index: AggregateIndex | null;
  private readonly handles = new Map<Type, object>();
  private readonly repositories = new Map<Type, AggregateRepository>();
  private readonly door: SequencerEventHandler;
  private readonly logger = new Logger('FileJournalModule');
  /** For health and metrics. */
  readonly observed: ObservedJournal;
  private readonly log: JournalLog;
  private readonly shutdown: JournalShutdown;
  private readonly lagSources: LagSource[] = [];
  private readonly shutdownSteps: ShutdownStep[] = [];
  /** Sequences of snapshots, by aggregate. */
  private restoredFrom: ReadonlyMap<string, bigint> = new Map();

  constructor(private readonly parts: JournalHostParts) {
    const { name, journal, options, codec, features } = parts;
    this.name = name;
    this.journal = journal;
    const firstSequence = toU64('firstSequence', options.firstSequence ?? 0n);
    const snapshotOptions = options.snapshots === false ? {} : (options.snapshots ?? {});
    const policies = new SnapshotPolicies(snapshotOptions, features.aggregates);
    const snapshots = this.createSnapshotService(policies);
    this.replay = new ReplayService(journal, {
      journalName: name,
      firstSequence,
      progressIntervalMs: options.progressIntervalMs,
      includeArchived: options.replay?.includeArchived,
      snapshots: snapshots ?? undefined,
    });
    const clock = new SequencerClock(options.clock);
    this.queue = new CommitQueue(journal, clock, firstSequence, (event) => this.follow(event));
    this.executed = this.createExecuted();
    this.createFollowers();
    this.index = this.createIndex();
    this.sequencer = new Sequencer(this.queue, this.executed, this.replay, createEventForms(codec), {
      snapshots,
      publish: (event) => {
        if (options.publish !== false) this.bus.publish(event);
      },
      storesCommandIds: codec.storesCommandIds === true,
      isSameCommand: deepEqual,
      maxInFlight: options.maxInFlight,
      maxQueued: options.maxQueued,
      commandWindow: options.commandWindow,
    });
    this.projections = createProjections(journal, options);
    this.snapshots = new SnapshotManager(
      snapshots,
      [
        ...(this.executed === null ? [] : [{ target: this.executed, taker: this.sequencer }]),
        ...[...this.followers.values()].map((target) => ({ target })),
      ],
      [
        this.projections.hold,
        { name: 'command ids', firstNeededSequence: () => this.sequencer.firstNeededSequence },
      ],
      snapshotOptions.archive === true,
    );
    this.scheduler = new SnapshotScheduler(
      journal,
      snapshots === null ? [] : policies.scheduled(this.targets()),
      (aggregate) => this.snapshots.take(aggregate),
    );
    this.snapshots.onTaken((aggregate, sequence) => this.scheduler.noteTaken(aggregate, sequence));
    if (this.scheduler.hasWork) this.shutdownSteps.push(this.scheduler);
    this.publisher = new WriteAheadPublisher(this.queue, this.sequencer, features.events, this.bus);
    this.door = new SequencerEventHandler(
      this.queue,
      this.sequencer,
      codec,
      parts.isOwn,
      this.acceptsPublished(),
    );
    this.createRepositories();
    this.log = new JournalLog(name, journal, options.slowSyncMs ?? DEFAULT_SLOW_SYNC_MS);
    this.observed = observeHost(this, this.lagSources);
    this.shutdown = this.createShutdown();
    this.attach(this.projections);
  }

  /** Makes the aggregates and brings them to the end of the journal. */
  async rehydrate(): Promise<void> {
    this.log.start();
    await this.executed?.reset();
    for (const follower of this.followers.values()) {
      if (follower instanceof AppliedAggregateTarget) await follower.reset();
    }
    const { snapshots } = await this.replay.rehydrate(this.targets());
    this.restoredFrom = snapshots;
    for (const remark of this.index?.remarks() ?? []) this.logger.warn(`journal "${this.name}": ${remark}`);
    this.observeLastTimestamp();
    // What the aggregate holds: an entry that comes in between must be noticed.
    if (this.executed === null) this.queue.resync();
    else this.queue.resync(this.executed.lastSequence);
    await this.sequencer.loadCommandIds();
  }

  /** When projections are registered: archiving behind a snapshot has to know what they need. */
  startSnapshots(): void {
    this.scheduler.start(this.restoredFrom);
  }

  get autoStartsProjections(): boolean {
    return this.parts.options.projections?.autoStart !== false;
  }

  /**
   * Publishes what is journaled on the first of these buses, and journals SequencerEvents that are published on any of them: an
   * application with both `CqrsModule.forRoot()` and a plain `CqrsModule` has two.
   */
  connect(buses: readonly EventBus[]): void {
    for (const bus of buses) {
      this.bus.connect(bus);
      if (this.parts.options.persistPublished !== false) this.bus.guard(bus, this.door);
    }
  }

  /**
   * Checks what a `forFeature` registers against what was there when the journal was replayed. A module that is loaded later may
   * name the same classes again.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   */
  assertKnown({ events }: FeatureRegistration): void {
    const unknown = this.parts.features.events.firstUnknown(events);
    if (unknown !== null) throw lateRegistration(`the event class ${unknown}`, this.name);
  }

  /** What is injected for a registered class. */
  handleOf(type: Type): object {
    const handle = type === this.executedType() ? this.sequencer.aggregate : this.handles.get(type);
    if (handle === undefined) throw lateRegistration(`the aggregate ${type.name}`, this.name);
    return handle;
  }

  repositoryOf(type: Type): AggregateRepository {
    const repository = this.repositories.get(type);
    if (repository === undefined) throw lateRegistration(`the aggregate ${type.name}`, this.name);
    return repository;
  }

  /** The application is about to end: from now on `shutdownTimeoutMs` runs. */
  beginShutdown(): void {
    this.shutdown.begin();
  }

  /** Lets the queue run empty, then closes the journal, within `shutdownTimeoutMs`. Idempotent. */
  close(): Promise<void> {
    return this.shutdown.close();
  }

  /** Something that follows the journal: its lag is watched, and it is drained before the journal closes. */
  attach(follower: LagSource & Partial<ShutdownStep>): void {
    this.lagSources.push(follower);
    if (isShutdownStep(follower)) this.shutdownSteps.push(follower);
  }

  private createShutdown(): JournalShutdown {
    const commands: ShutdownStep = {
      name: 'commands',
      drain: async () => {
        await this.sequencer.close();
        await this.queue.idle();
      },
      left: () => `${this.sequencer.queued} wait, ${this.queue.size} are on their way to the disk`,
      abandon: () => this.sequencer.abandon(),
    };
    return new JournalShutdown({
      timeoutMs: this.parts.options.shutdownTimeoutMs ?? DEFAULT_SHUTDOWN_TIMEOUT_MS,
      log: this.log,
      steps: () => [commands, ...this.shutdownSteps],
      disconnect: () => this.replay.complete(),
      closeJournal: () => this.journal.close(),
    });
  }

  private targets(): ReplayTarget[] {
    return [...(this.executed === null ? [] : [this.executed]), ...this.followers.values()];
  }

  /**
   * Brings what follows the journal up to an event that was just acknowledged, in the async context of its sender. Where code of the
   * application follows, no further: the next event has a sender of its own.
   */
  private follow({ sequenceNum }: SequencerEvent): void {
    if (this.followers.size === 0 || this.journal.state === 'closed') return;
    try {
      this.replay.catchUpNow([...this.followers.values()], this.handles.size > 0 ? sequenceNum : undefined);
    } catch (error) {
      // Memory is not what a restart would rebuild, and a restart would fail here as well: stop, and say so now.
      this.journal.poison(error);
    }
  }

  private createSnapshotService(policies: SnapshotPolicies): SnapshotService | null {
    const { options, journal } = this.parts;
    if (options.snapshots === false) return null;
    const isFile = options.journal === undefined || options.journal === 'file';
    const directory = isFile ? (options.directory ?? null) : null;
    const store = createSnapshotStore(options.snapshots ?? {}, directory, options.access);
    return store && new SnapshotService(journal, store, (target) => policies.keepOf(target));
  }

  private createExecuted(): ExecutedTarget | null {
    const aggregate = this.parts.features.aggregates.find(({ kind }) => kind === 'executed');
    if (aggregate === undefined) return null;
    const { options, codec } = this.parts;
    return new ExecutedAggregateTarget<SequencerAggregate>({
      name: aggregate.name,
      aliases: aggregate.aliases,
      snapshotVersion: aggregate.snapshotVersion,
      prototype: aggregate.type.prototype as SequencerAggregate,
      create: () => this.instantiate<SequencerAggregate>(aggregate),
      onDivergence: options.onDivergence,
      onDiverged: (error) => this.logger.warn(error.message),
      asStored: (event) => asStored(codec, event),
      isDomainEvent: (command) => fromCommand(command) !== null,
    });
  }

  private createFollowers(): void {
    for (const aggregate of this.parts.features.aggregates) {
      if (aggregate.kind !== 'applied') continue;
      const target = new AppliedAggregateTarget({
        name: aggregate.name,
        aliases: aggregate.aliases,
        snapshotVersion: aggregate.snapshotVersion,
        create: () => this.instantiate<AppliedAggregate>(aggregate),
      });
      this.followers.set(aggregate.type, target);
      const current = (): object => target.instance ?? failNotCreated(aggregate.name);
      this.handles.set(aggregate.type, createAggregateHandle(aggregate.type.prototype as object, current));
    }
  }

  private createIndex(): AggregateIndex | null {
    const { features, options } = this.parts;
    const roots = this.roots();
    if (roots.length === 0) return null;
    const types = new AggregateTypes(roots, features.events, options.unknownEvents === 'skip');
    const index = new AggregateIndex(types);
    this.followers.set(null, index);
    return index;
  }

  private roots(): RegisteredAggregate[] {
    return this.parts.features.aggregates.filter(({ kind }) => kind === 'root');
  }

  private createRepositories(): void {
    const { features, journal, options } = this.parts;
    const { index } = this;
    if (index === null) return;
    const history = new AggregateHistory(journal, features.events, {
      unknownEvents: options.unknownEvents,
      includeArchived: options.replay?.includeArchived,
    });
    const writer = new DomainEventWriter(this.queue, this.sequencer, features.events, this.bus);
    const store = new AggregateStore(index, history, writer);
    const turns = new RunningTurns();
    for (const { name, type, create, idOf, maxLive } of this.roots()) {
      const Root = type as Type<AggregateRootLike>;
      const definition = {
        type: name,
        create: (create ?? ((id: string) => new Root(id))) as (id: string) => AggregateRootLike,
        idOf: idOf ?? ((aggregate: object) => (aggregate as { id?: unknown }).id),
        maxLive,
      };
      this.repositories.set(type, new AggregateRepository(definition, store, turns));
    }
  }

  /** Kinds were told apart by the methods of the class. */
  private instantiate<T extends object>({ type, create }: RegisteredAggregate): Promise<T> {
    const made: unknown = create === undefined ? this.parts.moduleRef.create(type) : create('');
    return Promise.resolve(made as T | Promise<T>);
  }

  private executedType(): Type | undefined {
    return this.parts.features.aggregates.find(({ kind }) => kind === 'executed')?.type;
  }

  private acceptsPublished(): (event: SequencerEvent) => boolean {
    const { persistPublished = this.name === DEFAULT_JOURNAL_NAME } = this.parts.options;
    return typeof persistPublished === 'function' ? persistPublished : () => persistPublished;
  }

  /** Time must not go back across a restart. */
  private observeLastTimestamp(): void {
    const { lastSequence } = this.journal;
    if (lastSequence === null) return;
    for (const entry of this.journal.readFrom(lastSequence, { limit: 1 }))
      this.queue.clock.observe(entry.timestampNs);
  }
}

/** An event as it comes back from the journal. */
function asStored(codec: PayloadCodec, event: SequencerEvent): SequencerEvent {
  return codec.decode(codec.encode(event), event.sequenceNum, event.timestampNs);
}

function failNotCreated(name: string): never {
  throw new AggregateUnavailableError(`${name} was not created yet`);
}
