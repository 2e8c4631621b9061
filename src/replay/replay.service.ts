import { Logger } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { JournalError, ReplayGapError, type JournalEntry, type JournalReader } from '../journal/index.js';
import { adviceOnArchived, firstEntryFrom } from '../journal-kit/index.js';
import { CooperativeYield, counted } from '../common/index.js';
import { telemetry } from '../telemetry/index.js';
import { ReplayDivergenceError, ReplayFailedError } from './replay.errors.js';
import type { ReplayProgress, ReplayReport, ReplayTarget } from './replay.interface.js';
import { ProgressReporter, type ReplayMeter } from './replay-progress.js';
import type { SnapshotService } from './snapshot.service.js';

export interface ReplayServiceOptions {
  /** Name of the journal, for logs. @default 'default' */
  readonly journalName?: string;
  /** Restores targets from snapshots before the replay. @default none: targets start from the first event */
  readonly snapshots?: SnapshotService;
  /** First sequence of a complete history, for journals without `isComplete`. @default 0n */
  readonly firstSequence?: bigint;
  /** How often progress is reported. @default 1_000 */
  readonly progressIntervalMs?: number;
  /**
   * Reads archived entries that a target needs, from archived segments that are still in their directory. A
   * history that begins in an archived segment must begin with `firstSequence`.
   * @default false
   */
  readonly includeArchived?: boolean;
}

/** An iteration of the journal that delivers entries one by one as they are acknowledged. */
interface Reading {
  readonly entries: Iterator<JournalEntry>;
  next: bigint;
  /** The last entry of the iteration. */
  readonly end: bigint;
}

const DEFAULT_PROGRESS_INTERVAL_MS = 1_000;
/**
 * Rebuilds targets in memory from the journal: it restores the newest usable snapshot, then delivers every
 * event after it. It works in slices, so that the event loop stays responsive. Events go directly to the
 * targets and never through the EventBus: handlers and sagas see no history.
 * @publicApi
 */
export class ReplayService {
  /** State of the current replay, or of the latest one. */
  readonly progress$: Observable<ReplayProgress>;
  private readonly journalName: string;
  private readonly snapshots: SnapshotService | null;
  private readonly firstSequence: bigint;
  private readonly includeArchived: boolean;
  private readonly reporter: ProgressReporter;
  private newestReport: ReplayReport | null = null;
  /** The iteration that `catchUpNow` continues; null after the last entry of the iteration. */
  private reading: Reading | null = null;
  private readonly logger = new Logger(ReplayService.name);

  constructor(
    private readonly journal: JournalReader,
    options: ReplayServiceOptions = {},
  ) {
    this.journalName = options.journalName ?? 'default';
    this.snapshots = options.snapshots ?? null;
    this.firstSequence = options.firstSequence ?? 0n;
    this.includeArchived = options.includeArchived ?? false;
    const intervalMs = options.progressIntervalMs ?? DEFAULT_PROGRESS_INTERVAL_MS;
    this.reporter = new ProgressReporter(this.journalName, intervalMs, this.logger);
    this.progress$ = this.reporter.progress$;
    this.progress$.subscribe((progress) => {
      if (telemetry.replay.hasSubscribers) telemetry.replay.publish({ journal, progress });
    });
  }

  /**
   * Report of the latest {@link rehydrate}, at boot or when the Sequencer rebuilt its aggregate; null before
   * the first one.
   */
  get lastReport(): ReplayReport | null {
    return this.newestReport;
  }

