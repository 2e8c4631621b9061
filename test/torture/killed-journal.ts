/**
 * One journal whose writers are killed one after the other, compared with the acknowledgements from their
 * pipes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { FileJournal, type FileJournalOptions } from '../../src/file-journal/index.js';
import type { Random } from '../support/random.js';
import { startChild } from '../support/child.js';

const WRITER = new URL('./children/append-until-killed.mjs', import.meta.url);

export interface KillFigures {
  readonly entries: number;
  readonly acknowledged: number;
  readonly whileOpening: boolean;
}

export class KilledJournal {
  /** By sequence: the life that wrote the entry, fixed once the entry was found after that life. */
  readonly #writtenBy: number[] = [];
  #archivedBefore = 0n;
  #life = 0;

  constructor(
    private readonly directory: string,
    private readonly options: Omit<FileJournalOptions, 'directory'>,
    private readonly random: Random,
  ) {}

  /**
   * Starts a writer, kills it at a random moment, opens the journal and compares.
   * @throws where an entry is lost, invented or left out
   */
  async killOnce(): Promise<KillFigures> {
    const whileOpening = this.random.chance(0.2);
    const said = await this.#writeUntilKilled(whileOpening);
    const acknowledged = said.filter((line) => line.startsWith('a ')).map((line) => BigInt(line.slice(2)));
    for (const line of said.filter((one) => one.startsWith('archive ')))
      this.#archivedBefore = BigInt(line.slice('archive '.length));
    const last = acknowledged.reduce((highest, sequence) => (sequence > highest ? sequence : highest), -1n);
    await this.#assertHolds(last);
    return { entries: this.#writtenBy.length, acknowledged: acknowledged.length, whileOpening };
  }

  async #writeUntilKilled(whileOpening: boolean): Promise<string[]> {
    this.#life += 1;
    const child = startChild(WRITER, [
      this.directory,
      JSON.stringify(this.options),
      String(this.#life),
      String(this.random.integer(1, 2 ** 31)),
    ]);
    let output = '';
    child.process.stdout?.on('data', (data: Buffer) => (output += data.toString()));
    await child.line(whileOpening ? 'opening' : 'open');
    await delay(whileOpening ? this.random.integer(0, 4) : this.random.integer(0, 120));
    await child.kill('SIGKILL');
    // An incomplete line follows the last line break.
    return output.split('\n').slice(0, -1);
  }

  async #assertHolds(lastAcknowledged: bigint): Promise<void> {
    await using journal = await FileJournal.open({ directory: this.directory, ...this.options });
    const first = journal.firstAvailableSequence ?? 0n;
    if (first > this.#archivedBefore) throw new Error(`HOLE: the journal starts at ${first}`);
    let expected = first;
    for (const entry of journal.readFrom(0n)) {
      if (entry.sequenceNum !== expected)
        throw new Error(`HOLE: ${entry.sequenceNum} where ${expected} belongs`);
      this.#assertWrittenByRightLife(expected, (entry.event.command as { Note: string }).Note);
      expected += 1n;
    }
    const promised = BigInt(this.#settledCount);
    if (expected <= lastAcknowledged || expected < promised)
      throw new Error(
        `LOST: ${lastAcknowledged} was acknowledged, ${promised} entries were there, it ends at ${expected}`,
      );
    for (let sequence = this.#settledCount; BigInt(sequence) < expected; sequence += 1)
      this.#writtenBy[sequence] = this.#life;
    const report = await journal.verifyIntegrity();
    if (!report.ok) throw new Error(`DAMAGED: ${JSON.stringify(report.errors[0])}`);
  }

  get #settledCount(): number {
    return this.#writtenBy.length;
  }

  #assertWrittenByRightLife(sequence: bigint, text: string): void {
    const life = this.#writtenBy[Number(sequence)] ?? this.#life;
    if (!text.startsWith(`${life}:${sequence}:`))
      throw new Error(`INVENTED: ${sequence} should be of life ${life}, is ${text.slice(0, 40)}`);
  }
}
