import { AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { InvalidOptionError, messageOf, type Journal } from '../journal/index.js';
import { entrySizeBytes } from '../journal-kit/index.js';
import { nextTurn, type ShutdownStep } from '../common/index.js';
import { SnapshotSchedule, type ScheduledAggregate } from './snapshot-policy.js';

/** Takes snapshots when they are due, one at a time, after the turn of the event loop that made them due. */
export class SnapshotScheduler implements ShutdownStep {
  readonly name = 'snapshots';
  private readonly schedules: readonly SnapshotSchedule[];
  private readonly timers: NodeJS.Timeout[] = [];
  private running: Promise<void> | null = null;
  private removeListener: () => void = () => undefined;
  private isStarted = false;
  private isStopped = false;
  /** The context of snapshots: they belong to no caller, not even to the append that makes one due. */
  private readonly context = new AsyncResource('SnapshotScheduler');
  private readonly logger = new Logger(SnapshotScheduler.name);

  /**
   * @param take takes the snapshot of the aggregate of this name
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) if the journal does not report what a policy needs
   */
  constructor(
    private readonly journal: Journal,
    aggregates: readonly ScheduledAggregate[],
    private readonly take: (name: string) => Promise<unknown>,
  ) {
    for (const aggregate of aggregates) assertSupported(journal, aggregate);
    this.schedules = aggregates.map((aggregate) => new SnapshotSchedule(aggregate, journal));
  }

  /** False if no aggregate has a policy. */
  get hasWork(): boolean {
    return this.schedules.length > 0;
  }

  /** @param snapshots sequences of the snapshots that aggregates were restored from, by name */
  start(snapshots: ReadonlyMap<string, bigint>): void {
    for (const schedule of this.schedules) {
      const { everyMs, everyBytes } = schedule.policy;
      schedule.start(snapshots.get(schedule.name) ?? null);
      if (everyMs !== undefined) this.startTimer(schedule, everyMs);
      if (everyBytes !== undefined) void this.countStored(schedule);
    }
    if (!this.hasWork) return;
    this.isStarted = true;
    this.removeListener = this.journal.onAdvanced?.(() => this.onAdvanced()) ?? this.removeListener;
    this.onAdvanced();
  }

  /** Records a snapshot that this scheduler or the application has taken. */
  noteTaken(name: string, sequence: bigint): void {
    const schedule = this.schedules.find((each) => each.name === name);
    if (schedule === undefined) return;
    schedule.begin(sequence);
    // While this snapshot was written, enough entries for the next one may have been appended, and no further
    // append may follow.
    if (this.isStarted) this.onAdvanced();
  }

  async drain(): Promise<void> {
    this.abandon();
    await this.running;
  }

  abandon(): void {
    this.isStopped = true;
    this.removeListener();
    for (const timer of this.timers) globalThis.clearInterval(timer);
  }

  left(): string {
    return 'a snapshot is being written';
  }

  private startTimer(schedule: SnapshotSchedule, everyMs: number): void {
    // The interval follows the application's timers, so fake timers in a test control it, as they control the
    // dates of events.
    const timer = globalThis.setInterval(() => {
      if (schedule.checkInterval()) this.run();
    }, everyMs);
    timer.unref();
    this.timers.push(timer);
  }

  /** Runs within an append, so it makes only a few comparisons. */
  private onAdvanced(): void {
    let isAnyDue = false;
    for (const schedule of this.schedules) if (schedule.checkEntries()) isAnyDue = true;
    if (isAnyDue) this.run();
  }

  /** Counts the bytes that earlier processes appended after the last snapshot. */
  private async countStored(schedule: SnapshotSchedule): Promise<void> {
    const { lastSequence } = this.journal;
    if (lastSequence === null) return;
    const from = schedule.firstUncovered;
    let bytes = 0;
    try {
      for await (const { sequenceNum, payload } of this.journal.readFrom(from)) {
        if (this.isStopped || sequenceNum > lastSequence) break;
        bytes += entrySizeBytes(payload.length);
      }
    } catch (error) {
      if (!this.isStopped)
        this.logger.warn(`bytes since the last snapshot are not known: ${messageOf(error)}`);
      return;
    }
    // A snapshot taken meanwhile covers the counted entries.
    if (schedule.firstUncovered === from) schedule.addStoredBytes(bytes);
    this.onAdvanced();
  }

  private run(): void {
    if (this.isStopped) return;
    this.running ??= this.context.runInAsyncScope(this.takeDue, this).finally(() => {
      this.running = null;
      if (this.schedules.some(({ isDue }) => isDue)) this.run();
    });
  }

  private async takeDue(): Promise<void> {
    // Followers of the journal catch up in the turn of the append, but possibly after this listener has run.
    await nextTurn();
    for (const schedule of this.schedules) {
      if (this.isStopped || !schedule.isDue) continue;
      // This also applies to a failure: the next attempt follows when the policy makes a snapshot due again.
      schedule.begin(this.journal.lastSequence);
      try {
        await this.take(schedule.name);
      } catch (error) {
        schedule.fail();
        this.logger.warn(
          `snapshot of ${schedule.name} or archiving after it failed: ${messageOf(error)}; ` +
            'the next attempt follows when a snapshot is due again',
        );
      }
    }
  }
}

function assertSupported(
  journal: Journal,
  { name, policy: { everyEvents, everyBytes } }: ScheduledAggregate,
): void {
  const refuse = (option: string, value: unknown, method: string): never => {
    throw new InvalidOptionError(
      `snapshots.${option} of ${name}`,
      value,
      `left out: this journal has no ${method}`,
    );
  };
  if (everyEvents !== undefined && journal.onAdvanced === undefined)
    refuse('everyEvents', everyEvents, 'onAdvanced()');
  if (everyBytes !== undefined && (journal.appendedBytes ?? null) === null)
    refuse('everyBytes', everyBytes, 'appendedBytes');
}
