import { JournalClosedError, JournalPoisonedError, type Journal } from '../journal/index.js';
import type { SequencerState } from './sequencer.interface.js';
import { AggregateUnavailableError } from './sequencer.errors.js';

/**
 * The state of a Sequencer. Only this class changes the state; its methods record transitions and start no
 * work.
 *
 *     open ── interrupt, beginCatchUp ──▶ recovering ─┬─ endRecovery ──▶ open
 *                                                     ├─ endRecovery ──▶ stopped  (journal failed or closed)
 *                                                     └─ fail ─────────▶ stopped  (rebuild failed)
 *
 * If `interrupt` is called during a catch-up, the catch-up continues as a rebuild, still `recovering`.
 * `close` is independent of these states: the Sequencer refuses new commands while it executes the accepted
 * ones.
 */
export class SequencerLifecycle {
  private current: SequencerState = 'open';
  private mustRebuild = false;
  private isClosing = false;
  /** The error because of which the aggregate can no longer be used. */
  private failure: Error | null = null;

  constructor(private readonly journal: Pick<Journal, 'state' | 'failure'>) {}

  get state(): SequencerState {
    return this.current;
  }

  /** Whether the aggregate may hold an entry that is not stored. */
  get needsRebuild(): boolean {
    return this.mustRebuild;
  }

  /** The error that a new command is rejected with; null while commands are accepted. */
  refusal(): Error | null {
    const { journal } = this;
    if (this.isClosing || journal.state === 'closed') return new JournalClosedError();
    if (journal.state === 'poisoned')
      return new JournalPoisonedError(journal.failure?.cause ?? journal.failure);
    return this.current === 'stopped' ? (this.failure ?? new JournalClosedError()) : null;
  }

  /**
   * Checks that the aggregate can be read.
   * @throws AggregateUnavailableError (`JOURNAL_AGGREGATE_UNAVAILABLE`) while it is rebuilt; the error that
   * stopped the Sequencer
   */
  assertReadable(): void {
    if (this.failure !== null) throw this.failure;
    if (this.current !== 'recovering') return;
    throw new AggregateUnavailableError(
      'the aggregate is being rebuilt from the journal; query() waits for it',
    );
  }

  /** Refuses new commands. */
  close(): void {
    this.isClosing = true;
  }

  /**
   * Records that the aggregate may hold an entry that is not stored.
   * @returns whether the caller must start the rebuild: a running recovery checks {@link needsRebuild} itself
   */
  interrupt(): boolean {
    this.mustRebuild = true;
    if (this.current !== 'open') return false;
    this.current = 'recovering';
    return true;
  }

  beginCatchUp(): void {
    this.current = 'recovering';
  }

  /** Begins a rebuild after all entries in flight are settled. Later failures concern the new aggregate. */
  beginRebuild(): void {
    this.mustRebuild = false;
  }

  /**
   * Ends a recovery: the aggregate holds every event of the journal.
   * @param loss why the aggregate is lost, if the journal was closed before the rebuild; otherwise null
   */
  endRecovery(loss: Error | null): void {
    this.failure ??= loss;
    this.current = this.journal.state === 'open' ? 'open' : 'stopped';
  }

  /** Ends a rebuild that failed. */
  fail(error: Error): void {
    this.failure = error;
    this.current = 'stopped';
  }
}
