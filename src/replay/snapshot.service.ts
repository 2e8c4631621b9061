import { Logger } from '@nestjs/common';
import { JournalError, messageOf, type Journal } from '../journal/index.js';
import { firstEntryFrom, storedCrcAt } from '../journal-kit/index.js';
import { ReplayFailedError, SnapshotError } from './replay.errors.js';
import type { ReplayTarget } from './replay.interface.js';
import { decodeState, encodeState } from './snapshot-json.js';
import type { Snapshot, SnapshotStore, SnapshotVerdict } from './snapshot-store.interface.js';

/**
 * Takes snapshots of targets, puts them back, and archives what they cover.
 *
 * A snapshot belongs to one journal: it is written only when its last event is durable, carries the CRC of that event's
 * entry, and is refused where the journal ends before it or holds another entry there. An entry that is archived is compared as
 * well, as long as its segment is in the journal's directory; without it the snapshot is used, and the log says so.
 * @publicApi
 */
export class SnapshotService {
  private readonly logger = new Logger(SnapshotService.name);

  constructor(
    private readonly journal: Journal,
    private readonly store: SnapshotStore,
    /** How many snapshots of a target are kept; undefined: the store decides. */
    private readonly keepOf: (target: string) => number | undefined = () => undefined,
  ) {}

  /**
   * Stores the state of a target as it is now. Appends go on meanwhile.
   * @param acknowledged settles when the target's last event is acknowledged; rejects when it was not stored
   * @returns the sequence of the snapshot; null when the target holds no event yet
   * @throws (rejects) SnapshotError (`JOURNAL_SNAPSHOT`) when the target has no snapshots or the entry is gone;
   * SerializationError (`JOURNAL_SERIALIZATION`); JournalPoisonedError when its events do not become durable; what the store throws
   */
  async take(
    target: ReplayTarget,
    acknowledged: Promise<unknown> = Promise.resolve(),
  ): Promise<bigint | null> {
    const { snapshots: support, lastSequence: sequence } = target;
    // Awaited further down; if capturing throws first, its rejection is nobody's.
    acknowledged.catch(() => undefined);
    if (support === null) {
      throw new SnapshotError(target.name, 'the aggregate has no snapshot() and restore()');
    }
    if (sequence === null) return null;
    // Encoded before anything is awaited: the state goes on changing.
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
   * Puts a fresh target into the state of its newest usable snapshot.
   * @param options `includeArchived`: also one with entries after it that are archived. @default false
   * @returns the sequence of that snapshot; null when there is none
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
        // The target may be half restored: going on with it, or with an older snapshot, would hide that.
        throw new ReplayFailedError(target.name, snapshot.sequence, error);
      }
      this.logUncompared(target, snapshot);
      return snapshot.sequence;
    }
    return null;
  }

  /**
   * Archives whole segments that every target can do without: those that end at or before the oldest usable snapshot of
   * each, and before what a target reads again. A target without a snapshot keeps everything.
   * @param keptFrom the oldest sequence that somebody else still needs
   * @returns how many segments
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
   * Intact snapshots that belong to this journal and this layout of the state, newest first. Those under a former name of the target
   * only where there are none under its name.
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
      return `it lies beyond the journal's end (${last ?? 'empty'})`;
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

  /** Whether the journal, or an archived segment that is still there, holds another entry at `sequence`. */
  private isOfAnotherHistory(sequence: bigint, entryCrc: number): boolean {
    const storedCrc = storedCrcAt(this.journal, sequence);
    // A journal that has the entry always compares.
    const { firstAvailableSequence: first } = this.journal;
    const mayBeGone = first !== null && sequence < first;
    return storedCrc === null ? !mayBeGone : storedCrc !== entryCrc;
  }

  private logUncompared(target: ReplayTarget, { sequence }: Snapshot): void {
    const { firstAvailableSequence: first } = this.journal;
    if (first === null || sequence >= first || storedCrcAt(this.journal, sequence) !== null) return;
    this.logger.log(
      `snapshot of ${target.name} at sequence ${sequence} is used without comparison: ` +
        "the archived segment that holds this entry is not in the journal's directory, or cannot be read",
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

/** What code of the application throws has no code that a caller could look at. */
function asSnapshotError(target: string, what: string, error: unknown): JournalError {
  if (JournalError.isJournalError(error)) return error;
  return new SnapshotError(target, `${what}: ${messageOf(error)}`, { cause: error });
}
