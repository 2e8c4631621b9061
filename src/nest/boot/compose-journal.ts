import type { ModuleRef } from '@nestjs/core';
import {
  AggregateHistory,
  AggregateStore,
  DomainEventWriter,
  type AggregateRepository,
} from '../../aggregates/index.js';
import { deepEqual, resolveOptionTable, type ShutdownStep } from '../../common/index.js';
import { JournaledEventPublisher, SequencerEventHandler, WriteAheadPublisher } from '../../cqrs/index.js';
import {
  storedPayloadOf,
  toU64,
  type Journal,
  type PayloadCodec,
  type SequencerEvent,
} from '../../journal/index.js';
import { ReplayService } from '../../replay/index.js';
import { isJsonCodec } from '../../serialization/index.js';
import { CommitQueue, Sequencer, SequencerClock, createEventConversion } from '../../sequencer/index.js';
import {
  createTargets,
  type AggregateFactory,
  type AggregateTargets,
} from '../features/aggregate-targets.js';
import { createProjections } from './create-projections.js';
import { createRepositories } from './create-repositories.js';
import {
  createPolicies,
  createScheduler,
  createSnapshotManager,
  createSnapshotService,
} from './create-snapshots.js';
import type { JournalFeatures } from '../features/feature.explorer.js';
import {
  MODULE_OPTIONS,
  PROJECTIONS_OPTIONS,
  REPLAY_OPTIONS,
  type FileJournalModuleOptions,
} from '../options/file-journal-options.js';
import { DEFAULT_JOURNAL_NAME } from '../file-journal.constants.js';
import { InjectedAggregates, createHandles } from '../features/injected-aggregates.js';
import type { JournalHost } from '../journal-host.js';
import { JournalLifecycle } from '../journal-lifecycle.js';
import { JournalLog } from '../logging/journal-log.js';
import { JournalShutdown } from '../shutdown/journal-shutdown.js';
import { observeJournal } from '../logging/observe-journal.js';
import { Rehydration } from './rehydration.js';

/** An open journal, and the classes that the application has registered for it. */
export interface OpenedJournal {
  readonly name: string;
  readonly journal: Journal;
  readonly codec: PayloadCodec;
  readonly options: FileJournalModuleOptions;
  readonly features: JournalFeatures;
}

/**
 * Builds the services of an open journal, in dependency order. The caller then calls `lifecycle.rehydrate()`.
 * @param isOwn true for an event that this application has stored in one of its journals
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
 */
