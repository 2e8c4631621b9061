import type { Latencies } from '../harness/latency.js';

export interface LoadRequest {
  readonly port: number;
  readonly connections: number;
  readonly durationMs: number;
}

export interface LoadFigures {
  readonly requests: number;
  /** Requests without an answer, or with a status other than 2xx. */
  readonly failures: number;
  readonly elapsedMs: number;
  readonly latencies: Latencies;
}

/** Keeps one request in flight on each connection. */
export type Load = (request: LoadRequest) => Promise<LoadFigures>;
