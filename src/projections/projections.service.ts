import { InvalidArgumentError, InvalidOptionError, toU64, type Journal } from '../journal/index.js';
import type { RetentionHold } from '../replay/index.js';
import { assertCallOptions, assertSignal, setImmediate, type OptionNames } from '../common/index.js';
import { ArchivingGate } from './archiving-gate.js';
import type { CheckpointStore } from './checkpoint.js';
import { ProjectionCheckpoints } from './projection-checkpoints.js';
import { ProjectionHandlers, type CommandSender } from './projection-handlers.js';
import { resolveProjectionOptions } from './projection-options.js';
import { ProjectionRunner } from './projection-runner.js';
import type { ProjectionMetadata, ProjectionRetryOptions } from './projection.decorator.js';
import type { ProjectionStatus, RebuildProgress } from './projection.interface.js';
import { ProjectionNotFoundError } from './projections.errors.js';

export interface ProjectionsServiceOptions {
  /** For projections that name no store of their own. */
  readonly checkpointStore: CheckpointStore;
  readonly retry?: ProjectionRetryOptions;
  /** How often a rebuild reports. @default 1_000 */
  readonly progressIntervalMs?: number;
}

/** A projection as it was found in the application. */
export interface ProjectionRegistration {
  readonly metadata: ProjectionMetadata;
  readonly instance: object;
  /** @default the service's */
  readonly checkpointStore?: CheckpointStore;
  readonly commandBus?: CommandSender | null;
}

/** What `rebuild` takes. */
export interface RebuildOptions {
  /** Called every `progressIntervalMs`, and when it is done. */
  readonly onProgress?: (progress: RebuildProgress) => void;
}

const DEFAULT_PROGRESS_INTERVAL_MS = 1_000;
const REBUILD_OPTIONS: OptionNames<RebuildOptions> = { onProgress: true };

/**
 * The projections and process managers that follow one journal: how they are, and what can be done about it.
 * @publicApi
 */
export class ProjectionsService {
  /** What archiving has to keep for them. */
  readonly hold: Required<RetentionHold>;
  /** Names it to those who watch over the shutdown. */
  readonly name = 'projections';
  private readonly runners = new Map<string, ProjectionRunner>();
  /** The projection of each name and alias. */
  private readonly owners = new Map<string, string>();
  /** What was in the journal before the application could add to it: history, for whoever is registered first. */
  private readonly journalEnd: bigint | null;
  /** Until then nobody knows what is still needed. */
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

  get names(): readonly string[] {
    return [...this.runners.keys()];
  }

  /** How all of them are. */
  status(): ProjectionStatus[];
  /** How one is. @throws ProjectionNotFoundError (`JOURNAL_PROJECTION_NOT_FOUND`) */
  status(name: string): ProjectionStatus;
  status(name?: string): ProjectionStatus | ProjectionStatus[] {
    return name === undefined
      ? [...this.runners.values()].map(({ status }) => status)
      : this.runner(name).status;
  }

  /**
   * Stops a projection after the batch it is at, until `resume` or the next start of the application.
   * @throws (rejects) ProjectionNotFoundError (`JOURNAL_PROJECTION_NOT_FOUND`); CircularWaitError (`JOURNAL_CIRCULAR_WAIT`) inside a
   * handler of the projection, and inside an update or a query of a repository
   */
  async pause(name: string): Promise<void> {
    await this.runner(name).pause();
  }

  /**
   * Lets a paused or failed projection try again, at once.
   * @throws ProjectionNotFoundError (`JOURNAL_PROJECTION_NOT_FOUND`)
   */
  resume(name: string): void {
    this.runner(name).resume();
  }

