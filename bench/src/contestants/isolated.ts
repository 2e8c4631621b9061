/**
 * Runs each contestant in its own process, like an application, so that its objects, garbage and threads do
 * not affect the figures of another.
 */
import { fileURLToPath } from 'node:url';
import { ChildScript } from '../harness/child-script.js';
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

/** The messages of the child: one at its start, then one per turn. */
export type Reply =
  | { readonly kind: 'ready'; readonly supported: readonly number[] }
  | {
      readonly kind: 'turn';
      readonly outcome: Omit<TurnOutcome, 'latencies'>;
      readonly samplesMs: Float64Array;
    };

const SCRIPT = fileURLToPath(new URL('../run-appender.js', import.meta.url));

/** @param inFlight the numbers in flight that the turns will use */
export function isolated({ name }: Opening<unknown>, inFlight: readonly number[]): Opening<IsolatedAppender> {
  return {
    name,
    async open(directory) {
      const child = new ChildScript<Turn, Reply>(name, SCRIPT, [name, directory, JSON.stringify(inFlight)]);
      const ready = await child.reply();
      if (ready.kind !== 'ready') throw new Error(`${name} did not start`);
      return {
        name,
        supports: (number) => ready.supported.includes(number),
        async run(number, durationMs) {
          const reply = await child.ask({ inFlight: number, durationMs });
          if (reply.kind !== 'turn') throw new Error(`${name} reported no outcome`);
          return { ...reply.outcome, latencies: Latencies.of(reply.samplesMs) };
        },
        close: () => child.stop(),
      };
    },
  };
}
