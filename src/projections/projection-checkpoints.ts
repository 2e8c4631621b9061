import { ReplayGapError, type JournalEntry, type JournalReader } from '../journal/index.js';
import { monotonicMs } from '../common/index.js';
import { storedCrcAt } from '../journal-kit/index.js';
import { isTransactional, type Checkpoint, type CheckpointStore } from './checkpoint.js';
import { ProjectionCheckpointError } from './projections.errors.js';

/** Where a projection begins when it has no checkpoint. */
export interface FirstRegistration {
  /** The end of the journal when it was opened. */
  readonly journalEnd: bigint | null;
  /** Whether entries up to there are handled at all … */
  readonly skipsHistory: boolean;
  /** … and whether they count as new. */
  readonly isHistoryNew: boolean;
  /** Names that the projection had before: where one has a checkpoint, it goes on from there. @default none */
  readonly aliases?: readonly string[];
}

/**
 * The checkpoint of one projection: what is stored, and how far it is since.
 */
export class ProjectionCheckpoints {
  /** What the store holds and the journal agrees with; null before. */
  #stored: Checkpoint | null = null;
  /** As the store has it, also of a checkpoint that this journal cannot be followed from. */
  #storedPosition: bigint | null = null;
  #position: bigint | null = null;
  #entryCrc: number | null = null;
  #savedAtMs = monotonicMs();
  #saveFailure: { readonly error: unknown } | null = null;

  constructor(
    private readonly projection: string,
    private readonly journal: JournalReader,
    readonly store: CheckpointStore,
    private readonly first: FirstRegistration,
    private readonly intervalMs: number,
  ) {}

  /** The last entry that was handled. */
  get position(): bigint | null {
    return this.#position;
  }

  /** Where the store says that it is, whether or not it can go on from there. */
  get storedPosition(): bigint | null {
    return this.#storedPosition;
  }

  /** The first entry it would need after a crash; all of them where only a rebuild can go on. */
  get firstNeededSequence(): bigint {
    const position = this.#stored?.position ?? null;
    return position === null ? 0n : position + 1n;
  }

  get isTransactional(): boolean {
    return isTransactional(this.store);
  }

  get isLoaded(): boolean {
    return this.#stored !== null;
  }

  get historyEnd(): bigint | null {
    return this.#stored?.historyEnd ?? null;
  }

  get isResetting(): boolean {
    return this.#stored?.isResetting ?? false;
  }

