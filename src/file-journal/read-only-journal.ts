import { EntrySequence, assertReadOptions, assertVerifyOptions, subscribeTo } from '../journal-kit/index.js';
import {
  JournalClosedError,
  toU64,
  type IntegrityReport,
  type JournalEntries,
  type JournalReader,
  type JournalSubscription,
  type ReadOptions,
  type SubscribeOptions,
  type VerifyOptions,
} from '../journal/index.js';
import { delay } from '../common/index.js';
import { Archive } from './archive/archive.js';
import { CheckpointFile } from './recover/checkpoint.js';
import { EntryCursor } from './segment/entry-cursor.js';
import { EntryIterator } from './read/entry-iterator.js';
import { isNotFound, type FileSystem } from './os/file-system.js';
import { verifyJournal } from './read/integrity.js';
import { loadFileSystem } from './os/load-file-system.js';
import { resolveReadOptions, type FileJournalReadOptions, type ResolvedReadOptions } from './options.js';
import { notPermitted, withRemedy } from './segment/directory-errors.js';
import { SegmentDirectory } from './segment/segment-directory.js';
import type { SegmentSource } from './segment/segment-source.js';
import { Segment } from './segment/segment.js';

/** How long a writer may take between the bytes of an entry and its length; a tail that is bad for longer is damage. */
const SETTLE_MS = 50;

interface Tail {
  readonly segment: Segment;
  /** Stands at `endOffset`. */
  readonly cursor: EntryCursor;
  /** Offset of the last entry that was stepped on. */
  lastOffset: number;
  /** Offset behind it; 0 before the first. */
  endOffset: number;
}

/**
 * A journal as another process may be writing it. Looks at the directory again at every use, so that it follows
 * appends, rotations and archiving.
 * @publicApi
 */
export class ReadOnlyFileJournal<TCommand = unknown, TResult = unknown> implements JournalReader<
  TCommand,
  TResult
