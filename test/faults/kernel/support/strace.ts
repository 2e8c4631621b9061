/** Injects faults into the system calls of a running process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import type { DrivenChild } from './driven-child.js';

export interface TracedCall {
  readonly name: string;
  /** The line of strace, with the paths of descriptors. */
  readonly text: string;
  readonly injected: boolean;
}

interface TraceOptions {
  /** Names of calls to log, in addition to the calls with an injection. */
  readonly trace: readonly string[];
  /** Injections such as `fdatasync:error=EIO:when=1`, counted per thread and call from now on. */
  readonly inject?: readonly string[];
  /** Only calls on these paths are logged, counted and failed. */
  readonly paths?: readonly string[];
}

const attached = new Set<Strace>();

export class Strace {
  readonly #folder = mkdtempSync(join(tmpdir(), 'strace-'));
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(pid: number, { trace, inject = [], paths = [] }: TraceOptions) {
    attached.add(this);
    // strace silently ignores an injection into a call that it does not trace.
    const names = new Set([...trace, ...inject.map((fault) => fault.slice(0, fault.indexOf(':')))]);
    this.#process = spawn(
      'strace',
      [
        ...['-f', '-y', '-o', this.#log, '-p', String(pid)],
        ...['-e', `trace=${[...names].join(',')}`, '-e', 'signal=none'],
        ...inject.flatMap((fault) => ['-e', `inject=${fault}`]),
        ...paths.flatMap((path) => ['-P', path]),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#ended = once(this.#process, 'close');
  }

  /** Resolves when every thread of the child is being traced. */
  static async attach(child: DrivenChild, options: TraceOptions): Promise<Strace> {
    const strace = new Strace(child.pid, options);
    let said = '';
    await new Promise<void>((resolve, reject) => {
      strace.#process.stderr?.on('data', (data: Buffer) => {
        said += data.toString();
        if (/attached/.test(said)) resolve();
      });
      void strace.#ended.then(() => reject(new Error(`strace ended: ${said}`)));
    });
    return strace;
  }

  get #log(): string {
    return join(this.#folder, 'log');
  }

  /** The calls so far, in the order in which they began. Complete once the strace has ended. */
  calls(): TracedCall[] {
    return parseTrace(readFileSync(this.#log, 'utf8'));
  }

  /** Detaches from the process. @returns all its calls */
  async detach(): Promise<TracedCall[]> {
    this.#process.kill('SIGINT');
    await this.#ended;
    const calls = this.calls();
    this.#remove();
    return calls;
  }

  #remove(): void {
    attached.delete(this);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * Returns the calls in a log of `strace -f`. If another thread makes a call during a call, strace writes two
 * lines for it: `7 fdatasync(5 <unfinished ...>` and later `7 <... fdatasync resumed>) = -1 EIO (INJECTED)`.
 */
export function parseTrace(log: string): TracedCall[] {
  const calls: { name: string; text: string }[] = [];
  const unfinished = new Map<string, { name: string; text: string }>();
  // strace is still writing the line after the last line end.
  for (const line of log.slice(0, log.lastIndexOf('\n') + 1).split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    if (resumed !== null) {
      const call = unfinished.get(thread);
      if (call !== undefined) call.text += resumed[1];
      unfinished.delete(thread);
      continue;
    }
    const began = /^(\w+)\((.*)$/.exec(rest);
    if (began === null) continue;
    const [, name = '', text = ''] = began;
    const call = { name, text: text.replace(/ <unfinished \.\.\.>$/, '') };
    calls.push(call);
    if (call.text !== text) unfinished.set(thread, call);
  }
  return calls.map(({ name, text }) => ({ name, text, injected: text.includes('(INJECTED)') }));
}

afterAll(() => Promise.all([...attached].map((strace) => strace.detach())));