  /** Milliseconds until what was handled is stored; Infinity when it is. */
  get dueInMs(): number {
    if (this.#stored === null || this.#position === this.#stored.position) return Infinity;
    return Math.max(0, this.#savedAtMs + this.intervalMs - monotonicMs());
  }

  /** Why the latest `save` has failed: it may succeed the next time. Null when it has not. */
  get saveFailure(): { readonly error: unknown } | null {
    return this.#saveFailure;
  }

  isHistory({ sequenceNum }: JournalEntry): boolean {
    return this.historyEnd !== null && sequenceNum <= this.historyEnd;
  }

  /**
   * What the store says, or, of a projection that it does not know, the first checkpoint, stored before anything is handled.
   * @throws (rejects) ProjectionCheckpointError (`JOURNAL_PROJECTION_CHECKPOINT`); what the store throws
   */
  async load(): Promise<void> {
    let checkpoint = await this.store.load(this.projection);
    if (checkpoint === null) {
      checkpoint = (await this.#loadFormer()) ?? this.#firstCheckpoint();
      await this.store.save(this.projection, checkpoint);
    }
    this.#storedPosition = checkpoint.position;
    this.#assertOfThisJournal(checkpoint);
    this.#take(checkpoint);
  }

  /** A failed transaction may have been carried out all the same: the store knows. */
  async reloadAfterFailure(): Promise<void> {
    if (this.#stored === null || isTransactional(this.store)) await this.load();
  }

  /** Notes that `entry` was handled; `save` stores it. */
  handled({ sequenceNum, storedCrc }: JournalEntry): void {
    this.#position = sequenceNum;
    this.#entryCrc = storedCrc;
  }

  /** @returns whether there was anything to store */
  async save(): Promise<boolean> {
    if (this.#stored === null || this.#position === this.#stored.position) return false;
    const checkpoint = { ...this.#stored, position: this.#position, entryCrc: this.#entryCrc };
    try {
      await this.store.save(this.projection, checkpoint);
    } catch (error) {
      this.#saveFailure = { error };
      throw error;
    }
    this.#saveFailure = null;
    this.#stored = checkpoint;
    this.#storedPosition = checkpoint.position;
    this.#savedAtMs = monotonicMs();
    return true;
  }

  /**
   * Handles entries and notes that they were; stores it, too, in the same transaction, where the store has them.
   * @param handle resolves with the last entry that was handled
   */
  async commit(handle: (transaction: unknown) => Promise<JournalEntry>): Promise<void> {
    const { store, historyEnd } = this;
    if (!isTransactional(store)) return this.handled(await handle(undefined));
    let checkpoint: Checkpoint | null = null;
    await store.transact(async (transaction) => {
      const { sequenceNum, storedCrc } = await handle(transaction);
      checkpoint = { position: sequenceNum, entryCrc: storedCrc, historyEnd, isResetting: false };
      await store.saveIn(transaction, this.projection, checkpoint);
    });
    if (checkpoint !== null) this.#take(checkpoint);
  }

  /** Back to the beginning; everything up to where it was is history from now on. */
  async reset(reset: (transaction: unknown) => Promise<void>): Promise<void> {
    const { store } = this;
    const before = this.#stored;
    const known = [before?.historyEnd, before?.position, this.#position].filter(
      (one) => typeof one === 'bigint',
    );
    // Nothing is known of a checkpoint that cannot be read: rather too much is history than a command sent twice.
    if (before === null && this.journal.lastSequence !== null) known.push(this.journal.lastSequence);
    const historyEnd = known.reduce<bigint | null>(
      (max, one) => (max === null || one > max ? one : max),
      null,
    );
    const fresh: Checkpoint = { position: null, entryCrc: null, historyEnd, isResetting: false };
    if (isTransactional(store)) {
      await store.transact(async (transaction) => {
        await reset(transaction);
        await store.saveIn(transaction, this.projection, fresh);
      });
    } else {
      // Stored before and after: a crash in between must neither keep the old read model nor skip what the new one lacks.
      this.#take({ ...fresh, isResetting: true });
      await store.save(this.projection, { ...fresh, isResetting: true });
      await reset(undefined);
      await store.save(this.projection, fresh);
    }
    this.#take(fresh);
  }

  async #loadFormer(): Promise<Checkpoint | null> {
    for (const alias of this.first.aliases ?? []) {
      const checkpoint = await this.store.load(alias);
      if (checkpoint !== null) return checkpoint;
    }
    return null;
  }

  #take(checkpoint: Checkpoint): void {
    this.#stored = checkpoint;
    this.#storedPosition = checkpoint.position;
    this.#position = checkpoint.position;
    this.#entryCrc = checkpoint.entryCrc;
    this.#savedAtMs = monotonicMs();
    this.#saveFailure = null;
  }

  #firstCheckpoint(): Checkpoint {
    const { journalEnd, skipsHistory, isHistoryNew } = this.first;
    const position = skipsHistory ? journalEnd : null;
    return {
      position,
      entryCrc: position === null ? null : storedCrcAt(this.journal, position),
      historyEnd: isHistoryNew ? null : journalEnd,
      isResetting: false,
    };
  }

  #assertOfThisJournal({ position, entryCrc }: Checkpoint): void {
    if (position === null) return;
    const { firstAvailableSequence: first, lastSequence: last } = this.journal;
    if (last === null || position > last) {
      throw new ProjectionCheckpointError(
        this.projection,
        `its checkpoint is at ${position}, the journal ends at ${last ?? 'nothing'}`,
      );
    }
    if (first === null || position + 1n < first) throw new ReplayGapError(position + 1n, first);
    if (entryCrc === null) return;
    const storedCrc = storedCrcAt(this.journal, position);
    // The archived segment of the entry may be gone; then there is nothing to compare with.
    if (storedCrc === null && position < first) return;
    if (storedCrc !== entryCrc) {
      throw new ProjectionCheckpointError(this.projection, `the journal holds another entry at ${position}`);
    }
  }
}
