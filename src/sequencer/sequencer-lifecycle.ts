import { JournalClosedError, JournalPoisonedError, type Journal } from '../journal/index.js';
import type { SequencerState } from './sequencer.interface.js';
import { AggregateUnavailableError } from './sequencer.errors.js';

/**
 * The state of a Sequencer. Only this class changes it; its methods record and answer, and start nothing.
 *
 *     open ── interrupt, beginCatchUp ──▶ recovering ─┬─ endRecovery ──▶ open
 *                                                     ├─ endRecovery ──▶ stopped  (journal failed or closed)
 *                                                     └─ fail ─────────▶ stopped  (rebuild failed)
 *
 * If `interrupt` is called during a catch-up, the catch-up continues as a rebuild, still `recovering`.
 * `close` is independent of these states: it refuses new commands while the accepted ones are executed.
 */
export class SequencerLifecycle {
  private current: SequencerState = 'open';
  private mustRebuild = false;
  private isClosing = false;
  /** Why the aggregate can no longer be used. */
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
   * @returns whether the caller has to start the rebuild: a recovery that runs looks at {@link needsRebuild}
   * itself
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

  /** Begins a rebuild: all entries in flight are settled, and later failures concern the new aggregate. */
  beginRebuild(): void {
    this.mustRebuild = false;
  }

  /**
   * Ends a recovery: the aggregate holds what the journal holds.
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