  /**
   * Builds a projection again from the first entry: `reset()`, then the whole journal. The others go on. To its handlers everything it
   * had handled before is history. Resolves when it has handled what was visible at the call; a second call joins the first.
   * @throws (rejects) ProjectionNotFoundError (`JOURNAL_PROJECTION_NOT_FOUND`), InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
   * without `reset()`, ReplayGapError (`JOURNAL_REPLAY_GAP`) when entries are archived, CircularWaitError (`JOURNAL_CIRCULAR_WAIT`) inside a
   * handler of the projection, and inside an update or a query of a repository; nothing was changed then. As {@link waitFor} when the projection stops or fails.
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
   * Resolves when a projection has handled `sequence`, so that a caller can read its own write.
   *
   * It never waits for a projection that does not run: it rejects if the projection was not started, was
   * paused with `pause` or has failed, and also if that happens during the wait. It keeps waiting while a
   * projection retries after an error or is rebuilt. `AbortSignal.timeout(ms)` limits the wait.
   * @param sequence @default what is visible now
   * @throws (rejects) ProjectionNotFoundError (`JOURNAL_PROJECTION_NOT_FOUND`); ProjectionStoppedError (`JOURNAL_PROJECTION_STOPPED`), also
   * when the application ends; ProjectionFailedError (`JOURNAL_PROJECTION_FAILED`) with the `cause`, or the JournalError that made the
   * projection fail; CircularWaitError (`JOURNAL_CIRCULAR_WAIT`) inside a handler that would have to return first, and
   * inside an update or a query of a repository; InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`); the signal's reason
   */
  async waitFor(name: string, sequence?: bigint | number, signal?: AbortSignal): Promise<void> {
    const runner = this.runner(name);
    assertSignal(signal);
    const wanted = sequence === undefined ? this.journal.lastSequence : toU64('sequence', sequence);
    if (wanted !== null) await runner.waitFor(wanted, signal);
  }

  /**
   * The last entry that every projection has handled, according to the stored checkpoints. Null while one has handled nothing, and
   * when there is none.
   */
  minimumPosition(): bigint | null {
    const first = this.firstNeededSequence();
    return first === null || first === 0n ? null : first - 1n;
  }

  /** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) */
  add({ metadata, instance, checkpointStore, commandBus }: ProjectionRegistration): void {
    const { name, kind } = metadata;
    const options = resolveProjectionOptions(metadata, this.options.retry);
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

  /** Once all are added, also where there are none: stores where history ends for those that are new; those that cannot say so later. */
  async register(): Promise<void> {
    await Promise.all([...this.runners.values()].map((runner) => runner.register()));
    this.isRegistered = true;
  }

  /** Starts them in the next turn of the event loop; `waitFor` waits from now on. */
  startSoon(): void {
    for (const runner of this.runners.values()) runner.expectStart();
    setImmediate(() => this.start());
  }

  start(): void {
    for (const runner of this.runners.values()) runner.start();
  }

  /**
   * Lets projections handle what is visible, and ends everybody. Process managers finish the entry they are at: by now nobody takes their
   * commands. Who is paused or failed is not waited for. Nothing is lost by what is left: it is handled after the next start.
   */
  async drain(): Promise<void> {
    if (this.runners.size === 0) return;
    // In `async` durability the end of what is visible may not be on the device; they wait for that.
    if (this.journal.state === 'open') await this.journal.flush().catch(() => undefined);
    await Promise.all([...this.runners.values()].map((runner) => runner.drain()));
  }

  /** What `drain` is not done with; for the log. */
  left(): string {
    return [...this.runners.values()]
      .filter(({ status }) => status.state === 'draining')
      .map(({ name, status }) => `${name} lags ${status.lag} entries behind`)
      .join(', ');
  }

  /** The time to drain is over: nothing is handled any more, and the signal of those who are in the middle of it is aborted. */
  abandon(): void {
    for (const runner of this.runners.values()) runner.abort();
  }

  /** For health and metrics. */
  lag(): { readonly name: string; readonly lagEntries: bigint; readonly isStopped: boolean }[] {
    return this.status().map(({ name, lag, state }) => ({
      name,
      lagEntries: lag,
      isStopped: state === 'paused' || state === 'failed',
    }));
  }

  /** One projection goes on from a checkpoint. @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) */
  private claimNames(name: string, aliases: readonly string[]): void {
    for (const claimed of new Set([name, ...aliases])) {
      const owner = this.owners.get(claimed);
      if (owner !== undefined) {
        throw new InvalidOptionError(
          'projection name',
          claimed,
          `unique among the names and aliases of those of a journal; ${owner} has it`,
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
