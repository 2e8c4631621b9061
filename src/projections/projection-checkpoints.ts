import { ReplayGapError, type JournalEntry, type JournalReader } from '../journal/index.js';
import { monotonicMs } from '../common/index.js';
import { storedCrcAt } from '../journal-kit/index.js';
import { isTransactional, type Checkpoint, type CheckpointStore } from './checkpoint.js';
import { ProjectionCheckpointError } from './projections.errors.js';

/** Where a projection starts if it has no checkpoint. */
export interface FirstRegistration {
  /** The end of the journal when it was opened. */
  readonly journalEnd: bigint | null;
  /** Whether the projection skips the entries up to there … */
  readonly skipsHistory: boolean;
  /** … and whether they count as new. */
  readonly isHistoryNew: boolean;
  /** Former names: if one has a checkpoint, the projection continues from it. @default none */
  readonly aliases?: readonly string[];
}

/** The checkpoint of one projection: the stored one, and the current position. */
export class ProjectionCheckpoints {
  /** The stored checkpoint that matches the journal; null before it is loaded. */
  #stored: Checkpoint | null = null;
  /** Position in the store, including that of a checkpoint from which the projection cannot continue. */
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

  /** Sequence of the last handled entry. */
  get position(): bigint | null {
    return this.#position;
  }

  /** Position in the store, whether or not the projection can continue from it. */
  get storedPosition(): bigint | null {
    return this.#storedPosition;
  }

  /** The first entry that the projection needs after a crash; 0n if it needs a rebuild. */
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

  /** Milliseconds until the position is stored; Infinity if it is stored. */
  get dueInMs(): number {
    if (this.#stored === null || this.#position === this.#stored.position) return Infinity;
    return Math.max(0, this.#savedAtMs + this.intervalMs - monotonicMs());
  }

  /** Error of the latest `save`; null if it succeeded. The next one may succeed. */
  get saveFailure(): { readonly error: unknown } | null {
    return this.#saveFailure;
  }

  isHistory({ sequenceNum }: JournalEntry): boolean {
    return this.historyEnd !== null && sequenceNum <= this.historyEnd;
  }

  /**
   * Loads the stored checkpoint. For an unknown projection, it stores the first checkpoint before any entry
   * is handled.
   * @throws (rejects) ProjectionCheckpointError (`JOURNAL_PROJECTION_CHECKPOINT`); errors of the store
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

  /** Loads again after an error: a transaction that seemed to fail may have been committed. */
  async reloadAfterFailure(): Promise<void> {
    if (this.#stored === null || isTransactional(this.store)) await this.load();
  }

  /** Moves the position to `entry`; `save` stores it. */
  handled({ sequenceNum, storedCrc }: JournalEntry): void {
    this.#position = sequenceNum;
    this.#entryCrc = storedCrc;
  }

  /** Stores the position. @returns false if it was already stored */
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
   * Handles entries and moves the position. A transactional store stores it in the same transaction.
   * @param handle resolves with the last entry that it handled
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

  /** Moves the position to the beginning. Afterwards, all entries up to the former position are history. */
  async reset(reset: (transaction: unknown) => Promise<void>): Promise<void> {
    const { store } = this;
    const before = this.#stored;
    const known = [before?.historyEnd, before?.position, this.#position].filter(
      (one) => typeof one === 'bigint',
    );
    // The checkpoint cannot be read. Too much history is better than a command that is sent twice.
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
      // The checkpoint is stored before and after `reset()`: a crash in between must neither keep the old
      // read model nor skip entries of the new one.
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
        `its checkpoint is at ${position}, but the journal ${last === null ? 'is empty' : `ends at ${last}`}`,
      );
    }
    if (first === null || position + 1n < first) throw new ReplayGapError(position + 1n, first);
    if (entryCrc === null) return;
    const storedCrc = storedCrcAt(this.journal, position);
    // The archived segment of the entry may be gone. Then the CRC cannot be compared.
    if (storedCrc === null && position < first) return;
    if (storedCrc !== entryCrc) {
      throw new ProjectionCheckpointError(this.projection, `the journal holds another entry at ${position}`);
    }
  }
}
