/**
 * One journal whose Sequencers are killed one after the other, compared with the answers from their pipes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { FileJournal, type FileJournalOptions } from '../../src/file-journal/index.js';
import type { Random } from '../support/random.js';
import { startChild } from '../support/child.js';

const SUBMITTER = new URL('./children/submit-until-killed.mjs', import.meta.url);
/** Number of answered ids that each life submits again first. */
const REPEATED_ANSWERED = 20;

export interface CommandKillsOptions {
  readonly journal: Omit<FileJournalOptions, 'directory'>;
  /** Command window of the Sequencer, in entries. */
  readonly commandWindow: number;
  /** Number of newest ids to choose from. */
  readonly spread: number;
}

interface Answer {
  readonly id: string;
  readonly sequence: string;
  readonly timestampNs: string;
  readonly result: { readonly total: number };
}

/** One start of the child. */
interface Life {
  readonly repeats: readonly number[];
  readonly firstNew: number;
  readonly isLast: boolean;
}

export class KilledCommands {
  /** The latest answer of each id: with a window over all entries, the only possible one. */
  readonly #answers = new Map<string, Answer>();
  readonly #unanswered = new Set<string>();
  /** Answers to ids that were answered in an earlier life, or whose first life ended before the answer. */
  repeatedOverKills = 0;
  /** Of these: journaled without an answer. */
  foundJournaled = 0;
  answers = 0;
  entries = 0;
  #newest = 0;
  #journaled = new Set<string>();

  constructor(
    private readonly directory: string,
    private readonly options: CommandKillsOptions,
    private readonly random: Random,
  ) {}

  /**
   * Starts a child, kills it at a random moment and compares.
   * @throws where a command was executed twice, lost or answered differently
   */
  async killOnce(): Promise<void> {
    const whileOpening = this.random.chance(0.2);
    const child = this.#start(false);
    await child.line(whileOpening ? 'opening' : 'open');
    await delay(this.random.integer(0, whileOpening ? 20 : 200));
    await child.kill('SIGKILL');
    await this.#compare(child.output());
  }

  /** Runs a last life without a kill: every command without an answer gets one. */
  async finish(): Promise<void> {
    const child = this.#start(true);
    await child.line('closed');
    await child.exited;
    await this.#compare(child.output());
    if (this.#unanswered.size > 0) throw new Error(`UNANSWERED: ${[...this.#unanswered].join(' ')}`);
  }

  #start(isLast: boolean) {
    const answered = [...this.#answers.keys()].slice(-4 * REPEATED_ANSWERED);
    const repeats = [...this.#unanswered, ...answered.filter(() => this.random.chance(0.25))];
    const life: Life = { repeats: repeats.map(numberOf), firstNew: this.#newest, isLast };
    const child = startChild(SUBMITTER, [
      this.directory,
      JSON.stringify(this.options.journal),
      JSON.stringify({
        ...life,
        commandWindow: this.options.commandWindow,
        spread: this.options.spread,
        seed: this.random.integer(1, 2 ** 31),
        loadsIdsFirst: this.random.chance(0.5),
      }),
    ]);
    let output = '';
    child.process.stdout?.on('data', (data: Buffer) => (output += data.toString()));
    // An incomplete line follows the last line break.
    return { ...child, output: () => output.split('\n').slice(0, -1) };
  }

  async #compare(said: readonly string[]): Promise<void> {
    const knownBefore = new Set([...this.#answers.keys(), ...this.#unanswered]);
    const journaledBefore = this.#journaled;
    for (const line of said) {
      const rest = line.slice(2);
      if (line.startsWith('s ')) this.#noteSubmitted(rest);
      else if (line.startsWith('e ')) throw new Error(`REFUSED: ${rest}`);
      else if (line.startsWith('r ')) {
        const answer = JSON.parse(rest) as Answer;
        this.answers += 1;
        if (knownBefore.has(answer.id)) this.repeatedOverKills += 1;
        if (this.#unanswered.has(answer.id) && journaledBefore.has(answer.id)) this.foundJournaled += 1;
        this.#noteAnswered(answer);
      }
    }
    await this.#assertJournalHolds();
  }

  #noteSubmitted(id: string): void {
    if (!this.#answers.has(id)) this.#unanswered.add(id);
    this.#newest = Math.max(this.#newest, numberOf(id) + 1);
  }

  #noteAnswered(answer: Answer): void {
    const first = this.#answers.get(answer.id);
    if (first !== undefined && JSON.stringify(first) !== JSON.stringify(answer)) {
      const distance = BigInt(answer.sequence) - BigInt(first.sequence);
      if (distance <= BigInt(this.options.commandWindow)) {
        throw new Error(`ANSWERED OTHERWISE: ${JSON.stringify(first)}, then ${JSON.stringify(answer)}`);
      }
    }
    this.#unanswered.delete(answer.id);
    this.#answers.set(answer.id, answer);
  }

  async #assertJournalHolds(): Promise<void> {
    await using journal = await FileJournal.open({ directory: this.directory, ...this.options.journal });
    const sequences = new Map<string, bigint>();
    const stored = new Map<string, string>();
    const totals = new Map<string, number>();
    for (const { sequenceNum, timestampNs, event } of journal.readFrom(0n)) {
      const { add, to } = event.command as { add: number; to: string };
      const result = event.result as Answer['result'];
      const total = (totals.get(to) ?? 0) + add;
      totals.set(to, total);
      if (result.total !== total)
        throw new Error(`EXECUTED TWICE: ${sequenceNum} says ${result.total}, the journal comes to ${total}`);
      const { commandId: id } = event;
      if (id === null) continue;
      const before = sequences.get(id);
      if (before !== undefined && sequenceNum - before <= BigInt(this.options.commandWindow))
        throw new Error(`JOURNALED TWICE: ${id} at ${before} and ${sequenceNum}`);
      sequences.set(id, sequenceNum);
      stored.set(
        `${id} ${sequenceNum}`,
        JSON.stringify({ id, sequence: `${sequenceNum}`, timestampNs: `${timestampNs}`, result }),
      );
    }
    for (const answer of this.#answers.values()) {
      const found = stored.get(`${answer.id} ${answer.sequence}`);
      if (found !== JSON.stringify(answer))
        throw new Error(`LOST: ${JSON.stringify(answer)} was answered, the journal has ${found}`);
    }
    for (const id of sequences.keys()) {
      if (!this.#answers.has(id) && !this.#unanswered.has(id))
        throw new Error(`INVENTED: ${id} was never submitted`);
    }
    this.#journaled = new Set(sequences.keys());
    this.entries = Number((journal.lastSequence ?? -1n) + 1n);
  }
}

function numberOf(id: string): number {
  return Number(id.slice(1));
}
