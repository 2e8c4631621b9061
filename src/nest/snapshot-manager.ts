import { InvalidArgumentError } from '../journal/index.js';
import { firstNeededOf, type ProjectionsService, type RetentionHold } from '../projections/index.js';
import type { ReplayTarget, SnapshotService } from '../replay/index.js';
import type { Sequencer } from '../sequencer/index.js';

export interface SnapshotManagerParts {
  /** Null where snapshots are switched off. */
  readonly service: SnapshotService | null;
  readonly sequencer: Pick<Sequencer, 'takeSnapshot'>;
  readonly executed: ReplayTarget | null;
  readonly followers: () => readonly ReplayTarget[];
  /** Archiving keeps what they need. */
  readonly holds: readonly RetentionHold[];
  readonly projections: Pick<ProjectionsService, 'whileArchiving'>;
  /** Whether what a snapshot covers is archived when it is taken. */
  readonly archivesItself: boolean;
  readonly onTaken: (aggregate: string, sequence: bigint) => void;
}

/**
 * Snapshots of everything that is rebuilt from one journal.
 * @publicApi
 */
export class SnapshotManager {
  constructor(private readonly parts: SnapshotManagerParts) {}

  /**
   * Stores a snapshot of each aggregate that has `snapshot()` and `restore()`, when its last event is durable. Appends go
   * on meanwhile. Where the option `snapshots.archive` says so, what they cover is archived then.
   * @param aggregate only the one of this name
   * @returns sequence of the snapshot by aggregate; empty where snapshots are switched off
   * @throws (rejects) SnapshotError (`JOURNAL_SNAPSHOT`), SerializationError (`JOURNAL_SERIALIZATION`),
   * InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for the name of no aggregate, IoError (`JOURNAL_IO`)
   */
  async take(aggregate?: string): Promise<Map<string, bigint>> {
    const { service, sequencer, executed, followers, archivesItself, onTaken } = this.parts;
    const taken = new Map<string, bigint>();
    if (aggregate !== undefined) this.assertAggregate(aggregate);
    if (service === null) return taken;
    const isWanted = ({ name }: ReplayTarget): boolean => aggregate === undefined || aggregate === name;
    if (executed !== null && isWanted(executed)) {
      const sequence = await sequencer.takeSnapshot();
      if (sequence !== null) taken.set(executed.name, sequence);
    }
    for (const target of followers().filter(isWanted)) {
      const sequence = target.snapshots === null ? null : await service.take(target);
      if (sequence !== null) taken.set(target.name, sequence);
    }
    for (const [name, sequence] of taken) onTaken(name, sequence);
    if (archivesItself && taken.size > 0) await this.archiveCovered();
    return taken;
  }

  /**
   * Archives the segments that nobody needs for a restart: those that end at or before the oldest usable snapshot of every
   * aggregate, and that every projection has handled. Without a usable snapshot of each, nothing.
   * Nothing before the module is initialized: until then nobody knows what projections need.
   * @returns how many segments
   */
  async archiveCovered(): Promise<number> {
    const { service, holds, projections } = this.parts;
    const targets = this.targets();
    if (service === null || targets.length === 0) return 0;
    return projections.whileArchiving(() => service.archiveCovered(targets, firstNeededOf(holds)));
  }

  private targets(): ReplayTarget[] {
    const { executed, followers } = this.parts;
    return [...(executed === null ? [] : [executed]), ...followers()];
  }

  private assertAggregate(name: string): void {
    const names = this.targets().map((target) => target.name);
    if (names.includes(name)) return;
    throw new InvalidArgumentError('aggregate', name, `one of ${names.join(', ') || '(none is registered)'}`);
  }
}
