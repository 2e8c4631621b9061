import { InvalidArgumentError, InvalidOptionError, toU64, type Journal } from '../journal/index.js';
import type { RetentionHold } from '../replay/index.js';
import { assertCallOptions, assertSignal, setImmediate, type OptionNames } from '../common/index.js';
import { ArchivingGate } from './archiving-gate.js';
import type { CheckpointStore } from './checkpoint.js';
import { ProjectionCheckpoints } from './projection-checkpoints.js';
import type { CommandSender } from './process-manager.js';
import { ProjectionHandlers } from './projection-handlers.js';
import { resolveProjectionOptions, type ProjectionRetryOptions } from './projection-options.js';
import { ProjectionRunner } from './projection-runner.js';
import type { ProjectionMetadata } from './projection.decorator.js';
import type { ProjectionStatus, RebuildProgress } from './projection.interface.js';
import { ProjectionNotFoundError } from './projections.errors.js';

/** Options of {@link ProjectionsService}. */
export interface ProjectionsServiceOptions {
  /** Checkpoint store of projections that do not name one. */
  readonly checkpointStore: CheckpointStore;
  readonly retry?: ProjectionRetryOptions;
  /** How often a rebuild reports its progress. @default 1_000 */
  readonly progressIntervalMs?: number;
}

/** A projection of the application. */
export interface ProjectionRegistration {
  readonly metadata: ProjectionMetadata;
  readonly instance: object;
  /** @default the store of the service */
  readonly checkpointStore?: CheckpointStore;
  readonly commandBus?: CommandSender | null;
}

/** Options of `rebuild`. */
export interface RebuildOptions {
  /** Called every `progressIntervalMs`, and at the end. */
  readonly onProgress?: (progress: RebuildProgress) => void;
}

const DEFAULT_PROGRESS_INTERVAL_MS = 1_000;
const REBUILD_OPTIONS: OptionNames<RebuildOptions> = { onProgress: true };

/**
 * Controls the projections and process managers that follow one journal, and reports their status.
 * @publicApi
 */
export class ProjectionsService {
  /** Reports to archiving which entries the projections need. */
  readonly hold: Required<RetentionHold>;
  /** Name of the step at shutdown. */
  readonly name = 'projections';
  private readonly runners = new Map<string, ProjectionRunner>();
  /** The projection of each name and alias. */
  private readonly owners = new Map<string, string>();
  /**
   * End of the journal before the application appends to it: history for projections that are first
   * registered.
   */
  private readonly journalEnd: bigint | null;
  /** True after `register`; before it, the needs of the projections are unknown. */
  private isRegistered = false;
  private readonly archiving = new ArchivingGate();

  constructor(
    private readonly journal: Journal,
    private readonly options: ProjectionsServiceOptions,
  ) {
    this.journalEnd = journal.lastSequence;
    this.hold = {
      name: 'projections',
      firstNeededSequence: () => this.firstNeededSequence(),
      whileArchiving: (archive) => this.archiving.run(archive),
    };
  }

  /** Names of the projections and process managers. */
  get names(): readonly string[] {
    return [...this.runners.keys()];
  }

  /** Status of all projections. */
  status(): ProjectionStatus[];
  /** Status of one projection. @throws ProjectionNotFoundError (`JOURNAL_PROJECTION_NOT_FOUND`) */
  status(name: string): ProjectionStatus;
  status(name?: string): ProjectionStatus | ProjectionStatus[] {
    return name === undefined
      ? [...this.runners.values()].map(({ status }) => status)
      : this.runner(name).status;
  }

  /**
   * Pauses a projection after its current batch, until `resume` or the next start of the application.
   * @throws (rejects) ProjectionNotFoundError (`JOURNAL_PROJECTION_NOT_FOUND`)
   * @throws (rejects) CircularWaitError (`JOURNAL_CIRCULAR_WAIT`) inside a handler of the projection, and
   * inside an update or a query of a repository
   */
  async pause(name: string): Promise<void> {
    await this.runner(name).pause();
  }

  /**
   * Resumes a paused or failed projection, and ends the delay before a retry.
   * @throws ProjectionNotFoundError (`JOURNAL_PROJECTION_NOT_FOUND`)
   */
  resume(name: string): void {
    this.runner(name).resume();
  }

  /**
   * Rebuilds a projection from the first entry: calls `reset()`, then handles the whole journal. Other
   * projections continue. To its handlers, everything that it had handled before is history. Resolves after
   * it has handled what was visible at the call; a second call joins the first.
   * @throws (rejects) ProjectionNotFoundError (`JOURNAL_PROJECTION_NOT_FOUND`)
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) without `reset()`; nothing is changed
   * @throws (rejects) ReplayGapError (`JOURNAL_REPLAY_GAP`) if entries are archived; nothing is changed
   * @throws (rejects) CircularWaitError (`JOURNAL_CIRCULAR_WAIT`) inside a handler of the projection, and
   * inside an update or a query of a repository; nothing is changed
   * @throws (rejects) as {@link waitFor} if the projection stops or fails
   */
  async rebuild(name: string, options: RebuildOptions = {}): Promise<RebuildProgress> {
    assertCallOptions(options, REBUILD_OPTIONS);
    const { onProgress = () => undefined } = options;
    if (typeof onProgress !== 'function')
      throw new InvalidArgumentError('onProgress', onProgress, 'a function');
    return this.runner(name).rebuild(
      onProgress,
      this.options.progressIntervalMs ?? DEFAULT_PROGRESS_INTERVAL_MS,
    );
  }