export function composeJournal(
  { name, journal, codec, options, features }: OpenedJournal,
  moduleRef: ModuleRef,
  isOwn: (event: SequencerEvent) => boolean,
): JournalHost {
  const { aggregates, events } = features;
  const settings = resolveOptionTable(MODULE_OPTIONS, options);
  const { includeArchived } = resolveOptionTable(REPLAY_OPTIONS, options.replay ?? {});
  const { autoStart } = resolveOptionTable(PROJECTIONS_OPTIONS, options.projections ?? {});
  const firstSequence = toU64('firstSequence', settings.firstSequence);

  // Rebuilding aggregates from the journal.
  const policies = createPolicies(options, aggregates);
  const snapshots = createSnapshotService(journal, options, policies);
  const replay = new ReplayService(journal, {
    journalName: name,
    firstSequence,
    progressIntervalMs: settings.progressIntervalMs,
    includeArchived,
    snapshots: snapshots ?? undefined,
  });
  const create = aggregateFactory(moduleRef);
  const targets = createTargets(
    features,
    codec,
    create,
    settings.onDivergence,
    settings.unknownEvents === 'skip',
  );

  // The writers, which share one queue.
  const bus = new JournaledEventPublisher();
  const clock = new SequencerClock(settings.clock);
  const queue = new CommitQueue(
    journal,
    clock,
    firstSequence,
    followAcknowledged(journal, replay, targets, storesPlainJson(options)),
  );
  const sequencer = new Sequencer(queue, targets.executed, replay, createEventConversion(codec), {
    snapshots,
    publish: (event) => {
      if (settings.publish) bus.publish(event);
    },
    storesCommandIds: codec.storesCommandIds === true,
    isSameCommand: deepEqual,
    maxInFlight: settings.maxInFlight,
    maxQueued: settings.maxQueued,
    commandWindow: settings.commandWindow,
  });
  const writer = new DomainEventWriter(queue, sequencer, events, bus);
  const history = new AggregateHistory(journal, events, {
    unknownEvents: settings.unknownEvents,
    includeArchived,
  });
  const { index } = targets;
  const repositories =
    index === null
      ? new Map<never, AggregateRepository>()
      : createRepositories(aggregates, new AggregateStore(index, history, writer));
  const publisher = new WriteAheadPublisher(queue, sequencer, events, bus);
  const accepts = acceptsPublished(settings.persistPublished ?? name === DEFAULT_JOURNAL_NAME);
  const publishedEvents = new SequencerEventHandler(queue, sequencer, codec, isOwn, accepts);

  // Projections, and snapshots with archiving.
  const projections = createProjections(journal, options);
  const commandIds = { name: 'command ids', firstNeededSequence: () => sequencer.firstNeededSequence };
  const holds = [projections.hold, commandIds];
  const manager = createSnapshotManager(snapshots, targets, sequencer, holds, options);
  const scheduler = createScheduler(
    journal,
    manager,
    snapshots === null ? [] : policies.scheduled(targets.all),
  );

  const log = new JournalLog(name, journal, settings.slowSyncMs);
  const steps = [commandsStep(sequencer, queue), ...(scheduler.hasWork ? [scheduler] : []), projections];
  return {
    name,
    journal,
    queue,
    sequencer,
    replay,
    snapshots: manager,
    projections,
    autoStartsProjections: autoStart,
    publisher,
    aggregates: new InjectedAggregates(
      name,
      events,
      createHandles(aggregates, targets, sequencer),
      repositories,
    ),
    observed: observeJournal(name, journal, sequencer, queue, replay, projections),
    lifecycle: new JournalLifecycle(
      log,
      new Rehydration(name, targets, replay, queue, sequencer),
      bus,
      settings.persistPublished === false ? null : publishedEvents,
      scheduler,
      new JournalShutdown(journal, replay, steps, log, settings.shutdownTimeoutMs),
    ),
  };
}

/** Whether the journal stores events as plain JSON. Event classes change only what the application gets. */
function storesPlainJson({ codec }: FileJournalModuleOptions): boolean {
  return codec === undefined || isJsonCodec(codec);
}

/** Creates an aggregate with its `create` function, or through Nest with its dependencies. */
function aggregateFactory(moduleRef: ModuleRef): AggregateFactory {
  return async ({ type, create }) => (create === undefined ? moduleRef.create<object>(type) : create(''));
}

/**
 * Brings the followers up to an event that was just acknowledged, in the async context of its sender. If
 * aggregates of the application are among the followers, they stop at that event: the next event has its own
 * sender.
 */
function followAcknowledged(
  journal: Journal,
  replay: ReplayService,
  { followers, applied, index }: AggregateTargets,
  isPlainJson: boolean,
): (event: SequencerEvent) => void {
  const isForSender = applied.size > 0;
  // The index alone needs no entry of this process to be read again: plain JSON holds what the event holds.
  const indexAlone = isPlainJson && followers.length === 1 ? index : null;
  return (event) => {
    if (followers.length === 0 || journal.state === 'closed') return;
    try {
      // An event that was decoded, and published again, may have been changed meanwhile.
      const isOwn = indexAlone !== null && storedPayloadOf(event) === undefined;
      if (isOwn && indexAlone.deliverStored(event)) return;
      const { sequenceNum } = event;
      replay.catchUpNow(followers, isForSender ? sequenceNum : undefined);
    } catch (error) {
      // The state in memory differs from the one that a restart would rebuild, and a restart would fail here
      // too.
      journal.poison(error);
    }
  };
}

function acceptsPublished(
  persistPublished: boolean | ((event: SequencerEvent) => boolean),
): (event: SequencerEvent) => boolean {
  return typeof persistPublished === 'function' ? persistPublished : () => persistPublished;
}

function commandsStep(sequencer: Sequencer, queue: CommitQueue): ShutdownStep {
  return {
    name: 'commands',
    drain: async () => {
      await sequencer.close();
      await queue.idle();
    },
    left: () => `${sequencer.queued} pending, ${queue.size} in flight to the disk`,
    abandon: () => sequencer.abandon(),
  };
}
