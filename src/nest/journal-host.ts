import type { WriteAheadPublisher } from '../cqrs/index.js';
import type { Journal } from '../journal/index.js';
import type { ProjectionsService } from '../projections/index.js';
import type { ReplayService, SnapshotManager } from '../replay/index.js';
import type { CommitQueue, Sequencer } from '../sequencer/index.js';
import type { ObservedJournal } from '../telemetry/index.js';
import type { InjectedAggregates } from './features/injected-aggregates.js';
import type { JournalLifecycle } from './journal-lifecycle.js';

/** One open journal of the application, with its injectable services and its lifecycle. */
export interface JournalHost {
  readonly name: string;
  readonly journal: Journal;
  readonly queue: CommitQueue;
  readonly sequencer: Sequencer;
  readonly replay: ReplayService;
  readonly snapshots: SnapshotManager;
  readonly projections: ProjectionsService;
  /** False if projections wait for `ProjectionsService.start()`. */
  readonly autoStartsProjections: boolean;
  readonly publisher: WriteAheadPublisher;
  readonly aggregates: InjectedAggregates;
  /** For health and metrics. */
  readonly observed: ObservedJournal;
  readonly lifecycle: JournalLifecycle;
}
