import { setImmediate } from 'node:timers/promises';
import { Latencies } from './latency.js';

/** A blocking contestant yields to timers and sockets at this interval, as a server would. */
const YIELD_AFTER_MS = 5;

export interface LoopOutcome {
  readonly entries: number;
  readonly elapsedMs: number;
  readonly latencies: Latencies;
}

/** Runs `inFlight` callers, each of which awaits its append and then makes the next one. */
export async function closedLoop(
  inFlight: number,
  durationMs: number,
  append: () => Promise<unknown>,
): Promise<LoopOutcome> {
  const latencies = new Latencies();
  let entries = 0;
  const startMs = performance.now();
  const endMs = startMs + durationMs;
  const caller = async (): Promise<void> => {
    let beforeMs = performance.now();
    while (beforeMs < endMs) {
      await append();
      const afterMs = performance.now();
      latencies.add(afterMs - beforeMs);
      entries += 1;
      beforeMs = afterMs;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return { entries, elapsedMs: performance.now() - startMs, latencies };
}

/**
 * Runs transactions of `inFlight` entries, one after the other. The latency of an entry is that of its
 * transaction.
 */
export async function batchLoop(
  inFlight: number,
  durationMs: number,
  appendBatch: (count: number) => Promise<unknown> | void,
): Promise<LoopOutcome> {
  const latencies = new Latencies();
  let entries = 0;
  const startMs = performance.now();
  const endMs = startMs + durationMs;
  let yieldedMs = startMs;
  for (;;) {
    const beforeMs = performance.now();
    if (beforeMs >= endMs) break;
    const stored = appendBatch(inFlight);
    if (stored !== undefined) await stored;
    const afterMs = performance.now();
    for (let i = 0; i < inFlight; i += 1) latencies.add(afterMs - beforeMs);
    entries += inFlight;
    if (stored === undefined && afterMs - yieldedMs > YIELD_AFTER_MS) {
      await setImmediate();
      yieldedMs = performance.now();
    }
  }
  return { entries, elapsedMs: performance.now() - startMs, latencies };
}
