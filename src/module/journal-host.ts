import { join } from 'node:path';
import { Logger, type Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { AggregateRoot } from '@nestjs/cqrs';
import {
  AggregateRepository,
  DomainEventIndex,
  EventBusLink,
  SequencerEventHandler,
  WriteAheadPublisher,
  fromCommand,
} from '../cqrs/index.js';
import { SequencerEvent, toU64, type Journal, type PayloadCodec } from '../journal/index.js';
import { FileSnapshotStore, ReplayService, SnapshotService, type ReplayTarget } from '../replay/index.js';
import {
  AppliedAggregateTarget,
  CommitQueue,
  ExecutedAggregateTarget,
  Sequencer,
  SequencerClock,
  createAggregateHandle,
  createCommandCopier,
  type AppliedAggregate,
  type SequencerAggregate,
} from '../sequencer/index.js';
import type { JournalFeatures } from './feature.explorer.js';
import type { RegisteredAggregate } from './feature-registration.js';
import { DEFAULT_JOURNAL_NAME } from './file-journal.constants.js';
import type { FileJournalModuleOptions } from './file-journal-options.interface.js';
import { SnapshotManager } from './snapshot-manager.js';

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

type ExecutedTarget = ExecutedAggregateTarget<unknown, unknown, SequencerAggregate>;

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
  readonly bus = new EventBusLink();

  private readonly executed: ExecutedTarget | null;
  /** Targets that follow the journal, by the class they are injected as; null for the index. */
  private readonly followers = new Map<Type | null, ReplayTarget>();
  private readonly handles = new Map<Type, object>();
  private readonly repositories = new Map<Type, AggregateRepository>();
  private readonly door: SequencerEventHandler;
  private stopListening: () => void = () => undefined;
  private readonly logger = new Logger('FileJournalModule');
  private closing: Promise<void> | null = null;

  constructor(private readonly parts: JournalHostParts) {
    const { name, journal, options, codec, features } = parts;
    this.name = name;
    this.journal = journal;
    const firstSequence = toU64('firstSequence', options.firstSequence ?? 0n);
    const snapshots = this.createSnapshotService();
    this.replay = new ReplayService(journal, {
      journalName: name,
      firstSequence,
      progressIntervalMs: options.progressIntervalMs,
      snapshots: snapshots ?? undefined,
    });
    const clock = new SequencerClock(options.clock);
    this.queue = new CommitQueue(journal, clock, firstSequence, () => this.follow());
    this.executed = this.createExecuted();
    this.createFollowers();
    this.sequencer = new Sequencer(
      {
        journal,
        queue: this.queue,
        replay: this.replay,
        snapshots,
        target: this.executed,
        prototype: this.executedPrototype(),
        asReplayed: createCommandCopier(codec),
        publish: (event) => {
          if (options.publish !== false) this.bus.publish(event);
        },
      },
      { maxInFlight: options.maxInFlight, maxQueued: options.maxQueued },
    );
    this.snapshots = new SnapshotManager(snapshots, this.sequencer, this.executed, () => [
      ...this.followers.values(),
    ]);
    const doors = { journal, queue: this.queue, sequencer: this.sequencer, bus: this.bus };
    this.publisher = new WriteAheadPublisher({ ...doors, events: features.events });
    this.door = new SequencerEventHandler({
      ...doors,
      codec,
      isOwn: parts.isOwn,
      accepts: this.acceptsPublished(),
    });
    this.createRepositories();
  }

  /** Makes the aggregates and brings them to the end of the journal. */
  async rehydrate(): Promise<void> {
    await this.executed?.reset();
    for (const follower of this.followers.values()) {
      if (follower instanceof AppliedAggregateTarget) await follower.reset();
    }
    await this.replay.rehydrate(this.targets());
    this.observeLastTimestamp();
    this.queue.resync();
    this.journal.onPoisoned((failure) => {
      this.logger.fatal(`journal "${this.name}": ${failure.message}`, failure.stack);
    });
  }

  /** From now on door 3 is open. */
  connect(bus: Parameters<EventBusLink['connect']>[0]): void {
    if (this.bus.isConnected) return;
    this.bus.connect(bus);
    if (this.parts.options.persistPublished === false) return;
    this.stopListening = this.bus.listen((event) => this.door.handle(event));
  }

  /** What is injected for a registered class. */
  handleOf(type: Type): object {
    const handle = type === this.executedType() ? this.sequencer.aggregate : this.handles.get(type);
    if (handle === undefined) throw new Error(`${type.name} is not registered for journal "${this.name}"`);
    return handle;
  }

  repositoryOf(type: Type): AggregateRepository {
    const repository = this.repositories.get(type);
    if (repository === undefined)
      throw new Error(`${type.name} is not registered for journal "${this.name}"`);
    return repository;
  }

  /** Lets the queue run empty, then closes the journal. Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.closeInOrder();
    return this.closing;
  }

  private async closeInOrder(): Promise<void> {
    try {
      await this.sequencer.close();
      await this.queue.idle();
    } finally {
      this.stopListening();
      this.replay.complete();
      await this.journal.close();
    }
  }

  private targets(): ReplayTarget[] {
    return [...(this.executed === null ? [] : [this.executed]), ...this.followers.values()];
  }

  /** Brings what follows the journal up to what was just acknowledged. */
  private follow(): void {
    if (this.followers.size === 0 || this.journal.state === 'closed') return;
    try {
      this.replay.catchUpNow([...this.followers.values()]);
    } catch (error) {
      // Memory is not what a restart would rebuild, and a restart would fail here as well: stop, and say so now.
      this.journal.poison(error);
    }
  }

  private createSnapshotService(): SnapshotService | null {
    const { options, journal } = this.parts;
    if (options.snapshots === false) return null;
    const { store, directory, keep } = options.snapshots ?? {};
    if (store !== undefined) return new SnapshotService(journal, store);
    const isFile = options.journal === undefined || options.journal === 'file';
    const folder =
      directory ?? (isFile && options.directory !== undefined ? join(options.directory, 'snapshots') : null);
    return folder === null
      ? null
      : new SnapshotService(journal, new FileSnapshotStore({ directory: folder, keep }));
  }

  private createExecuted(): ExecutedTarget | null {
    const aggregate = this.parts.features.aggregates.find(({ kind }) => kind === 'executed');
    if (aggregate === undefined) return null;
    const { options, codec } = this.parts;
    return new ExecutedAggregateTarget<unknown, unknown, SequencerAggregate>({
      name: aggregate.name,
      snapshotVersion: aggregate.snapshotVersion,
      create: () => this.instantiate<SequencerAggregate>(aggregate),
      onDivergence: options.onDivergence,
      onDiverged: (error) => this.logger.warn(error.message),
      asStored: (event) => asStored(codec, event),
      isForeign: (command) => fromCommand(command) !== null,
    });
  }

  private createFollowers(): void {
    for (const aggregate of this.parts.features.aggregates) {
      if (aggregate.kind !== 'applied') continue;
      const target = new AppliedAggregateTarget({
        name: aggregate.name,
        snapshotVersion: aggregate.snapshotVersion,
        create: () => this.instantiate<AppliedAggregate>(aggregate),
      });
      this.followers.set(aggregate.type, target);
      const current = (): object => target.instance ?? failNotCreated(aggregate.name);
      this.handles.set(aggregate.type, createAggregateHandle(aggregate.type.prototype as object, current));
    }
  }

  private createRepositories(): void {
    const { features, journal } = this.parts;
    const roots = features.aggregates.filter(({ kind }) => kind === 'root');
    if (roots.length === 0) return;
    const index = new DomainEventIndex();
    this.followers.set(null, index);
    const shared = {
      journal,
      queue: this.queue,
      sequencer: this.sequencer,
      events: features.events,
      index,
      bus: this.bus,
      unacknowledged: new Map<string, bigint>(),
    };
    for (const { type, create, idOf } of roots) {
      const Root = type as Type<AggregateRoot>;
      const definition = {
        create: (create ?? ((id: string) => new Root(id))) as (id: string) => AggregateRoot,
        idOf: idOf ?? ((aggregate: object) => (aggregate as { id?: unknown }).id),
      };
      this.repositories.set(type, new AggregateRepository(definition, shared));
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

  private executedPrototype(): SequencerAggregate | null {
    const type = this.executedType();
    return type === undefined ? null : (type.prototype as SequencerAggregate);
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
  throw new Error(`${name} was not created yet`);
}
