/** A process that runs journal commands of a test; see children/driven.mjs. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';

const MODULE = fileURLToPath(new URL('../children/driven.mjs', import.meta.url));

export interface ChildError {
  readonly code?: string;
  readonly osCode?: string;
  readonly operation?: string;
  readonly outcome?: string;
  readonly message: string;
}

export interface Reply {
  readonly error?: ChildError;
  readonly [field: string]: unknown;
}

interface Line extends Reply {
  readonly id?: number;
  readonly ready?: number;
  readonly acked?: [string, number];
  readonly flushed?: [string, number];
  readonly snapshot?: [string, number];
  readonly ended?: string;
}

export interface ChildOptions {
  /** Loads the snapshot store before the first command. */
  readonly snapshots?: boolean;
  /** Shell commands before the process starts, such as `ulimit -f 100`. */
  readonly shell?: string;
  readonly nodeOptions?: readonly string[];
}

const running = new Set<DrivenChild>();

export class DrivenChild {
  /** Sequences acknowledged, per journal, in the order of acknowledgement. */
  readonly acked = new Map<string, number[]>();
  /** The last sequence that a `flush` covered, per journal. */
  readonly flushed = new Map<string, number>();
  /** The last snapshot saved by a stream, per journal. */
  readonly snapshots = new Map<string, number>();
  /** Ended streams, with the reason. */
  readonly ended = new Map<string, ChildError>();
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  #nextId = 1;
  readonly #waiting = new Map<number, (reply: Reply | null) => void>();
  readonly #ready: Promise<void>;
  #stderr = '';

  private constructor(private readonly process: ChildProcessWithoutNullStreams) {
    running.add(this);
    process.stdin.on('error', () => undefined); // the process may have ended already
    process.stderr.on('data', (data: Buffer) => (this.#stderr += data.toString()));
    let ready = (): void => undefined;
    const isReady = new Promise<void>((resolve) => (ready = resolve));
    createInterface({ input: process.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return; // a log line
      const said = JSON.parse(line) as Line;
      if (said.ready !== undefined) ready();
      this.#note(said);
    });
    this.exited = once(process, 'close').then(([code, signal]) => {
      running.delete(this);
      for (const settle of this.#waiting.values()) settle(null);
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
    this.#ready = Promise.race([
      isReady,
      this.exited.then(() => {
        throw new Error(`the child did not start: ${this.#stderr}`);
      }),
    ]);
  }

  static async start({
    snapshots = false,
    shell,
    nodeOptions = [],
  }: ChildOptions = {}): Promise<DrivenChild> {
    const args = [...nodeOptions, MODULE, ...(snapshots ? ['--snapshots'] : [])];
    // One pool thread, so that the count of one thread covers all calls.
    const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
    const child =
      shell === undefined
        ? spawn(process.execPath, args, { env })
        : spawn('bash', ['-c', `${shell}; exec "$0" "$@"`, process.execPath, ...args], { env });
    const driven = new DrivenChild(child);
    await driven.#ready;
    return driven;
  }

  get pid(): number {
    return this.process.pid as number;
  }

  /** Sends a command. @returns the answer; null if the process ended first */
  ask(command: string, details: object = {}): Promise<Reply | null> {
    const id = this.#nextId++;
    const reply = new Promise<Reply | null>((resolve) => this.#waiting.set(id, resolve));
    this.process.stdin.write(`${JSON.stringify({ id, do: command, ...details })}\n`);
    return Promise.race([reply, this.exited.then(() => null)]);
  }

  /**
   * Runs a command and returns its answer.
   * @throws when the command fails or the process ends
   */
  async run(command: string, details: object = {}): Promise<Reply> {
    const reply = await this.ask(command, details);
    if (reply === null) throw new Error(`the child ended during ${command}: ${this.#stderr}`);
    if (reply.error !== undefined) throw new Error(`${command} failed: ${JSON.stringify(reply.error)}`);
    return reply;
  }

  /**
   * Runs a command that must fail, and returns its error.
   * @throws when the command succeeds or the process ends
   */
  async failureOf(command: string, details: object = {}): Promise<ChildError> {
    const reply = await this.ask(command, details);
    if (reply === null) throw new Error(`the child ended during ${command}: ${this.#stderr}`);
    if (reply.error === undefined) throw new Error(`${command} did not fail`);
    return reply.error;
  }

  /** The highest sequence up to which all entries were acknowledged; -1 for none. */
  lastAcked(name: string): number {
    return Math.max(-1, ...(this.acked.get(name) ?? []));
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  #note(said: Line): void {
    if (said.acked !== undefined) {
      const [name, sequence] = said.acked;
      const list = this.acked.get(name);
      if (list === undefined) this.acked.set(name, [sequence]);
      else list.push(sequence);
    }
    if (said.flushed !== undefined) this.flushed.set(...said.flushed);
    if (said.snapshot !== undefined) this.snapshots.set(...said.snapshot);
    if (said.ended !== undefined && said.error !== undefined) this.ended.set(said.ended, said.error);
    if (said.id === undefined) return;
    this.#waiting.get(said.id)?.(said);
    this.#waiting.delete(said.id);
  }
}

export async function killChildren(): Promise<void> {
  await Promise.all([...running].map((child) => child.kill()));
}

afterAll(killChildren);
