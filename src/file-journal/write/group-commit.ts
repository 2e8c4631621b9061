/**
 * Who waits for which write and sync.
 *
 * Appends are encoded into the staged group at once. One loop takes the group, writes it and syncs it; whoever appends
 * meanwhile joins the next group. So one sync serves everybody who came while the last one was in flight, and a single
 * append waits for nobody.
 */
import { AsyncResource } from 'node:async_hooks';
import {
  IoError,
  JournalPoisonedError,
  SerializationError,
  type Durability,
  type PayloadCodec,
  type SequencerEvent,
} from '../../journal/index.js';
import { clearTimeout, monotonicMs, nextTick, passTurn, setTimeout } from '../../common/index.js';
import { telemetry } from '../../telemetry/index.js';
import { isOutOfSpace } from '../os/file-system.js';
import type { WritePosition } from '../segment/write-position.js';
import type { SegmentWriter } from './segment-writer.js';
import { StagedGroup } from './staged-group.js';

// Taken once, and timers from their module: fake timers of a test runner must not stop a journal.

/** In `async` durability nothing waits for the disk: after so long timers and sockets get their turn all the same. */
const SLICE_MS = 5;

/**
 * Once so much is staged it is written without waiting for more: encoding as much again takes about as long as a sync, and
 * goes on while that runs. Below, one sync for all who are about to append is worth more.
 */
const OVERLAP_BYTES = 128 * 1024;
/** On a disk that takes longer than encoding a crowd's events, fewer and larger groups are worth more than the overlap. */
const OVERLAP_MAX_SYNC_MS = 1.5;

/** So many callers are woken in one turn of the event loop: most append again at once, and no timer or socket is served until they have. */
const WAKE_AT_ONCE = 128;

/** Room that is made for a payload before its length is known, and what is tried where that was not enough. */
const PAYLOAD_ROOM_BYTES = [4 * 1024, 64 * 1024];

/** A payload that was encoded but not staged yet: `lengthBytes` of `bytes` from `offset` on. */
export interface EncodedPayload {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly lengthBytes: number;
}

/** A group, or the part of it that one step stored. */
export interface StoredStep {
  readonly entries: number;
  readonly sizeBytes: number;
  readonly firstSequence: bigint;
  readonly lastSequence: bigint;
  readonly durationMs: number;
  readonly rotated: boolean;
}

/** The journal as the loop needs it; called synchronously, in order. */
export interface CommitObserver {
  /** Entries `first` … `last` are written, up to `position`; in `sync` durability they are durable. */
  onStored(first: bigint, last: bigint, position: WritePosition): void;
  /** How long that took; called behind `onStored`, only while somebody listens. */
  onMeasured(step: StoredStep): void;
  /** Everything up to `sequence` is on the device. Calls may come late, after one with a higher sequence. */
  onDurable(sequence: bigint, position: WritePosition): void;
  /** Staged entries were dropped; the next append must follow on `last`, or on what was stored where that is null. */
  onRefused(last: bigint | null): void;
  /** An entry larger than `maxUnsyncedBytes` is written when this resolves. */
  beforeLargeWrite(sequence: bigint, sizeBytes: number): Promise<void>;
  /** A write, sync or rename failed; may be told more than once of the same. */
  onFailure(error: unknown): void;
}

export interface CommitOptions {
  readonly durability: Durability;
  readonly maxUnsyncedBytes: number;
  readonly syncIntervalMs: number;
  /** Where a single append is synced. */
  readonly syncOn: 'thread-pool' | 'event-loop';
}

export class GroupCommit {
  /** Takes appends. */
  #staged = new StagedGroup();
  /** Empty, to be staged into next. */
  readonly #spare: StagedGroup[] = [];
  /** The loop; null when there is nothing to do. Set and cleared in the same turn as the check of `#staged`. */
  #loop: Promise<void> | null = null;
  /** Resolves when what becomes of the group that is being written is known. */
  #storing: Promise<void> | null = null;
  /** Resolves when everybody whose entries were acknowledged knows; null when all do. */
  #telling: Promise<void> | null = null;
  /** Why nothing is stored any more. */
  #failure: { readonly cause: unknown } | null = null;

