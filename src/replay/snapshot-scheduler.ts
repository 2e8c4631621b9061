import { AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { entrySizeBytes } from '../journal-kit/index.js';
import { InvalidOptionError, messageOf, type Journal } from '../journal/index.js';
import { passTurn } from '../common/index.js';
import type { SnapshotPolicy } from './snapshot-policy.js';
import type { ShutdownStep } from '../common/index.js';

export interface ScheduledAggregate {
  readonly name: string;
  readonly policy: SnapshotPolicy;
}

interface Schedule extends ScheduledAggregate {
  /** Sequence of the last snapshot, or of the last attempt; null before the first. */
  sequence: bigint | null;
  /** What `appendedBytes` was then; below zero for what was there before this process. */
  bytes: number;
  timer: NodeJS.Timeout | null;
  isDue: boolean;
  /** The latest attempt failed: there is something to store, although nothing may have come since. */
  hasFailed: boolean;
}

/** Has snapshots taken when the policies of their aggregates say so; one at a time, after the turn that made them due. */
export class SnapshotScheduler implements ShutdownStep {
  readonly name = 'snapshots';
  private readonly schedules: Schedule[];
  private running: Promise<void> | null = null;
  private removeListener: () => void = () => undefined;
  private isStarted = false;
  private isStopped = false;
  /** Snapshots are taken for no caller: not even for the append that makes one due. */
  private readonly context = new AsyncResource('SnapshotScheduler');
  private readonly logger = new Logger(SnapshotScheduler.name);

  /** @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) where the journal cannot tell what a policy needs */
  constructor(
    private readonly journal: Journal,
    aggregates: readonly ScheduledAggregate[],
    private readonly take: (name: string) => Promise<unknown>,
  ) {
    for (const { name, policy } of aggregates) this.assertKnowable(name, policy);
    this.schedules = aggregates.map((aggregate) => ({
      ...aggregate,
      sequence: null,
      bytes: 0,
      timer: null,
      isDue: false,
      hasFailed: false,
    }));
  }

  /** False where no aggregate has a policy. */
  get hasWork(): boolean {
    return this.schedules.length > 0;
  }

  /** @param snapshots what the aggregates were restored from, by name; one that was taken since counts more */
  start(snapshots: ReadonlyMap<string, bigint>): void {
    for (const schedule of this.schedules) {
      const { everyMs, everyBytes } = schedule.policy;
      schedule.sequence ??= snapshots.get(schedule.name) ?? null;
      schedule.bytes = this.journal.appendedBytes ?? 0;
      if (everyMs !== undefined) {
        // A schedule of the application: fake timers move it, as they move the dates of events.
        schedule.timer = globalThis.setInterval(() => this.onTime(schedule), everyMs);
        schedule.timer.unref();
      }
      if (everyBytes !== undefined) void this.countStored(schedule);
    }
    if (!this.hasWork) return;
    this.isStarted = true;
    this.removeListener = this.journal.onAdvanced?.(() => this.onAdvanced()) ?? this.removeListener;
    this.onAdvanced();
  }

  /** A snapshot was taken, whoever asked for it. */
  noteTaken(name: string, sequence: bigint): void {
    const schedule = this.schedules.find((each) => each.name === name);
    if (schedule === undefined) return;
    this.begin(schedule, sequence);
    // Enough entries for the next one may have come while this one was written, and nothing more may come.
    if (this.isStarted) this.onAdvanced();
  }

  async drain(): Promise<void> {
    this.abandon();
    await this.running;
  }

  abandon(): void {
    this.isStopped = true;
    this.removeListener();
    for (const { timer } of this.schedules) if (timer !== null) globalThis.clearInterval(timer);
  }

  left(): string {
    return 'a snapshot is being written';
  }

  private assertKnowable(name: string, { everyEvents, everyBytes }: SnapshotPolicy): void {
    const refuse = (option: string, value: unknown, method: string): never => {
      throw new InvalidOptionError(
        `snapshots.${option} of ${name}`,
        value,
        `left out: this journal has no ${method}`,
      );
    };
    if (everyEvents !== undefined && this.journal.onAdvanced === undefined)
      refuse('everyEvents', everyEvents, 'onAdvanced()');
    if (everyBytes !== undefined && (this.journal.appendedBytes ?? null) === null)
      refuse('everyBytes', everyBytes, 'appendedBytes');
  }

  /** In the turn of an append: nothing but a few comparisons. */
  private onAdvanced(): void {
    let isAny = false;
    for (const schedule of this.schedules) {
      const { everyEvents = Infinity, everyBytes = Infinity } = schedule.policy;
      schedule.isDue ||=
        (everyEvents !== Infinity && this.entriesSince(schedule) >= everyEvents) ||
        (everyBytes !== Infinity && (this.journal.appendedBytes ?? 0) - schedule.bytes >= everyBytes);
      isAny ||= schedule.isDue;
    }
    if (isAny) this.run();
  }

  private onTime(schedule: Schedule): void {
    if (this.entriesSince(schedule) === 0 && !schedule.hasFailed) return;
    schedule.isDue = true;
    this.run();
  }

  private entriesSince({ sequence }: Schedule): number {
    const { lastSequence, firstAvailableSequence } = this.journal;
    if (lastSequence === null || firstAvailableSequence === null) return 0;
    return Number(lastSequence - (sequence ?? firstAvailableSequence - 1n));
  }

  /** Bytes that are in the journal since the last snapshot before this process. */
  private async countStored(schedule: Schedule): Promise<void> {
    const { lastSequence } = this.journal;
    if (lastSequence === null) return;
    const from = (schedule.sequence ?? -1n) + 1n;
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
    // Somebody may have taken one meanwhile.
    if ((schedule.sequence ?? -1n) + 1n === from) schedule.bytes -= bytes;
    this.onAdvanced();
  }

  private begin(schedule: Schedule, sequence: bigint | null): void {
    schedule.sequence = sequence;
    schedule.bytes = this.journal.appendedBytes ?? 0;
    schedule.isDue = false;
    schedule.hasFailed = false;
  }

  private run(): void {
    if (this.isStopped) return;
    this.running ??= this.context.runInAsyncScope(this.takeDue, this).finally(() => {
      this.running = null;
      if (this.schedules.some(({ isDue }) => isDue)) this.run();
    });
  }

  private async takeDue(): Promise<void> {
    // What follows the journal is brought along in the turn of the append, but maybe after this was told of it.
    await passTurn();
    for (const schedule of this.schedules) {
      if (this.isStopped || !schedule.isDue) continue;
      // Also where it fails: the next attempt comes when the policy says so again.
      this.begin(schedule, this.journal.lastSequence);
      try {
        await this.take(schedule.name);
      } catch (error) {
        schedule.hasFailed = true;
        const reason = messageOf(error);
        this.logger.warn(
          `the snapshot of ${schedule.name} that was due, or archiving behind it, failed; the next is tried when it is due: ${reason}`,
        );
      }
    }
  }
}
