import { firstNeededOf, type RetentionHold } from '../projections/index.js';
import type { ReplayTarget, SnapshotService } from '../replay/index.js';
import type { Sequencer } from '../sequencer/index.js';

/**
 * Snapshots of everything that is rebuilt from one journal.
 * @publicApi
 */
export class SnapshotManager {
  constructor(
    private readonly service: SnapshotService | null,
    private readonly sequencer: Pick<Sequencer, 'takeSnapshot'>,
    private readonly executed: ReplayTarget | null,
    private readonly followers: () => readonly ReplayTarget[],
    private readonly holds: readonly RetentionHold[] = [],
    private readonly archivesItself = false,
    private readonly onTaken: (aggregate: string, sequence: bigint) => void = () => undefined,
  ) {}

  /**
   * Stores a snapshot of each aggregate that has `snapshot()` and `restore()`, when its last event is durable. Appends go
   * on meanwhile. Where the option `snapshots.archive` says so, what they cover is archived then.
   * @param aggregate only the one of this name
   * @returns sequence of the snapshot by aggregate; empty where snapshots are switched off
   * @throws (rejects) SnapshotError (`JOURNAL_SNAPSHOT`), SerializationError (`JOURNAL_SERIALIZATION`)
   */
  async take(aggregate?: string): Promise<Map<string, bigint>> {
    const taken = new Map<string, bigint>();
    if (this.service === null) return taken;
    const isWanted = ({ name }: ReplayTarget): boolean => aggregate === undefined || aggregate === name;
    if (this.executed !== null && isWanted(this.executed)) {
      const sequence = await this.sequencer.takeSnapshot();
      if (sequence !== null) taken.set(this.executed.name, sequence);
    }
    for (const target of this.followers().filter(isWanted)) {
      const sequence = target.snapshots === null ? null : await this.service.take(target);
      if (sequence !== null) taken.set(target.name, sequence);
    }
    for (const [name, sequence] of taken) this.onTaken(name, sequence);
    if (this.archivesItself && taken.size > 0) await this.archiveCovered();
    return taken;
  }

  /**
   * Archives the segments that nobody needs for a restart: those that end at or before the oldest usable snapshot of every
   * aggregate, and that every projection has handled. Without a usable snapshot of each, nothing.
   * @returns how many segments
   */
  async archiveCovered(): Promise<number> {
    const targets = [...(this.executed === null ? [] : [this.executed]), ...this.followers()];
    return this.service === null || targets.length === 0
      ? 0
      : this.service.archiveCovered(targets, firstNeededOf(this.holds));
  }
}
