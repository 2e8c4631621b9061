import { Logger } from '@nestjs/common';
import { JournalError, messageOf, type Journal } from '../journal/index.js';
import { firstEntryFrom, storedCrcAt } from '../journal-kit/index.js';
import { ReplayFailedError, SnapshotError } from './replay.errors.js';
import type { ReplayTarget } from './replay.interface.js';
import { decodeState, encodeState } from './snapshot-json.js';
import type { Snapshot, SnapshotStore, SnapshotVerdict } from './snapshot-store.interface.js';

/**
 * Takes snapshots of targets, restores them, and archives the segments that they cover.
 *
 * A snapshot belongs to one journal. It is written after its last event is durable, and contains the CRC of
 * that event's entry. The service refuses a snapshot if the journal ends before that entry or holds another
 * entry at its sequence. It also compares archived entries whose segment is in the journal's directory.
 * Without the segment, the service uses the snapshot and logs a line.
 */
export class SnapshotService {
  private readonly logger = new Logger(SnapshotService.name);

  constructor(
    private readonly journal: Journal,
    private readonly store: SnapshotStore,
    /** Number of snapshots to keep of a target; undefined: the store decides. */
    private readonly keepOf: (target: string) => number | undefined = () => undefined,
  ) {}

  /**
   * Stores the state that a target has at the time of the call. Appends continue meanwhile.
   * @param acknowledged resolves when the target's last event is acknowledged; rejects if the event was not
   * stored
   * @returns the sequence of the snapshot; null if the target holds no event yet
   * @throws (rejects) SnapshotError (`JOURNAL_SNAPSHOT`) if the target has no snapshots, the entry is gone or
   * the store fails
   * @throws (rejects) SerializationError (`JOURNAL_SERIALIZATION`)
   * @throws (rejects) JournalPoisonedError (`JOURNAL_POISONED`) if the target's events do not become durable
   */
  async take(
    target: ReplayTarget,
    acknowledged: Promise<unknown> = Promise.resolve(),
  ): Promise<bigint | null> {
    const { snapshots: support, lastSequence: sequence } = target;
    // The promise is awaited below. If capturing throws first, this handler prevents an unhandled rejection.
    acknowledged.catch(() => undefined);
    if (support === null) {
      throw new SnapshotError(target.name, 'the aggregate has no snapshot() and restore()');
    }
    if (sequence === null) return null;
    // The state is encoded before the first `await`, because it keeps changing.
    const payload = encodeState(captured(target.name, () => support.capture()));
    await acknowledged;
    await this.untilDurable(sequence);
    const entryCrc = storedCrcAt(this.journal, sequence);
    if (entryCrc === null) {
      throw new SnapshotError(target.name, `the journal no longer holds entry ${sequence}`);
    }
    const snapshot = { sequence, entryCrc, stateVersion: support.version, payload };
    try {
      await this.store.save(target.name, snapshot, {
        keep: this.keepOf(target.name),
        judge: (older) => this.verdictOn(older, target),
      });
    } catch (error) {
      throw asSnapshotError(target.name, 'the store failed', error);
    }
    return sequence;
  }

  /**
   * Restores a fresh target from its newest usable snapshot.
   * @param options with `includeArchived`, the target may also be restored from a snapshot that archived
   * entries follow.
   * @default false
   * @returns the sequence of that snapshot; null if there is none
   */
  async restoreNewest(
    target: ReplayTarget,
    { includeArchived = false }: { readonly includeArchived?: boolean } = {},
  ): Promise<bigint | null> {
    const { snapshots: support } = target;
    if (support === null) return null;
    for await (const snapshot of this.usable(target, includeArchived)) {
      let state: unknown;
      try {
        state = decodeState(snapshot.payload);
      } catch (error) {
        this.refuse(target, snapshot, messageOf(error));
        continue;
      }
      try {
        support.restore(state, snapshot.sequence);
      } catch (error) {
        // The target may be half restored. Continuing with it, or with an older snapshot, would hide the
        // failure.
        throw new ReplayFailedError(target.name, snapshot.sequence, error);
      }
      this.logUncompared(target, snapshot);
      return snapshot.sequence;
    }
    return null;
  }

  /**
   * Archives whole segments that no target needs. They end at or before the oldest usable snapshot of each
   * target, and before the entries that a target reads again. If a target has no snapshot, nothing is
   * archived.
   * @param keptFrom the oldest sequence that another part of the application needs
   * @returns the number of archived segments
   */
  async archiveCovered(targets: readonly ReplayTarget[], keptFrom: bigint | null = null): Promise<number> {
    let covered: bigint | null = null;
    for (const target of targets) {
      const oldest = await this.oldestUsable(target);
      if (oldest === null) return 0;
      if (covered === null || oldest < covered) covered = oldest;
      const { oldestNeeded } = target;
      if (oldestNeeded === 0n) return 0;
      if (oldestNeeded && oldestNeeded - 1n < covered) covered = oldestNeeded - 1n;
    }
    if (covered === null) return 0;
    const before = keptFrom !== null && keptFrom <= covered ? keptFrom : covered + 1n;
    return this.journal.archiveSegmentsBefore(before);
  }