> {
  /** Ascending; replaced when the directory changes, so that an iteration keeps what it started with. */
  #segments: readonly Segment[] = [];
  /** Steps through the newest segment, as far as it is written. */
  #tail: Tail | null = null;
  #lastSequence: bigint | null = null;
  readonly #archive: Archive;
  #closed = false;

  private constructor(
    private readonly options: ResolvedReadOptions<TCommand, TResult>,
    private readonly files: FileSystem,
    private readonly directory: SegmentDirectory,
  ) {
    this.#archive = new Archive(directory);
  }

  /** @throws (rejects) InvalidOptionError, InvalidDirectoryError, IoError */
  static async open<C, R>(options: FileJournalReadOptions<C, R>): Promise<ReadOnlyFileJournal<C, R>> {
    const resolved = resolveReadOptions(options);
    const files = await loadFileSystem(resolved);
    let directory: SegmentDirectory;
    try {
      directory = SegmentDirectory.open(files, resolved.directory);
    } catch (error) {
      throw withRemedy(error);
    }
    const journal = new ReadOnlyFileJournal(resolved, files, directory);
    try {
      journal.#refresh();
      return journal;
    } catch (error) {
      await journal.close();
      throw withRemedy(notPermitted(directory.path, error));
    }
  }

  get firstAvailableSequence(): bigint | null {
    this.#refresh();
    for (const segment of this.#segments) {
      const first = firstSequenceOf(segment);
      if (first !== null) return first;
    }
    return null;
  }

  /** The first segment is named 0 whatever its first entry is; archived, it is gone. */
  get isComplete(): boolean {
    this.#refresh();
    return this.#segments[0]?.startSequence === 0n;
  }

  /** The newest entry that is completely written. Its writer may not have acknowledged it yet. */
  get lastSequence(): bigint | null {
    this.#refresh();
    return this.#lastSequence;
  }

  /**
   * What the writer's checkpoint says; at most about a second behind. Null without one (orderbook-rs writes none).
   * @throws IoError (`JOURNAL_IO`) for one that this user may not read
   */
  get durableSequence(): bigint | null {
    this.#assertOpen();
    return new CheckpointFile(this.files, this.directory.path).load()?.lastSequence ?? null;
  }

  readFrom(sequence: bigint | number, options: ReadOptions = {}): JournalEntries<TCommand, TResult> {
    const from = toU64('sequence', sequence);
    assertReadOptions(options);
    this.#assertOpen();
    const start = (): EntryIterator<TCommand, TResult> => {
      this.#refresh();
      const plan = {
        ...this.#planFor(options, this.#tail?.endOffset ?? 0),
        reader: this.options.reader,
        codec: this.options.codec,
        // A writer that recovers may cut what was seen here but never acknowledged.
        copyPayloads: true,
        isClosed: () => this.#closed,
      };
      return new EntryIterator(plan, from, options.onCorrupt);
    };
    return new EntrySequence(start, { ...options });
  }

  /**
   * Looks at the files every `pollIntervalMs`. A writer that crashes and recovers may take back what was handed out; with
   * `durable: true` it cannot, and entries come when the writer's checkpoint covers them, at most about a second late.
   */
  subscribe(options?: SubscribeOptions): JournalSubscription<TCommand, TResult> {
    this.#assertOpen();
    return subscribeTo(this, options);
  }

  /** Also reports a bad tail, if it is still the same after a moment: then nobody is writing it. */
  async verifyIntegrity(options: VerifyOptions = {}): Promise<IntegrityReport> {
    assertVerifyOptions(options);
    this.#refresh();
    const { reader, codec } = this.options;
    const reading = { reader, codec, isClosed: () => this.#closed };
    const segments = this.#segments;
    const endOffset = this.#tail?.endOffset ?? 0;
    const hasGrown = (): boolean => {
      this.#refresh();
      return (
        segments.length !== this.#segments.length ||
        segments.at(-1)?.name !== this.#segments.at(-1)?.name ||
        endOffset !== (this.#tail?.endOffset ?? 0)
      );
    };
    await delay(SETTLE_MS);
    if (!hasGrown()) {
      const report = await verifyJournal({ ...this.#planFor(options, null, segments), ...reading });
      if (report.ok || !hasGrown()) return report;
    }
    return verifyJournal({ ...this.#planFor(options, endOffset, segments), ...reading });
  }

  /** Where there is nothing but archived segments, nothing is written behind them. */
  #planFor(
    { includeArchived = false }: VerifyOptions,
    endOffset: number | null,
    live = this.#segments,
  ): { segments: readonly Segment[]; endOffset: number | null } {
    const segments = includeArchived ? this.#archive.before(live) : live;
    return { segments, endOffset: live.length === 0 ? null : endOffset };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeTail();
    this.directory.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Lists the segments again, and steps over what was appended since the last time. */
  #refresh(): void {
    this.#assertOpen();
    this.#dropStaleTail();
    this.#listSegments();
    for (;;) {
      const newest = this.#segments[this.#segments.length - 1];
      if (newest === undefined) {
        this.#closeTail();
        this.#lastSequence = null;
        return;
      }
      if (this.#tail?.segment !== newest) this.#openTail(newest);
      if (this.#tail === null) return;
      this.#stepTail(this.#tail);
      // Rotated while it was read: what is newest now must be looked at, too.
      const before = this.#segments;
      this.#listSegments();
      if (before === this.#segments) return;
    }
  }

  #listSegments(): void {
    const starts = this.directory.listSegments();
    const known = new Map(this.#segments.map((segment) => [segment.startSequence, segment]));
    if (starts.length === known.size && starts.every((start) => known.has(start))) return;
    const listed = new Set(starts);
    for (const segment of this.#segments) if (!listed.has(segment.startSequence)) segment.letGo();
    this.#segments = starts.map((start) => known.get(start) ?? new Segment(this.directory, start));
  }

  /**
   * A writer replaces a newest segment that is empty by one of the same name, and, when it recovers, cuts what never
   * became durable. Such a segment is looked at anew.
   */
  #dropStaleTail(): void {
    const tail = this.#tail;
    if (tail === null) return;
    if (tail.endOffset === 0 ? !hasEntry(tail.segment) : this.#isUnchanged(tail)) return;
    this.#closeTail();
    tail.segment.letGo();
    this.#lastSequence = null;
    this.#segments = this.#segments.filter((segment) => segment !== tail.segment);
  }

  /** Whether the last entry still lies where it was seen; leaves the cursor behind it. */
  #isUnchanged({ cursor, lastOffset, endOffset }: Tail): boolean {
    cursor.rewindTo(lastOffset);
    return (
      cursor.advance() === 'entry' &&
      cursor.sequenceNum === this.#lastSequence &&
      cursor.nextOffset === endOffset
    );
  }

  #closeTail(): void {
    this.#tail?.cursor.source.close();
    this.#tail = null;
  }

  #openTail(newest: Segment): void {
    this.#closeTail();
    try {
      const source = newest.openSource(this.options.reader);
      this.#tail = { segment: newest, cursor: new EntryCursor(source, 0), lastOffset: 0, endOffset: 0 };
      if (newest.startSequence > 0n) this.#lastSequence = newest.startSequence - 1n;
    } catch (error) {
      // Archived between listing and opening; the next refresh lists again.
      if (!isNotFound(error)) throw error;
    }
  }

  #stepTail(tail: Tail): void {
    const { cursor } = tail;
    while (cursor.advance() === 'entry') {
      this.#lastSequence = cursor.sequenceNum;
      tail.lastOffset = cursor.offset;
      tail.segment.index.note(cursor.sequenceNum, cursor.offset);
      tail.endOffset = cursor.nextOffset;
    }
    cursor.rewindTo(tail.endOffset);
  }

  #assertOpen(): void {
    if (this.#closed) throw new JournalClosedError();
  }
}

/** Whether the file that has the segment's name now holds an entry. */
function hasEntry(segment: Segment): boolean {
  // Not mapped: who polls an empty journal would make mapping after mapping.
  let source: SegmentSource;
  try {
    source = segment.openSource('positioned');
  } catch (error) {
    if (isNotFound(error)) return false; // the next listing shows that it is gone
    throw error;
  }
  try {
    return new EntryCursor(source, 0).advance() === 'entry';
  } finally {
    source.close();
  }
}

/** Null for an empty one, and for one that was taken away since the segments were listed. */
function firstSequenceOf(segment: Segment): bigint | null {
  try {
    return segment.firstSequence();
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}
