import { fileURLToPath } from 'node:url';
import { ChildScript } from '../harness/child-script.js';
import { Latencies } from '../harness/latency.js';
import type { LoadRequest } from './load.js';

export interface LoadOutcome {
  readonly requests: number;
  readonly elapsedMs: number;
  /** CPU time of the process that makes the requests. */
  readonly cpuUs: number;
  readonly latencies: Latencies;
}

export type LoadReply =
  | { readonly kind: 'ready'; readonly isAutocannon: boolean }
  | (Omit<LoadOutcome, 'latencies'> & { readonly kind: 'turn'; readonly samplesMs: Float64Array });

const SCRIPT = fileURLToPath(new URL('../run-http-load.js', import.meta.url));

/** The process that makes the requests. */
export interface LoadGenerator {
  /** False if autocannon is not installed. */
  readonly isAutocannon: boolean;
  /** @throws (rejects) when a request failed */
  run(request: LoadRequest): Promise<LoadOutcome>;
  close(): Promise<void>;
}

export async function startLoadGenerator(): Promise<LoadGenerator> {
  const child = new ChildScript<LoadRequest, LoadReply>('the load generator', SCRIPT, []);
  const ready = await child.reply();
  if (ready.kind !== 'ready') throw new Error('the load generator did not start');
  return {
    isAutocannon: ready.isAutocannon,
    async run(request) {
      const reply = await child.ask(request);
      if (reply.kind !== 'turn') throw new Error('the load generator reported no outcome');
      const { requests, elapsedMs, cpuUs, samplesMs } = reply;
      return { requests, elapsedMs, cpuUs, latencies: Latencies.of(samplesMs) };
    },
    close: () => child.stop(),
  };
}