  /** Written but not synced; 0 between groups in `sync` durability. */
  #unsyncedBytes = 0;
  #stored: { readonly sequence: bigint; readonly position: WritePosition } | null = null;
  #syncing: Promise<void> | null = null;
  #syncTimer: NodeJS.Timeout | null = null;
  #sliceEndMs = 0;
  /**
   * Of the journal: a group holds the entries of many callers, so its listeners run in the context of none of
   * them.
   */
  readonly #context = new AsyncResource('GroupCommit');
  /** How long a group's sync takes, on average over some. */
  #syncMs = 0;

  constructor(
    private readonly writer: SegmentWriter,
    private readonly options: CommitOptions,
    private readonly observer: CommitObserver,
  ) {}

  /**
   * Encodes an event, where the codec can at the place from which it will be written. Nothing is staged yet: encoding may
   * call code of the application, and that may append, too.
   * @param batch where it is going to be staged. @default what is staged for everybody
   * @param index of the event in its batch; for messages
   * @throws what the codec throws; SerializationError (`JOURNAL_SERIALIZATION`) where it gives something impossible
   */
  encode<C, R>(
    codec: PayloadCodec<C, R>,
    event: SequencerEvent<C, R>,
    batch: StagedGroup | null = null,
    index: number | null = null,
  ): EncodedPayload {
    if (codec.encodeInto !== undefined) {
      for (const roomBytes of PAYLOAD_ROOM_BYTES) {
        const group = batch ?? this.#staged;
        if (group.isLent) break; // called while another event is encoded
        group.lend(roomBytes);
        const { bytes, payloadOffset: offset } = group;
        try {
          const lengthBytes = codec.encodeInto(event, bytes, offset);
          if (isIntegerUpTo(lengthBytes, bytes.length - offset)) return { bytes, offset, lengthBytes };
          if (lengthBytes !== -1)
            throw new SerializationError(`the codec wrote ${lengthBytes} bytes`, nameOf(index));
        } finally {
          group.giveBack();
        }
      }
    }
    const payload: unknown = codec.encode(event);
    if (!(payload instanceof Uint8Array))
      throw new SerializationError('the codec gave no Uint8Array', nameOf(index));
    return { bytes: payload, offset: 0, lengthBytes: payload.length };
  }

  /** Stages one entry; it is stored when the promise of the next `wait` resolves. */
  stage(
    sequenceNum: bigint,
    timestampNs: bigint,
    { bytes, offset, lengthBytes }: EncodedPayload,
    batch: StagedGroup | null = null,
  ): void {
    const group = batch ?? this.#staged;
    if (bytes === group.bytes && offset === group.payloadOffset) {
      group.addInPlace(sequenceNum, timestampNs, lengthBytes);
    } else {
      group.add(sequenceNum, timestampNs, bytes.subarray(offset, offset + lengthBytes));
    }
  }

  /** A group for the entries of one caller, which are all staged or none: given back by `stageBatch` or `dropBatch`. */
  beginBatch(): StagedGroup {
    return this.#spare.pop() ?? new StagedGroup();
  }

  /** Stages the entries of a batch behind what is staged. */
  stageBatch(batch: StagedGroup): void {
    if (this.#staged.isUnused) {
      this.#spare.push(this.#staged);
      this.#staged = batch;
    } else {
      this.#staged.join(batch);
      this.dropBatch(batch);
    }
  }

  dropBatch(batch: StagedGroup): void {
    batch.reset();
    this.#spare.push(batch);
  }