  /**
   * Resolves after a projection has handled `sequence`, so that a caller can read its own write.
   *
   * It never waits for a projection that does not run: it rejects if the projection has not started, was
   * paused with `pause` or has failed, and also if that happens during the wait. It keeps waiting while a
   * projection retries after an error or is rebuilt. `AbortSignal.timeout(ms)` limits the wait.
   * @param sequence the awaited entry.
   * @default the last visible entry
   * @throws (rejects) ProjectionNotFoundError (`JOURNAL_PROJECTION_NOT_FOUND`)
   * @throws (rejects) ProjectionStoppedError (`JOURNAL_PROJECTION_STOPPED`), also when the application ends
   * @throws (rejects) ProjectionFailedError (`JOURNAL_PROJECTION_FAILED`) with the `cause`, or the
   * JournalError that made the projection fail
   * @throws (rejects) CircularWaitError (`JOURNAL_CIRCULAR_WAIT`) inside a handler that would have to return
   * first, and inside an update or a query of a repository
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
   * @throws (rejects) the reason of the signal
   */
  async waitFor(name: string, sequence?: bigint | number, signal?: AbortSignal): Promise<void> {
    const runner = this.runner(name);
    assertSignal(signal);
    const wanted = sequence === undefined ? this.journal.lastSequence : toU64('sequence', sequence);
    if (wanted !== null) await runner.waitFor(wanted, signal);
  }

  /**
   * The last entry that every projection has handled, according to the stored checkpoints. Null if a
   * projection has handled nothing, or if there is no projection.
   */
  minimumPosition(): bigint | null {
    const first = this.firstNeededSequence();
    return first === null || first === 0n ? null : first - 1n;
  }

  /** Adds a projection, before `register`. @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) */
  add({ metadata, instance, checkpointStore, commandBus }: ProjectionRegistration): void {
    const { name, kind } = metadata;
    const options = resolveProjectionOptions(kind, name, metadata.options, this.options.retry);
    this.claimNames(name, options.aliases);
    const store = checkpointStore ?? this.options.checkpointStore;
    store.reserve?.(name);
    const handlers = new ProjectionHandlers(name, kind, instance, commandBus ?? null);
    const isManager = kind === 'process-manager';
    const fromEnd = options.startFrom === 'end';
    const checkpoints = new ProjectionCheckpoints(
      name,
      this.journal,
      store,
      {
        journalEnd: this.journalEnd,
        skipsHistory: fromEnd && !(isManager && handlers.needsHistory),
        isHistoryNew: isManager && !fromEnd,
        aliases: options.aliases,
      },
      options.checkpointIntervalMs,
    );
    this.runners.set(
      name,
      new ProjectionRunner(this.journal, handlers, checkpoints, options, this.archiving),
    );
  }

  /**
   * Stores where history ends for new projections. Called once after all were added, also if there are none.
   */
  async register(): Promise<void> {
    await Promise.all([...this.runners.values()].map((runner) => runner.register()));
    this.isRegistered = true;
  }

  /** Starts the projections in the next turn of the event loop; `waitFor` waits from now on. */
  startSoon(): void {
    for (const runner of this.runners.values()) runner.expectStart();
    setImmediate(() => this.start());
  }

  /** Starts the projections at once. */
  start(): void {
    for (const runner of this.runners.values()) runner.start();
  }

  /**
   * Drains the projections: they handle the visible entries, then stop. Process managers stop after their
   * current entry, because their commands are no longer accepted. Paused and failed ones stop at once.
   * Entries that are left are handled after the next start.
   */
  async drain(): Promise<void> {
    if (this.runners.size === 0) return;
    // In `async` durability the last visible entries may not be durable yet, and projections handle only
    // durable ones.
    if (this.journal.state === 'open') await this.journal.flush().catch(() => undefined);
    await Promise.all([...this.runners.values()].map((runner) => runner.drain()));
  }

  /** Projections that are still draining; for the log. */
  left(): string {
    return [...this.runners.values()]
      .filter(({ status }) => status.state === 'draining')
      .map(({ name, status }) => `${name} lags ${status.lag} entries behind`)
      .join(', ');
  }

  /**
   * Ends draining when its time is over: no further entry is handled, and the signals of running handlers are
   * aborted.
   */
  abandon(): void {
    for (const runner of this.runners.values()) runner.abort();
  }

  /** Lag of each projection, for health and metrics. */
  lag(): { readonly name: string; readonly lagEntries: bigint; readonly isStopped: boolean }[] {
    return this.status().map(({ name, lag, state }) => ({
      name,
      lagEntries: lag,
      isStopped: state === 'paused' || state === 'failed',
    }));
  }

  /**
   * Only one projection may continue from a checkpoint.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   */
  private claimNames(name: string, aliases: readonly string[]): void {
    for (const claimed of new Set([name, ...aliases])) {
      const owner = this.owners.get(claimed);
      if (owner !== undefined) {
        throw new InvalidOptionError(
          'projection name',
          claimed,
          `unique among the names and aliases of the projections of a journal; ${owner} has it`,
        );
      }
      this.owners.set(claimed, name);
    }
  }

  private firstNeededSequence(): bigint | null {
    let first: bigint | null = this.isRegistered ? null : 0n;
    for (const runner of this.runners.values()) {
      const needed = runner.firstNeededSequence;
      if (first === null || needed < first) first = needed;
    }
    return first;
  }

  private runner(name: string): ProjectionRunner {
    const runner = this.runners.get(name);
    if (runner === undefined) throw new ProjectionNotFoundError(name, this.names);
    return runner;
  }
}
