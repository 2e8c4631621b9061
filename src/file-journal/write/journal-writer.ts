import { codecError, type PayloadCodec, type SequencerEvent } from '../../journal/index.js';
import { CheckpointUpdater } from '../recover/checkpoint-updater.js';
import type { OpenedJournal } from '../recover/open-for-writing.js';
import { EventEncoder } from './event-encoder.js';
import type { CommitOptions, StoredStep } from './commit-events.js';
import { GroupCommit } from './group-commit.js';
import type { JournalState } from './journal-state.js';
import { SegmentWriter } from './segment-writer.js';
import { Staging } from './staging.js';

/** What the journal learns from its writer; called synchronously, in order. */
export interface WriterEvents {
  /** The visible or the durable entries have changed. */
  onAdvanced(): void;
  /** The first entries in a segment became visible. */
  onRotated(startSequence: bigint): void;
  /** How long a step of a group took; only while telemetry has a subscriber. */
  onMeasured(step: StoredStep): void;
  /** How long a sync of entries took; only while telemetry has a subscriber. */
  onSynced(durationMs: number): void;
  /**
   * A write, sync or rename failed. The journal calls `fail` before it returns. May report the same failure
   * again.
   */
  onFailure(error: unknown): void;
}

/** The way of an append: encode, stage, write and sync in a group, make visible, acknowledge. */
export class JournalWriter<C, R> {
  private readonly staging = new Staging();
  private readonly encoder: EventEncoder<C, R>;
  private readonly segments: SegmentWriter;
  private readonly checkpoint: CheckpointUpdater;
  private readonly commit: GroupCommit;

  constructor(
    opened: OpenedJournal,
    private readonly state: JournalState,
    codec: PayloadCodec<C, R>,
    options: CommitOptions,
    events: WriterEvents,
  ) {
    this.encoder = new EventEncoder(codec, opened.nextSegment.sizeBytes, this.staging);
    this.segments = new SegmentWriter(
      opened.active,
      opened.nextSegment,
      opened.indexes,
      opened.isAllocated,
      opened.missingCheckpoint,
      (durationMs) => events.onSynced(durationMs),
    );
    const checkpoint = new CheckpointUpdater(opened.checkpoint, opened.durable, (error) =>
      events.onFailure(error),
    );
    this.checkpoint = checkpoint;
    this.commit = new GroupCommit(this.segments, this.staging, state, options, {
      onStored: (first, last, position) => {
        if (state.show(first, last, position)) events.onRotated(position.segment.startSequence);
        events.onAdvanced();
      },
      onMeasured: (step) => events.onMeasured(step),
      onDurable: (sequence, position) => {
        if (!state.noteDurable(sequence)) return;
        events.onAdvanced();
        checkpoint.note(sequence, position);
      },
      onRefused: (last) => state.refuseAfter(last),
      onFailure: (error) => events.onFailure(error),
      beforeLargeWrite: (sequence, sizeBytes) => checkpoint.expectLarge(sequence, sizeBytes),
    });
  }

  append(event: SequencerEvent<C, R>): Promise<void> {
    const { state } = this;
    try {
      state.assertWritable();
      const encoded = this.encoder.encode(event);
      // Encoding may have run code of the application, which may have closed the journal or appended to it.
      state.assertWritable();
      state.assertFollows(encoded.sequenceNum);
      this.staging.stage(encoded);
      state.accept(encoded.sequenceNum);
    } catch (error) {
      return Promise.reject(codecError(error, 'event'));
    }
    return this.commit.wait();
  }

  /** A batch is encoded as a whole before any of it is staged. */
  appendBatch(events: readonly SequencerEvent<C, R>[]): Promise<void> {
    const { state } = this;
    const batch = this.staging.beginBatch();
    let last: bigint | undefined;
    try {
      state.assertWritable();
      const sequences = this.encoder.encodeBatch(events, batch);
      state.assertWritable();
      state.assertAllFollow(sequences);
      last = sequences.at(-1);
    } catch (error) {
      this.staging.recycle(batch);
      return Promise.reject(codecError(error, 'events'));
    }
    this.staging.stageBatch(batch);
    if (last === undefined) return Promise.resolve();
    state.accept(last);
    return this.commit.wait();
  }

  /** Makes everything appended so far durable. @throws (rejects) JournalPoisonedError (`JOURNAL_POISONED`) */
  flush(): Promise<void> {
    return this.commit.flush();
  }

  /** Rejects the pending appends and stores nothing more, because the state holds a failure. */
  abort(): void {
    this.commit.abort();
  }

  /** Resolves when no append is pending and no write or sync runs; never rejects. */
  idle(): Promise<void> {
    return this.commit.idle();
  }

  /** Makes everything durable, unless the journal has failed, and stores the last checkpoint. */
  async finish(): Promise<void> {
    try {
      if (this.state.failure === null) await this.commit.flush();
    } finally {
      await this.checkpoint.close(this.state.failure === null);
      this.commit.stop();
    }
  }

  /** Closes all files, even if closing one of them fails; called after `finish`. */
  async release(): Promise<void> {
    try {
      await this.segments.close();
    } finally {
      this.checkpoint.closeFile();
    }
  }
}
