import { JournalClosedError, JournalPoisonedError, type Journal } from '../journal/index.js';
import type { SequencerState } from './sequencer.interface.js';
import { AggregateUnavailableError } from './sequencer.errors.js';

/**
 * The state of a Sequencer. Only this class changes it; its methods record and answer, and start nothing.
 *
 *     open ── interrupt, beginCatchUp ──▶ recovering ── endRecovery ──▶ open
 *                                             │   │
 *                                             │   └──── endRecovery ──▶ stopped   the journal failed or is closed
 *                                             └──────── fail ─────────▶ stopped   the aggregate cannot be rebuilt
 *
 * A catch-up during which `interrupt` was called goes on as a rebuild, still `recovering`. `close` is independent of
 * these states: it refuses new commands while the accepted ones are executed.
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

  /** @throws AggregateUnavailableError (`JOURNAL_AGGREGATE_UNAVAILABLE`) while it is rebuilt; the error that stopped the Sequencer */
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
   * @returns whether the caller has to start the rebuild: a recovery that runs looks at {@link needsRebuild} itself
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

  /** Everything that was in flight is settled: what fails from now on concerns the new aggregate. */
  beginRebuild(): void {
    this.mustRebuild = false;
  }

  /**
   * The aggregate holds what the journal holds.
   * @param loss why it does not, where the journal was closed before it could be rebuilt
   */
  endRecovery(loss: Error | null): void {
    this.failure ??= loss;
    this.current = this.journal.state === 'open' ? 'open' : 'stopped';
  }

  /** The aggregate could not be rebuilt. */
  fail(error: Error): void {
    this.failure = error;
    this.current = 'stopped';
  }
}
