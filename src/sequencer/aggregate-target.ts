import { isThenable } from '../common/index.js';
import { InvalidArgumentError, toError, type SequencerEvent } from '../journal/index.js';
import { ReplayDivergenceError, type ReplayTarget, type SnapshotSupport } from '../replay/index.js';
import { hasRejectedTag, isStoredResult } from './compare-results.js';
import type {
  AppliedAggregate,
  CommandOf,
  ResultOf,
  SequencerAggregate,
} from './sequencer-aggregate.interface.js';
import { AggregateUnavailableError } from './sequencer.errors.js';

/** What a replay does when a replayed command gives a result other than the stored one. */
export type OnDivergence = 'throw' | 'warn';

export interface AggregateTargetOptions<TAggregate> {
  /** Name of the aggregate in snapshots, logs and errors. */
  readonly name: string;
  /** Former names, under which its snapshots may be stored. @default none */
  readonly aliases?: readonly string[];
  /** Creates an aggregate in its initial state. */
  readonly create: () => TAggregate | Promise<TAggregate>;
  /** @default 1 */
  readonly snapshotVersion?: number;
}

interface SnapshotMethods {
  snapshot?(): unknown;
  restore?(state: never): void;
}

/** The current instance of an aggregate, as a target of replays and snapshots. */
abstract class AggregateTarget<TAggregate extends SnapshotMethods> implements ReplayTarget {
  readonly name: string;
  readonly aliases: readonly string[];
  lastSequence: bigint | null = null;
  private current: TAggregate | null = null;
  private readonly create: () => TAggregate | Promise<TAggregate>;
  private readonly snapshotVersion: number;

  constructor(options: AggregateTargetOptions<TAggregate>) {
    this.name = options.name;
    this.aliases = options.aliases ?? [];
    this.create = options.create;
    this.snapshotVersion = options.snapshotVersion ?? 1;
  }

  abstract deliver(event: SequencerEvent): void;

  /** The aggregate; null before the first `reset`. */
  get instance(): TAggregate | null {
    return this.current;
  }

  /** Replaces the aggregate by a new one in its initial state. */
  async reset(): Promise<void> {
    this.current = null;
    this.lastSequence = null;
    this.current = await this.create();
  }

  get snapshots(): SnapshotSupport | null {
    const aggregate = this.require();
    if (typeof aggregate.snapshot !== 'function' || typeof aggregate.restore !== 'function') return null;
    return {
      version: this.snapshotVersion,
      capture: () => this.require().snapshot?.(),
      restore: (state, sequence) => {
        // `state` is what `snapshot` returned.
        refusePromise('restore()', this.require().restore?.(state as never));
        this.lastSequence = sequence;
      },
    };
  }

  protected require(): TAggregate {
    if (this.current === null) throw new AggregateUnavailableError(`${this.name} was not created yet`);
    return this.current;
  }
}

/** An aggregate that follows the journal through `apply`. */
export class AppliedAggregateTarget extends AggregateTarget<AppliedAggregate> {
  deliver(event: SequencerEvent): void {
    refusePromise('apply()', this.require().apply(event));
    this.lastSequence = event.sequenceNum;
  }
}

export interface ExecutedAggregateTargetOptions<TAggregate> extends AggregateTargetOptions<TAggregate> {
  /** Prototype of the class that identifies the aggregate in Nest. @default that of the created aggregate */
  readonly prototype?: TAggregate;
  /** @default 'throw' */
  readonly onDivergence?: OnDivergence;
  /** Called for each divergence that `'warn'` tolerates. */
  readonly onDiverged?: (error: ReplayDivergenceError) => void;
  /** Converts an event to the form in which it is read back from the journal. */
  readonly asStored?: (event: SequencerEvent) => SequencerEvent;
  /** Whether a command holds domain events of a repository. An aggregate without `handles` ignores those. */
  readonly isDomainEvent?: (command: unknown) => boolean;
}

/** An aggregate that executes commands: new ones through `execute`, stored ones through `deliver`. */
export class ExecutedAggregateTarget<
  TAggregate extends SequencerAggregate,
> extends AggregateTarget<TAggregate> {
  private readonly options: ExecutedAggregateTargetOptions<TAggregate>;

  constructor(options: ExecutedAggregateTargetOptions<TAggregate>) {
    super(options);
    this.options = options;
  }

  /** Prototype of the class that identifies the aggregate in Nest. */
  get prototype(): TAggregate {
    return this.options.prototype ?? (Object.getPrototypeOf(this.require()) as TAggregate);
  }

  /** Executes a new command. Throws what the aggregate throws; then the aggregate has not changed. */
  execute(command: CommandOf<TAggregate>, sequenceNum: bigint, timestampNs: bigint): ResultOf<TAggregate> {
    const result = this.require().execute(command, { sequenceNum, timestampNs });
    this.lastSequence = sequenceNum;
    return result as ResultOf<TAggregate>;
  }

  /** Records an event that the aggregate ignores. */
  skip(sequenceNum: bigint): void {
    this.lastSequence = sequenceNum;
  }

  /**
   * Executes the command of a stored event, and compares the result with the stored one.
   * @throws ReplayDivergenceError (`JOURNAL_REPLAY_DIVERGENCE`)
   */
  deliver(event: SequencerEvent): void {
    if (this.handles(event.command) && !this.isRejected(event.result)) this.executeAgain(event);
    this.lastSequence = event.sequenceNum;
  }

  handles(command: unknown): boolean {
    const aggregate = this.require();
    if (aggregate.handles !== undefined) return aggregate.handles(command);
    return this.options.isDomainEvent === undefined || !this.options.isDomainEvent(command);
  }

  private isRejected(result: unknown): boolean {
    const aggregate = this.require();
    return aggregate.isRejected === undefined ? hasRejectedTag(result) : aggregate.isRejected(result);
  }

  private executeAgain(event: SequencerEvent): void {
    const { sequenceNum, timestampNs, command } = event;
    let actual: unknown;
    try {
      actual = this.require().execute(command, { sequenceNum, timestampNs });
    } catch (error) {
      this.diverge(event, toError(error));
      return;
    }
    if (!isStoredResult(event, actual, this.options.asStored)) this.diverge(event, actual);
  }

  private diverge(event: SequencerEvent, actual: unknown): void {
    const error = new ReplayDivergenceError(this.name, event.sequenceNum, event.result, actual);
    if (this.options.onDivergence !== 'warn') throw error;
    this.options.onDiverged?.(error);
  }
}

/** Refuses an asynchronous method: the next event would overtake it. @throws InvalidArgumentError */
function refusePromise(method: string, returned: unknown): void {
  if (!isThenable(returned)) return;
  Promise.resolve(returned).catch(() => undefined);
  throw new InvalidArgumentError(`result of ${method}`, returned, 'nothing; it is asynchronous');
}
