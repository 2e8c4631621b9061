/**
 * One life of a journal on a simulated disk: it opens, checks its entries, works, and dies at a random step.
 */
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { FileJournal, type FileJournalOptions, type FileSystem } from '../../../src/file-journal/index.js';
import { JournalError, type SequencerEvent } from '../../../src/journal/index.js';
import { BrokenPromise, uniqueEvent, type JournalHistory } from './journal-history.js';
import type { Random } from '../../support/random.js';
import { JOURNAL_DIRECTORY, type SimulatedDisk } from './simulated-disk.js';

export interface LifeOptions {
  readonly journal: Omit<FileJournalOptions, 'directory' | 'fileSystem'>;
  readonly maxUnsyncedBytes: number;
  /** Wraps the disk; the simulation must notice a broken wrapper. */
  readonly between?: (files: FileSystem) => FileSystem;
  /** Whether all texts have the same length. Only then can an old entry follow exactly after a new one. */
  readonly textBytes: number | 'mixed';
  readonly mayArchive: boolean;
  /** Probability in each round that the device reports EIO once, for the next sync. @default 0 */
  readonly failingSyncs?: number;
  /** Whether to flush; if false, only the engine's own syncs run. @default true */
  readonly flushes?: boolean;
  /** Whether the event loop turns after every round, so that work continues while a sync runs. */
  readonly isUnhurried?: boolean;
  /** Rounds of work. The life ends with a clean close if the power lasts that long. */
  readonly rounds: number;
  /** Whether only processes died since the last comparison, and not the machine. */
  readonly afterKill: boolean;
}

/**
 * @returns whether the journal opened, and its entries were compared with the promises
 * @throws BrokenPromise, or the error of the engine while the power is on
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
      // Without power, the journal cannot be read. The next life reads it.
      if (!disk.isOff) history.assertRecovered(journal, options.afterKill, options.maxUnsyncedBytes);
      for (let round = 0; round < options.rounds && !disk.isOff; round += 1) await this.#round();
    } finally {
      disk.failSyncs(0);
      const closed = journal.close().then(
        () => true,
        () => false,
      );
      await Promise.all([closed, ...this.#pending]);
      // A clean close promises all accepted entries. Otherwise only synced entries are promised.
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
    // In sync durability, an entry that a reader has seen counts as acknowledged.
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
    // A store into a mapping succeeds even after the power cut, so no error reports the cut.
    if (!this.disk.isOff) this.history.noteAcknowledged(sequence);
  }

  async #flush(): Promise<void> {
    const accepted = this.history.next - 1n;
    await this.journal.flush();
    // Without power, the journal refuses appends, so a flush covers only the accepted ones.
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
    // Sometimes an entry that is larger than the unsynced limit, and nearly fills a segment.
    const largest = (this.options.journal.segmentSizeBytes ?? 4096) - 200;
    return random.chance(0.8) ? random.integer(500, 3500) : random.integer(3500, Math.min(largest, 20_000));
  }

  /** @param first sequence of the appended events. Entries reported as "not written" must not exist later */
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
