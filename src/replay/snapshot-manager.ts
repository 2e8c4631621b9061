import { InvalidArgumentError } from '../journal/index.js';
import type { ReplayTarget } from './replay.interface.js';
import { archiveUnder, type RetentionHold } from './retention-hold.js';
import type { SnapshotService } from './snapshot.service.js';

/** Takes the snapshot of a target between two events, and waits until its last event is durable. */
export interface SnapshotTaker {
  /** @returns the sequence of the snapshot; null if there is nothing to store */
  takeSnapshot(): Promise<bigint | null>;
}

/** A target whose snapshots a {@link SnapshotManager} takes. */
export interface SnapshotSource {
  readonly target: ReplayTarget;
  /**
   * Takes the snapshots of a target that changes before its events are durable.
   * @default the SnapshotService takes the snapshot
   */
  readonly taker?: SnapshotTaker;
}

type TakenListener = (aggregate: string, sequence: bigint) => void;

/**
 * Takes snapshots of all targets of one journal, and archives the segments that the snapshots cover.
 * @publicApi
 */
export class SnapshotManager {
  private readonly listeners: TakenListener[] = [];

  /**
   * @param service null if snapshots are switched off
   * @param sources in the order in which their snapshots are taken
   * @param holds the parts of the application whose entries archiving keeps
   * @param archivesAfterTake whether `take` archives the segments that its snapshots cover
   * @internal
   */
  constructor(
    private readonly service: SnapshotService | null,
    private readonly sources: readonly SnapshotSource[],
    private readonly holds: readonly RetentionHold[],
    private readonly archivesAfterTake: boolean,
  ) {}

  /**
   * Calls `listener` for each snapshot that was taken.
   * @internal
   */
  onTaken(listener: TakenListener): void {
    this.listeners.push(listener);
  }

  /**
   * Stores a snapshot of each aggregate that has `snapshot()` and `restore()`, after its last event is
   * durable. Appends continue meanwhile. With the option `snapshots.archive`, it then archives the segments
   * that the snapshots cover.
   * @param aggregate only the aggregate of this name
   * @returns sequence of the snapshot by aggregate; empty if snapshots are switched off
   * @throws (rejects) SnapshotError (`JOURNAL_SNAPSHOT`)
   * @throws (rejects) SerializationError (`JOURNAL_SERIALIZATION`)
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for an unknown aggregate name
   * @throws (rejects) IoError (`JOURNAL_IO`)
   */
  async take(aggregate?: string): Promise<Map<string, bigint>> {
    const { service } = this;
    const taken = new Map<string, bigint>();
    if (aggregate !== undefined) this.assertAggregate(aggregate);
    if (service === null) return taken;
    for (const { target, taker } of this.sources) {
      if (aggregate !== undefined && aggregate !== target.name) continue;
      const sequence = taker ? await taker.takeSnapshot() : await takeOf(target, service);
      if (sequence !== null) taken.set(target.name, sequence);
    }
    for (const [name, sequence] of taken) for (const listener of this.listeners) listener(name, sequence);
    if (this.archivesAfterTake && taken.size > 0) await this.archiveCovered();
    return taken;
  }

  /**
   * Archives the segments that no restart needs. They end at or before the oldest usable snapshot of every
   * aggregate, and every projection has handled them. Archives nothing if an aggregate has no usable
   * snapshot. Archives nothing before the module is initialized, because the needs of projections are unknown
   * until then.
   * @returns the number of archived segments
   */
  async archiveCovered(): Promise<number> {
    const { service, sources, holds } = this;
    if (service === null || sources.length === 0) return 0;
    const targets = sources.map(({ target }) => target);
    return archiveUnder(holds, (keptFrom) => service.archiveCovered(targets, keptFrom));
  }

  private assertAggregate(name: string): void {
    const names = this.sources.map(({ target }) => target.name);
    if (names.includes(name)) return;
    throw new InvalidArgumentError('aggregate', name, `one of ${names.join(', ') || '(none is registered)'}`);
  }
}

/**
 * Creates the taker for a target that changes only after its events are durable: its state contains only
 * durable events.
 */
async function takeOf(target: ReplayTarget, service: SnapshotService): Promise<bigint | null> {
  return target.snapshots === null ? null : service.take(target);
}
