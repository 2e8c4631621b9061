/** Records the promises of a journal, and checks every recovery against them. */
import type { FileJournal } from '../../../src/file-journal/index.js';
import { SequencerEvent, type JournalEntry } from '../../../src/journal/index.js';
import { jsonCodec } from '../../../src/serialization/index.js';
import type { Random } from '../../support/random.js';

const codec = jsonCodec();
/** Length, sequence, timestamp and CRC. */
const OVERHEAD_BYTES = 24;

/** A unique event: no other event is equal, not even one with the same sequence in another life. */
export function uniqueEvent(sequenceNum: bigint, random: Random, textBytes: number): SequencerEvent {
  let text = '';
  while (text.length < textBytes) text += random.integer(0x10_0000, 0xff_ffff).toString(16);
  return new SequencerEvent({
    sequenceNum,
    timestampNs: 1_700_000_000_000_000_000n + BigInt(random.integer(100_000, 999_999)),
    command: { Note: text.slice(0, textBytes) },
    result: null,
  });
}

/** An entry was lost, invented, changed or left out. */
export class BrokenPromise extends Error {}

export class JournalHistory {
  /** Payloads of all appends after the entries that are known to exist. The index is sequence - first. */
  #submitted: Buffer[] = [];
  /** The number of them that must exist after a power cut. */
  #durable = 0;
  /**
   * The number acknowledged while the power was on. They must exist if only the process died.
   */
  #acknowledged = 0;
  /** Sequences below it were archived; null for none. */
  #archivedBefore: bigint | null = null;

  constructor(readonly first: bigint) {}

  get next(): bigint {
    return this.first + BigInt(this.#submitted.length);
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  noteSubmitted(event: SequencerEvent): void {
    if (event.sequenceNum !== this.next) throw new Error('events are submitted in order');
    this.#submitted.push(Buffer.from(codec.encode(event)));
  }

  /** Events from `sequence` on were refused, with nothing written. */
  noteRefusedFrom(sequence: bigint): void {
    this.#submitted.length = Math.min(this.#submitted.length, Number(sequence - this.first));
  }

  noteAcknowledged(sequence: bigint): void {
    this.#acknowledged = Math.max(this.#acknowledged, Number(sequence - this.first) + 1);
  }

  noteDurable(sequence: bigint | null): void {
    if (sequence !== null) this.#durable = Math.max(this.#durable, Number(sequence - this.first) + 1);
  }

  /** Archiving up to this sequence has begun, so the first available entry may be in any segment up to it. */
  noteArchiving(before: bigint): void {
    if (this.#archivedBefore === null || before > this.#archivedBefore) this.#archivedBefore = before;
  }

  /**
   * Compares the entries of a recovered journal with the promises.
   * @param afterKill whether only the process died, so that every acknowledged entry must exist
   * @param maxUnsyncedBytes the engine may lose at most this many acknowledged bytes, or one entry
   * @throws BrokenPromise
   */
  assertRecovered(journal: FileJournal, afterKill: boolean, maxUnsyncedBytes: number): void {
    const entries = readAll(journal);
    const count = this.#assertContents(entries, journal);
    const { lastSequence } = journal;
    if (lastSequence !== null && lastSequence !== this.first + BigInt(count) - 1n)
      throw new BrokenPromise(`lastSequence ${lastSequence}, but ${count} entries from ${this.first}`);
    const needed = afterKill ? this.#acknowledged : this.#durable;
    if (count < needed) throw new BrokenPromise(`LOST: ${needed} entries were promised, ${count} are there`);
    const lostBytes = this.#submitted
      .slice(count, this.#acknowledged)
      .reduce((sum, payload) => sum + payload.length + OVERHEAD_BYTES, 0);
    if (lostBytes > maxUnsyncedBytes && this.#acknowledged - count > 1)
      throw new BrokenPromise(`${lostBytes} acknowledged bytes were lost, more than ${maxUnsyncedBytes}`);
    // All entries of an opened journal are durable from now on. Missing ones can never reappear.
    this.#submitted.length = count;
    this.#acknowledged = count;
    this.#durable = count;
  }

  /** @returns how many of the submitted entries exist, archived ones included */
  #assertContents(entries: readonly JournalEntry[], journal: FileJournal): number {
    const start = entries[0]?.sequenceNum ?? journal.firstAvailableSequence;
    if (start === null) return 0;
    if (start < this.first || (start > this.first && start > (this.#archivedBefore ?? this.first)))
      throw new BrokenPromise(`HOLE: the journal starts at ${start}, not at ${this.first}`);
    for (const [index, entry] of entries.entries()) {
      const sequence = start + BigInt(index);
      if (entry.sequenceNum !== sequence)
        throw new BrokenPromise(`HOLE: ${entry.sequenceNum} lies where ${sequence} belongs`);
      const submitted = this.#submitted[Number(sequence - this.first)];
      if (submitted === undefined) throw new BrokenPromise(`INVENTED: ${sequence} was never appended`);
      if (!submitted.equals(entry.payload))
        throw new BrokenPromise(
          `CHANGED: ${sequence} was "${submitted.toString()}", is "${Buffer.from(entry.payload).toString()}"`,
        );
    }
    return Number(start - this.first) + entries.length;
  }
}

function readAll(journal: FileJournal): JournalEntry[] {
  try {
    return [...journal.readFrom(0n)];
  } catch (cause) {
    throw new BrokenPromise('UNREADABLE', { cause });
  }
}
