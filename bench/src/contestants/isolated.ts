/**
 * Runs each contestant in its own process, as an application would: its objects, garbage and threads do not
 * affect the figures of another.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Latencies } from '../harness/latency.js';
import type { LoopOutcome } from '../harness/loops.js';
import type { Opening } from './contestant.js';

/** The figures of one turn of a contestant, and the resources that it used. */
export interface TurnOutcome extends LoopOutcome {
  readonly cpuUs: number;
  /** On the JavaScript heap. */
  readonly allocatedBytes: number;
  readonly delayP99Ms: number;
  readonly longestGapMs: number;
}

/** An appender in another process. Only one of them runs at a time. */
export interface IsolatedAppender {
  readonly name: string;
  supports(inFlight: number): boolean;
  run(inFlight: number, durationMs: number): Promise<TurnOutcome>;
  close(): Promise<void>;
}

export interface Turn {
  readonly inFlight: number;
  readonly durationMs: number;
}

/** Message of the child: one at its start, then one per turn. */
export type Reply =
  | { readonly kind: 'ready'; readonly supported: readonly number[] }
  | { readonly kind: 'failed'; readonly message: string; readonly code: unknown }
  | {
      readonly kind: 'turn';
      readonly outcome: Omit<TurnOutcome, 'latencies'>;
      readonly samplesMs: Float64Array;
    };

const SCRIPT = fileURLToPath(new URL('../run-appender.js', import.meta.url));

/** @param inFlight the numbers that will be asked for */
export function isolated({ name }: Opening<unknown>, inFlight: readonly number[]): Opening<IsolatedAppender> {
  return {
    name,
    async open(directory) {
      const child = fork(SCRIPT, [name, directory, JSON.stringify(inFlight)], {
        execArgv: ['--enable-source-maps'],
        serialization: 'advanced',
      });
      const ready = await replyOf(child, name);
      if (ready.kind !== 'ready') throw new Error(`${name} did not start`);
      return {
        name,
        supports: (number) => ready.supported.includes(number),
        async run(number, durationMs) {
          child.send({ inFlight: number, durationMs } satisfies Turn);
          const reply = await replyOf(child, name);
          if (reply.kind !== 'turn') throw new Error(`${name} gave no outcome`);
          return { ...reply.outcome, latencies: Latencies.of(reply.samplesMs) };
        },
        async close() {
          const exited = once(child, 'exit');
          child.disconnect();
          const [code] = (await exited) as unknown[];
          if (code !== 0) throw new Error(`${name} did not close`);
        },
      };
    },
  };
}

async function replyOf(child: ChildProcess, name: string): Promise<Reply> {
  const abort = new AbortController();
  try {
    const [reply] = (await Promise.race([
      once(child, 'message', { signal: abort.signal }),
      once(child, 'exit', { signal: abort.signal }).then(([code, signal]: unknown[]) => {
        throw new Error(`${name} ended with ${String(signal ?? `exit code ${String(code)}`)}`);
      }),
    ])) as [Reply];
    if (reply.kind === 'failed') throw Object.assign(new Error(reply.message), { code: reply.code });
    return reply;
  } finally {
    abort.abort();
  }
}
