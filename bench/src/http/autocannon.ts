import { Latencies } from '../harness/latency.js';
import { loadContestant } from '../harness/project.js';
import { depositsOf } from './deposits.js';
import type { Load, LoadFigures, LoadRequest } from './load.js';

interface Client {
  setRequests(requests: readonly object[]): void;
}

interface Running extends Promise<{ readonly errors: number; readonly non2xx: number }> {
  on(
    event: 'response',
    listener: (client: Client, status: number, bytes: number, elapsedMs: number) => void,
  ): void;
  stop(): void;
}

type Autocannon = (options: object) => Running;

/** How often autocannon checks whether it was stopped. */
const SAMPLE_MS = 10;
/** Longer than any turn. */
const MAX_SECONDS = 600;

/** @throws (rejects) when it is not installed */
export async function loadAutocannon(): Promise<Load> {
  const { default: autocannon } = await loadContestant<{ default: Autocannon }>('autocannon');
  return (request) => fire(autocannon, request);
}

async function fire(
  autocannon: Autocannon,
  { port, connections, durationMs }: LoadRequest,
): Promise<LoadFigures> {
  const latencies = new Latencies();
  let requests = 0;
  let opened = 0;
  const startMs = performance.now();
  let lastMs = startMs;
  const running = autocannon({
    url: `http://127.0.0.1:${port}`,
    connections,
    duration: MAX_SECONDS,
    sampleInt: SAMPLE_MS,
    setupClient(client: Client) {
      client.setRequests(depositsOf(opened).map(requestOf));
      opened += 1;
    },
  });
  // autocannon's own histogram counts whole milliseconds.
  running.on('response', (_client, _status, _bytes, elapsedMs) => {
    latencies.add(elapsedMs);
    requests += 1;
    lastMs = performance.now();
    // A first turn may end before a new process has answered any request.
    if (lastMs - startMs >= durationMs && requests >= connections) running.stop();
  });
  const { errors, non2xx } = await running;
  return { requests, failures: errors + non2xx, elapsedMs: lastMs - startMs, latencies };
}

function requestOf(deposit: object): object {
  return {
    method: 'POST',
    path: '/deposits',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(deposit),
  };
}