  private async oldestUsable(target: ReplayTarget): Promise<bigint | null> {
    let oldest: bigint | null = null;
    if (target.snapshots === null) return null;
    for await (const { sequence } of this.usable(target)) oldest = sequence;
    return oldest;
  }

  /**
   * Iterates the intact snapshots that belong to this journal and to a readable state version, newest first.
   * Includes snapshots under a former name of the target only if there are none under its name.
   */
  private async *usable(
    target: ReplayTarget,
    includeArchived = false,
  ): AsyncGenerator<Snapshot, void, undefined> {
    for (const name of [target.name, ...(target.aliases ?? [])]) {
      let isAny = false;
      for await (const snapshot of this.store.load(name)) {
        const objection = this.objectionTo(snapshot, target, includeArchived);
        if (objection === null) yield snapshot;
        else this.refuse(target, snapshot, objection);
        isAny ||= objection === null;
      }
      if (isAny) return;
    }
  }

  private objectionTo(
    { sequence, entryCrc, stateVersion }: Snapshot,
    target: ReplayTarget,
    includeArchived: boolean,
  ): string | null {
    const { firstAvailableSequence: first, lastSequence: last } = this.journal;
    const { version, olderVersions = [] } = target.snapshots ?? {};
    if (stateVersion !== version && !olderVersions.includes(stateVersion)) {
      return `its state has version ${stateVersion}, the aggregate ${version}`;
    }
    if (first === null || last === null || sequence > last) {
      return `it is beyond the end of the journal (${last ?? 'empty'})`;
    }
    if (sequence + 1n < first)
      return includeArchived
        ? this.objectionInArchive(sequence, entryCrc)
        : `the events after it up to ${first} are archived, or gone`;
    return this.isOfAnotherHistory(sequence, entryCrc)
      ? `the journal holds another entry at ${sequence}`
      : null;
  }

  private objectionInArchive(sequence: bigint, entryCrc: number): string | null {
    const entry = firstEntryFrom(this.journal, sequence);
    if (entry?.sequenceNum === sequence)
      return entry.storedCrc === entryCrc ? null : `the journal holds another entry at ${sequence}`;
    return entry?.sequenceNum === sequence + 1n
      ? null
      : `the events after it up to ${entry?.sequenceNum} are gone`;
  }

  private verdictOn(snapshot: Snapshot, target: ReplayTarget): SnapshotVerdict {
    const { sequence, entryCrc } = snapshot;
    const { lastSequence: last } = this.journal;
    try {
      if (last === null || sequence > last || this.isOfAnotherHistory(sequence, entryCrc)) return 'foreign';
      return this.objectionTo(snapshot, target, false) === null ? 'usable' : 'outdated';
    } catch (error) {
      this.logger.warn(
        `snapshot of ${target.name} at sequence ${sequence} cannot be compared: ${messageOf(error)}`,
      );
      return 'foreign';
    }
  }

  /** Whether the journal, or an archived segment that still exists, holds another entry at `sequence`. */
  private isOfAnotherHistory(sequence: bigint, entryCrc: number): boolean {
    const storedCrc = storedCrcAt(this.journal, sequence);
    // From its first available sequence on, the journal must hold the same entry.
    const { firstAvailableSequence: first } = this.journal;
    const mayBeGone = first !== null && sequence < first;
    return storedCrc === null ? !mayBeGone : storedCrc !== entryCrc;
  }

  private logUncompared(target: ReplayTarget, { sequence }: Snapshot): void {
    const { firstAvailableSequence: first } = this.journal;
    if (first === null || sequence >= first || storedCrcAt(this.journal, sequence) !== null) return;
    this.logger.log(
      `snapshot of ${target.name} at sequence ${sequence} is used without a comparison: ` +
        "the archived segment of its entry is not in the journal's directory, or cannot be read",
    );
  }

  private refuse(target: ReplayTarget, { sequence }: Snapshot, reason: string): void {
    this.logger.warn(`snapshot of ${target.name} at sequence ${sequence} is not used: ${reason}`);
  }

  private async untilDurable(sequence: bigint): Promise<void> {
    const isDurable = (): boolean => {
      const { durableSequence } = this.journal;
      return durableSequence !== null && durableSequence >= sequence;
    };
    if (!isDurable()) await this.journal.flush();
    if (!isDurable()) throw new SnapshotError('journal', `entry ${sequence} did not become durable`);
  }
}

function captured(target: string, capture: () => unknown): unknown {
  try {
    return capture();
  } catch (error) {
    throw asSnapshotError(target, 'snapshot() failed', error);
  }
}

/** Wraps errors of the application in an error with a code. */
function asSnapshotError(target: string, what: string, error: unknown): JournalError {
  if (JournalError.isJournalError(error)) return error;
  return new SnapshotError(target, `${what}: ${messageOf(error)}`, { cause: error });
}