  /**
   * Brings fresh targets to the end of the journal.
   * @throws (rejects) ReplayGapError (`JOURNAL_REPLAY_GAP`) if events are missing that no snapshot covers
   * @throws (rejects) ReplayDivergenceError (`JOURNAL_REPLAY_DIVERGENCE`)
   * @throws (rejects) ReplayFailedError (`JOURNAL_REPLAY_FAILED`)
   * @throws (rejects) what reading throws: CorruptEntryError, InvalidEntryHeaderError, DeserializationError
   * or IoError. Each of these errors contains file, offset and sequence
   */
  async rehydrate(targets: readonly ReplayTarget[]): Promise<ReplayReport> {
    const restored = new Map<string, bigint>();
    for (const target of targets) {
      const { includeArchived } = this;
      const sequence = (await this.snapshots?.restoreNewest(target, { includeArchived })) ?? null;
      if (sequence !== null) restored.set(target.name, sequence);
    }
    const report = await this.catchUp(targets, restored);
    this.newestReport = report;
    this.logger.log(`journal "${this.journalName}": ${this.describe(report, targets, restored)}`);
    return report;
  }

  private describe(
    { lastSequence, fromSequence, replayed, durationMs }: ReplayReport,
    targets: readonly ReplayTarget[],
    restored: ReadonlyMap<string, bigint>,
  ): string {
    const names = targets.map(({ name }) => name).join(', ') || 'nothing';
    // Nothing is replayed if a snapshot covers the last entry.
    const upTo = lastSequence ?? this.journal.lastSequence;
    if (upTo === null) return `${names} rehydrated: the journal is empty`;
    const details = [
      `${counted(replayed, 'entry', 'entries')} in ${Math.round(durationMs)} ms`,
      ...(this.isArchived(fromSequence) ? ['with archived segments'] : []),
      ...[...restored].map(([name, sequence]) => `${name} from its snapshot at ${sequence}`),
    ];
    return `${names} rehydrated up to sequence ${upTo} (${details.join(', ')})`;
  }

  /** Delivers the entries that the targets lack, up to the last entry that is visible at the call. */
  async catchUp(
    targets: readonly ReplayTarget[],
    restored: ReadonlyMap<string, bigint> = new Map(),
  ): Promise<ReplayReport> {
    const from = this.firstMissing(targets);
    const last = this.journal.lastSequence;
    const names = targets.map(({ name }) => name);
    if (from === null || last === null || from > last) {
      this.reporter.start(names, 0n).finish('done');
      return this.nothingToDo(restored);
    }
    const meter = this.reporter.start(names, last - from + 1n);
    try {
      await this.deliverInSlices(from, targets, meter);
    } catch (error) {
      meter.finish('failed');
      throw error;
    }
    const done = meter.finish('done');
    return {
      replayed: done.replayed,
      fromSequence: from,
      lastSequence: done.sequence,
      durationMs: done.elapsedMs,
      snapshots: restored,
    };
  }

  /**
   * As {@link catchUp}, but synchronous, for the few entries that were acknowledged since the last call.
   * @param last the last entry to deliver.
   * @default the last visible entry
   */
  catchUpNow(targets: readonly ReplayTarget[], last: bigint | null = this.journal.lastSequence): void {
    if (last === null) return;
    const behind = targets.filter(({ lastSequence }) => lastSequence === null || lastSequence < last);
    if (behind.length === 0) return;
    const next = nextOfAll(behind) ?? this.firstSequence;
    const reading = this.reading?.next === next ? this.reading : this.readingFrom(next);
    // The iteration is kept only if all deliveries succeed.
    this.reading = null;
    for (;;) {
      const { done, value: entry } = reading.entries.next();
      if (done === true) return;
      this.deliver(entry, behind, null);
      reading.next = entry.sequenceNum + 1n;
      if (entry.sequenceNum >= last) break;
    }
    if (reading.next <= reading.end) this.reading = reading;
    else reading.entries.return?.();
  }

  /** Completes `progress$` and releases the iteration. */
  complete(): void {
    this.reading?.entries.return?.();
    this.reading = null;
    this.reporter.complete();
  }

  private readingFrom(next: bigint): Reading {
    const end = this.journal.lastSequence ?? 0n;
    return { entries: this.journal.readFrom(next)[Symbol.iterator](), next, end };
  }

