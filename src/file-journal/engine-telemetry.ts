import { monotonicMs } from '../common/index.js';
import type { Durability, Journal, JournalError, RecoveryReport } from '../journal/index.js';
import { telemetry } from '../telemetry/index.js';
import type { StoredStep } from './write/commit-events.js';

/** Publishes the events of one journal. Without subscribers, each method does next to nothing. */
export class EngineTelemetry {
  readonly #journal: Journal;

  /** @param journal the source; subscribers do not know the types of its events */
  constructor(journal: object) {
    this.#journal = journal as Journal;
  }

  opened(durability: Durability, recovery: RecoveryReport): void {
    if (telemetry.opened.hasSubscribers)
      telemetry.opened.publish({ journal: this.#journal, durability, recovery });
  }

  /**
   * Publishes the outcome of an append before its caller gets it, so that a metric that the caller reads next
   * includes it.
   */
  append(entries: number, append: () => Promise<void>): Promise<void> {
    const startedMs = monotonicMs();
    const publish = (error: unknown): void => {
      const durationMs = monotonicMs() - startedMs;
      telemetry.appendSettled.publish({ journal: this.#journal, entries, durationMs, error });
    };
    const appended = append();
    appended.then(
      () => publish(null),
      (error: unknown) => publish(error),
    );
    return appended;
  }

  /** Called only while `groupStored` has a subscriber. */
  groupStored(durability: Durability, step: StoredStep): void {
    telemetry.groupStored.publish({ journal: this.#journal, durability, ...step });
  }

  /** Called only while `synced` has a subscriber. */
  synced(durationMs: number): void {
    telemetry.synced.publish({ journal: this.#journal, durationMs });
  }

  rotated(startSequence: bigint): void {
    if (telemetry.rotated.hasSubscribers)
      telemetry.rotated.publish({ journal: this.#journal, startSequence });
  }

  archived(segments: number, beforeSequence: bigint): void {
    if (telemetry.archived.hasSubscribers)
      telemetry.archived.publish({ journal: this.#journal, segments, beforeSequence });
  }

  poisoned(error: JournalError): void {
    if (telemetry.poisoned.hasSubscribers) telemetry.poisoned.publish({ journal: this.#journal, error });
  }

  closed(): void {
    if (telemetry.closed.hasSubscribers) telemetry.closed.publish({ journal: this.#journal });
  }
}
