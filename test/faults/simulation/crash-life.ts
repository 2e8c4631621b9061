/** One life of a journal on a simulated disk: open and check what is there, work, and die at a random step. */
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { FileJournal, type FileJournalOptions, type FileSystem } from '../../../src/file-journal/index.js';
import { JournalError, type SequencerEvent } from '../../../src/journal/index.js';
import { BrokenPromise, uniqueEvent, type JournalHistory } from './journal-history.js';
import type { Random } from '../../support/random.js';
import { JOURNAL_DIRECTORY, type SimulatedDisk } from './simulated-disk.js';

export interface LifeOptions {
  readonly journal: Omit<FileJournalOptions, 'directory' | 'fileSystem'>;
  readonly maxUnsyncedBytes: number;
  /** Put between the engine and the disk; a broken one must be noticed. */
  readonly between?: (files: FileSystem) => FileSystem;
  /** Every text of the same length: only then an old entry fits exactly behind a new one. */
  readonly textBytes: number | 'mixed';
  readonly mayArchive: boolean;
  /** How likely it is, in each round, that the device reports EIO for the next sync, once. @default 0 */
  readonly failingSyncs?: number;
  /** False: nothing is synced but what the engine syncs of itself. @default true */
  readonly flushes?: boolean;
  /** The event loop turns after every round, so that work goes on while a sync is under way. */
  readonly isUnhurried?: boolean;
  /** Rounds of work; the life ends by a clean close when the power lasts that long. */
  readonly rounds: number;
  /** Only processes died since the journal was last compared, the machine did not. */
  readonly afterKill: boolean;
}

/**
 * @returns whether the journal came to be opened, and what it holds was compared with what was promised
 * @throws BrokenPromise, or what the engine throws although the power is on
 */
export async function live(
  disk: SimulatedDisk,
  history: JournalHistory,
  random: Random,
  options: LifeOptions,
): Promise<boolean> {
  let journal: FileJournal;
  try {
    journal = await FileJournal.open({
      directory: JOURNAL_DIRECTORY,
      fileSystem: () => options.between?.(disk.files) ?? disk.files,
      maxUnsyncedBytes: options.maxUnsyncedBytes,
      ...options.journal,
    });
  } catch (error) {
    if (disk.isOff && JournalError.isJournalError(error)) return false;
    throw new BrokenPromise('DOES NOT OPEN', { cause: error });
  }
  const isChecked = !disk.isOff;
  await new Work(journal, disk, history, random, options).run();
  return isChecked;
}

class Work {
  readonly #pending = new Set<Promise<void>>();

  constructor(
    private readonly journal: FileJournal,
    private readonly disk: SimulatedDisk,
    private readonly history: JournalHistory,
    private readonly random: Random,
    private readonly options: LifeOptions,
  ) {}

  async run(): Promise<void> {
    const { journal, disk, history, options } = this;
    try {
      // Without power nothing can be read; the next life will.
      if (!disk.isOff) history.assertRecovered(journal, options.afterKill, options.maxUnsyncedBytes);
      for (let round = 0; round < options.rounds && !disk.isOff; round += 1) await this.#round();
    } finally {
      disk.failSyncs(0);
      const closed = journal.close().then(
        () => true,
        () => false,
      );
      await Promise.all([closed, ...this.#pending]);
      // A clean close promises all that was accepted; nothing else may be claimed without having been synced.
      if ((await closed) && journal.failure === null && !disk.isOff)
        history.noteDurable(journal.lastSequence);
      history.noteDurable(journal.durableSequence);
    }
  }

  async #round(): Promise<void> {
    const { random, journal } = this;
    const choice = random.integer(0, 99);
    if (random.chance(this.options.failingSyncs ?? 0)) this.disk.failSyncs(1);
    if (choice < 45) this.#append(random.integer(1, 6));
    else if (choice < 70) this.#appendBatch(random.integer(1, 8));
    else if (choice < 78 && this.options.flushes !== false) this.#track(this.#flush());
    else if (choice < 81 && this.options.mayArchive) this.#track(this.#archive());
    else if (choice < 90) await setImmediate();
    else if (choice < 93) await delay(1);
    else await Promise.all(this.#pending);
    if (this.options.isUnhurried === true) await setImmediate();
    // What a reader of a journal in sync durability has seen is as good as acknowledged.
    if (journal.durability === 'sync') this.history.noteDurable(journal.lastSequence);
    else if (!this.disk.isOff && journal.lastSequence !== null)
      this.history.noteAcknowledged(journal.lastSequence);
  }

  #append(count: number): void {
    for (const event of this.#nextEvents(count)) {
      this.history.noteSubmitted(event);
      this.#track(
        this.journal.append(event).then(() => this.#acknowledge(event.sequenceNum)),
        event.sequenceNum,
      );
    }
  }

  #appendBatch(count: number): void {
    const events = this.#nextEvents(count);
    for (const event of events) this.history.noteSubmitted(event);
    const [first, last] = [events[0]?.sequenceNum, events.at(-1)?.sequenceNum];
    if (first === undefined || last === undefined) return;
    this.#track(
      this.journal.appendBatch(events).then(() => this.#acknowledge(last)),
      first,
    );
  }

  #acknowledge(sequence: bigint): void {
    if (this.journal.durability === 'sync') this.history.noteDurable(sequence);
    // A store into a mapping is acknowledged even if the power went a moment before: there is nobody to notice.
    if (!this.disk.isOff) this.history.noteAcknowledged(sequence);
  }

  async #flush(): Promise<void> {
    const accepted = this.history.next - 1n;
    await this.journal.flush();
    // Without power appends are refused, and a flush then speaks only of those that were not.
    if (!this.disk.isOff && !this.disk.hasFailed && accepted >= this.history.first)
      this.history.noteDurable(accepted);
  }

  async #archive(): Promise<void> {
    const { firstAvailableSequence: first, lastSequence: last } = this.journal;
    if (first === null || last === null) return;
    const before = first + BigInt(this.random.integer(0, Number(last - first)));
    this.history.noteArchiving(before);
    await this.journal.archiveSegmentsBefore(before);
  }

  #nextEvents(count: number): SequencerEvent[] {
    if (this.journal.state !== 'open') return [];
    const { textBytes } = this.options;
    return Array.from({ length: count }, (_, index) =>
      uniqueEvent(
        this.history.next + BigInt(index),
        this.random,
        textBytes === 'mixed' ? this.#mixedLength() : textBytes,
      ),
    );
  }

  #mixedLength(): number {
    const { random } = this;
    if (random.chance(0.8)) return random.integer(0, 300);
    // Now and then an entry that is larger than what may be unsynced, and nearly fills a segment.
    const largest = (this.options.journal.segmentSizeBytes ?? 4096) - 200;
    return random.chance(0.8) ? random.integer(500, 3500) : random.integer(3500, Math.min(largest, 20_000));
  }

  /** @param first of the events that are appended: what was "not written" must not be there later */
  #track(promise: Promise<unknown>, first?: bigint): void {
    const settled = promise.then(
      () => undefined,
      (error: unknown) => {
        if (!JournalError.isJournalError(error)) throw error;
        if (first !== undefined && error.outcome === 'not-written') this.history.noteRefusedFrom(first);
      },
    );
    this.#pending.add(settled);
    void settled.finally(() => this.#pending.delete(settled)).catch(() => undefined);
  }
}