  /**
   * Delivers the entries without `for await`: a promise per entry takes about as long as the entry itself.
   */
  private async deliverInSlices(
    from: bigint,
    targets: readonly ReplayTarget[],
    meter: ReplayMeter,
  ): Promise<void> {
    const pause = new CooperativeYield();
    for (const entry of this.journal.readFrom(from, { includeArchived: this.isArchived(from) })) {
      this.deliver(entry, targets, meter);
      if (pause.isDue) await pause.run();
    }
  }

  private deliver(entry: JournalEntry, targets: readonly ReplayTarget[], meter: ReplayMeter | null): void {
    for (const target of targets) {
      if (target.lastSequence !== null) {
        if (entry.sequenceNum <= target.lastSequence) continue;
        const expected = target.lastSequence + 1n;
        if (entry.sequenceNum !== expected) {
          throw new ReplayGapError(expected, entry.sequenceNum, entry.location ?? null);
        }
      }
      deliverTo(target, entry);
    }
    meter?.count(entry.sequenceNum);
  }

  /** The first sequence that a target needs; null if there is nothing to read. */
  private firstMissing(targets: readonly ReplayTarget[]): bigint | null {
    const { journal, firstSequence } = this;
    const { firstAvailableSequence: first } = journal;
    if (first === null || targets.length === 0) return null;
    const next = nextOfAll(targets);
    const isThere = next === null ? (journal.isComplete ?? first <= firstSequence) : next >= first;
    if (isThere) return next ?? first;
    return this.firstArchived(next, first);
  }

  /** @throws ReplayGapError (`JOURNAL_REPLAY_GAP`) */
  private firstArchived(next: bigint | null, first: bigint): bigint {
    const { journal, firstSequence, includeArchived } = this;
    const expected = next ?? firstSequence;
    if (!includeArchived) {
      const advice = adviceOnArchived(journal, next ?? 0n);
      throw new ReplayGapError(expected, first, this.locationOf(first), { advice });
    }
    const entry = firstEntryFrom(journal, next ?? 0n);
    if (entry === null || entry.sequenceNum > expected) {
      throw new ReplayGapError(expected, entry?.sequenceNum ?? null, entry?.location ?? null, {
        advice:
          'restore the missing segments, or a snapshot that covers them' +
          (next === null
            ? '; if nothing is missing, set firstSequence to the first sequence of the journal'
            : ''),
      });
    }
    return entry.sequenceNum;
  }

  private isArchived(sequence: bigint | null): boolean {
    const { firstAvailableSequence: first } = this.journal;
    return sequence !== null && first !== null && sequence < first;
  }

  private locationOf(sequence: bigint): JournalEntry['location'] | null {
    for (const entry of this.journal.readFrom(sequence, { limit: 1 })) return entry.location;
    return null;
  }

  private nothingToDo(restored: ReadonlyMap<string, bigint>): ReplayReport {
    const { lastSequence } = this.journal;
    return { replayed: 0, fromSequence: null, lastSequence, durationMs: 0, snapshots: restored };
  }
}

/** The smallest next sequence of the targets; null if a target has no event yet. */
function nextOfAll(targets: readonly ReplayTarget[]): bigint | null {
  let next: bigint | null = null;
  for (const { lastSequence } of targets) {
    if (lastSequence === null) return null;
    if (next === null || lastSequence + 1n < next) next = lastSequence + 1n;
  }
  return next;
}

/** Delivers one entry to a target, and adds the location of the entry to an error of the target. */
function deliverTo(target: ReplayTarget, entry: JournalEntry): void {
  // Decoded outside the `try`: an error of the codec already contains the location.
  const event = target.deliverEntry === undefined ? entry.event : null;
  try {
    if (event === null) target.deliverEntry?.(entry);
    else target.deliver(event);
  } catch (error) {
    const location = entry.location ?? null;
    if (error instanceof ReplayDivergenceError) {
      throw new ReplayDivergenceError(error.target, error.sequence, error.expected, error.actual, location);
    }
    if (JournalError.isJournalError(error)) throw error;
    throw new ReplayFailedError(target.name, entry.sequenceNum, error, location);
  }
}