  /** Resolves when everything staged so far is stored as the durability asks. */
  wait(): Promise<void> {
    const stored = this.#staged.wait();
    this.#loop ??= this.#context.runInAsyncScope(() => this.#run());
    if (this.#storing === null && this.#isWorthStarting()) this.#context.runInAsyncScope(() => this.#begin());
    return stored;
  }

  /** Resolves when nothing is staged, written, synced or told any more, so not while others go on appending; never rejects. */
  async idle(): Promise<void> {
    while (this.#loop !== null) await this.#loop;
    while (this.#syncing !== null) await this.#syncing.catch(() => undefined);
    while (this.#telling !== null) await this.#telling;
  }

  /** Makes everything staged so far durable. @throws JournalPoisonedError (`JOURNAL_POISONED`) */
  async flush(): Promise<void> {
    // Not until the loop ends: it does not while others go on appending. Who is refused is told by their own append.
    if (this.#staged.count > 0) await this.wait().catch(() => undefined);
    else await this.#storing;
    await this.#context.runInAsyncScope(() => this.#syncWritten()).catch(() => undefined);
    await this.#telling;
    if (this.#failure !== null) throw new JournalPoisonedError(this.#failure.cause);
  }

  /** Keeps no timer; what is written stays to be synced by `flush`. */
  stop(): void {
    if (this.#syncTimer !== null) clearTimeout(this.#syncTimer);
    this.#syncTimer = null;
  }

  /** Stores nothing any more. A group that is being written is settled by what becomes of it; the rest is rejected. */
  fail(cause: unknown): void {
    this.#failure ??= { cause };
    this.stop();
    if (this.#loop === null) this.#rejectStaged();
  }

  async #run(): Promise<void> {
    for (;;) {
      // All that is appended in this turn of the event loop goes into one group, and all that those append whom the end of the
      // last group has woken, however many promises lie between.
      await new Promise<void>((resolve) => nextTick(resolve));
      if (this.options.durability === 'async') await this.#giveWay();
      const busy = this.#storing ?? this.#telling;
      if (busy !== null) {
        await busy;
        continue;
      }
      if (this.#staged.count === 0 || this.#failure !== null) break;
      this.#begin();
      while (this.#storing !== null) await this.#storing;
      if (this.#staged.count === 0) break;
    }
    if (this.#failure !== null) this.#rejectStaged();
    this.#loop = null;
  }

  #isWorthStarting(): boolean {
    return (
      this.#staged.sizeBytes >= OVERLAP_BYTES &&
      this.#syncMs < OVERLAP_MAX_SYNC_MS &&
      this.options.durability === 'sync' &&
      this.#failure === null
    );
  }

  /** Starts to write what is staged; in `sync` durability the disk is at work when this returns, as a rule. */
  #begin(): void {
    const group = this.#staged;
    this.#staged = this.#spare.pop() ?? new StagedGroup();
    const storing = this.#store(group).then(() => {
      if (this.#storing === storing) this.#storing = null;
      if (this.#telling === null) this.dropBatch(group);
      else void this.#telling.then(() => this.dropBatch(group));
    });
    this.#storing = storing;
  }

  async #giveWay(): Promise<void> {
    if (monotonicMs() < this.#sliceEndMs) return;
    await passTurn();
    this.#sliceEndMs = monotonicMs() + SLICE_MS;
  }

  /**
   * Stores a group in as many steps as segments and the unsynced limit demand; each step is acknowledged on its own.
   * Never rejects: everyone in the group is told what became of it, or is going to be.
   */
  async #store(group: StagedGroup): Promise<void> {
    try {
      if (!this.writer.hasRoomFor(group.sizeBytes)) await this.#obtainRoom(group);
      for (let done = 0; done < group.count;) done = await this.#storeStep(group, done);
    } catch (cause) {
      // Never in the turn of an append that started this: a step that throws has been waited for.
      this.#noteFailure(cause);
      while (this.#telling !== null) await this.#telling; // whose entries are stored is told first
      group.rejectRest(
        (start) => new JournalPoisonedError(cause, start < group.begun ? 'unknown' : 'not-written'),
      );
    }
  }

  /** @returns the index behind what was stored; `from` when the rest of the group was refused */
  async #storeStep(group: StagedGroup, from: number): Promise<number> {
    const { writer, options } = this;
    this.#assertNotFailed();
    const needsRotation = group.fitting(from, writer.remainingBytes) === from;
    if (needsRotation && !(await this.#obtain(group, from, () => writer.ensurePrepared()))) return from;
    const segmentBytes = needsRotation ? writer.segmentSizeBytes : writer.remainingBytes;
    if (!needsRotation && this.#isUnsyncedFull(group, from)) await this.#syncWritten();
    const unsyncedBytes = options.maxUnsyncedBytes - (needsRotation ? 0 : this.#unsyncedBytes);
    // An entry larger than the limit is written, alone.
    const to = Math.max(from + 1, group.fitting(from, Math.min(segmentBytes, unsyncedBytes)));
    const bytes = group.slice(from, to);
    if (!needsRotation && bytes.length > options.maxUnsyncedBytes) {
      const expected = () => this.observer.beforeLargeWrite(group.sequenceAt(from), bytes.length);
      if (!(await this.#obtain(group, from, expected))) return from;
      this.#assertNotFailed();
    }
    const startedMs = telemetry.groupStored.hasSubscribers ? monotonicMs() : null;
    group.begun = to;
    if (needsRotation) {
      await this.#alone(async () => {
        await writer.rotate(bytes, group.sequenceAt(from));
        this.#unsyncedBytes = 0;
      });
    } else {
      const writing = writer.write(bytes);
      if (writing !== null) await writing;
      this.#unsyncedBytes += bytes.length;
      if (options.durability === 'sync') {
        const syncStartedMs = monotonicMs();
        const isBlocking = options.syncOn === 'event-loop' && group.count === 1;
        await this.#alone(async () => {
          await (isBlocking ? writer.syncNow() : writer.sync());
          this.#unsyncedBytes = 0;
        });
        this.#syncMs += (monotonicMs() - syncStartedMs - this.#syncMs) / 8;
      } else {
        this.#assertNotFailed(); // a background sync may have failed meanwhile
      }
    }
    this.#acknowledge(group, from, to);
    if (startedMs !== null) this.#measured(group, from, to, bytes.length, startedMs, needsRotation);
    return to;
  }

  #measured(
    group: StagedGroup,
    from: number,
    to: number,
    sizeBytes: number,
    startedMs: number,
    rotated: boolean,
  ): void {
    this.observer.onMeasured({
      entries: to - from,
      sizeBytes,
      firstSequence: group.sequenceAt(from),
      lastSequence: group.sequenceAt(to - 1),
      durationMs: monotonicMs() - startedMs,
      rotated,
    });
  }

  #acknowledge(group: StagedGroup, from: number, to: number): void {
    const sequence = group.sequenceAt(to - 1);
    const { position } = this.writer;
    this.#stored = { sequence, position };
    this.observer.onStored(group.sequenceAt(from), sequence, position);
    if (this.#unsyncedBytes === 0) this.observer.onDurable(sequence, position);
    else this.#syncLater();
    // Who wakes is going to encode; the disk need not wait for that.
    if (to === group.count && this.#isWorthStarting()) this.#begin();
    group.stored = to;
    this.#tellStored(group);
  }

  /** Wakes who waits for entries that are stored, in the order in which they came. */
  #tellStored(group: StagedGroup): void {
    if (this.#telling === null && group.resolveStored(WAKE_AT_ONCE)) return;
    const telling = this.#tellInTurns(group, this.#telling).then(() => {
      if (this.#telling === telling) this.#telling = null;
    });
    this.#telling = telling;
  }

  async #tellInTurns(group: StagedGroup, before: Promise<void> | null): Promise<void> {
    await before;
    do await passTurn();
    while (!group.resolveStored(WAKE_AT_ONCE));
  }

  /** Before anything of a group is written: the disk space it needs. What cannot have it is refused, the rest goes on. */
  async #obtainRoom(group: StagedGroup): Promise<void> {
    const { writer } = this;
    const fits = group.fitting(0, writer.remainingBytes);
    if (fits < group.count) await this.#obtain(group, group.batchStart(fits), () => writer.ensurePrepared());
    if (fits > 0 && group.count > 0) await this.#obtain(group, 0, () => writer.ensureAllocated());
  }

  /** Tries to get disk space; without it everything from the entry at `from` on is refused, and what is staged behind it. */
  async #obtain(group: StagedGroup, from: number, get: () => Promise<void>): Promise<boolean> {
    try {
      await get();
      return true;
    } catch (error) {
      group.truncate(from, (begun) => refusal(error, begun));
      this.#staged.truncate(0, () => refusal(error, false));
      this.observer.onRefused(from === 0 ? null : group.sequenceAt(from - 1));
      return false;
    }
  }

  /** Whether not even one entry may be written before a sync (back-pressure). */
  #isUnsyncedFull(group: StagedGroup, from: number): boolean {
    const left = this.options.maxUnsyncedBytes - this.#unsyncedBytes;
    return this.#unsyncedBytes > 0 && group.fitting(from, left) === from;
  }

  /** `async` durability: a sync follows within `syncIntervalMs`. Keeps no process alive. */
  #syncLater(): void {
    if (this.#syncTimer !== null || this.#failure !== null) return;
    this.#syncTimer = setTimeout(() => {
      this.#syncTimer = null;
      this.#syncWritten().catch(() => undefined); // observer.onFailure has been told
    }, this.options.syncIntervalMs);
    this.#syncTimer.unref();
  }

  /** Makes what is written durable. @throws what the sync throws; the observer has been told */
  async #syncWritten(): Promise<void> {
    if (this.#unsyncedBytes === 0) return;
    await this.#alone(() => this.#syncNow());
    if (this.#unsyncedBytes > 0) this.#syncLater();
  }

  async #syncNow(): Promise<void> {
    // Noted when the sync starts: what is written while it runs is not covered by it.
    const stored = this.#stored;
    const coveredBytes = this.#unsyncedBytes;
    await this.writer.sync();
    this.#unsyncedBytes -= coveredBytes;
    if (stored !== null) this.observer.onDurable(stored.sequence, stored.position);
  }

  /**
   * One sync at a time, and none after one has failed: the kernel reports a lost page once, and a second sync of the
   * same file would succeed although the data is gone.
   */
  async #alone(sync: () => Promise<void>): Promise<void> {
    while (this.#syncing !== null) await this.#syncing.catch(() => undefined);
    this.#assertNotFailed();
    this.#syncing = sync();
    try {
      await this.#syncing;
    } catch (cause) {
      this.#noteFailure(cause); // in this very turn: in the next one somebody who waited starts another sync
      throw cause;
    } finally {
      this.#syncing = null;
    }
  }

  #noteFailure(cause: unknown): void {
    this.#failure ??= { cause };
    this.stop();
    this.observer.onFailure(cause);
  }

  #assertNotFailed(): void {
    if (this.#failure !== null) throw this.#failure.cause;
  }

  #rejectStaged(): void {
    this.#staged.rejectRest(() => new JournalPoisonedError(this.#failure?.cause));
    this.#staged.reset();
  }
}

/** What messages call an event. @param index in its batch; null for a single one */
export function nameOf(index: number | null): string {
  return index === null ? 'event' : `events[${index}]`;
}

function isIntegerUpTo(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= limit;
}

/** What a refused append rejects with: the system's error, and that the journal goes on. */
function refusal(error: unknown, begun: boolean): unknown {
  if (!(error instanceof IoError)) return error;
  const written = begun ? 'a prefix of the batch is stored' : 'nothing was written';
  const when = isOutOfSpace(error) ? 'there is space' : 'that succeeds';
  return new IoError(error.operation, error.path, error.osCode, {
    cause: error.cause ?? error,
    outcome: begun ? 'unknown' : 'not-written',
    hint: `${written}; the journal accepts appends again once ${when}`,
  });
}
