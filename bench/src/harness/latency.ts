import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Figures } from './measurements.js';

/**
 * Collects times in a plain array while the clock runs, and counts them in an HDR histogram afterwards.
 * Node's own `createHistogram` is HdrHistogram_c with three significant digits.
 */
export class Latencies {
  #samplesMs: Float64Array = new Float64Array(1 << 16);
  #count = 0;

  static of(samplesMs: Float64Array): Latencies {
    const latencies = new Latencies();
    latencies.#samplesMs = samplesMs;
    latencies.#count = samplesMs.length;
    return latencies;
  }

  get samplesMs(): Float64Array {
    return this.#samplesMs.slice(0, this.#count);
  }

  add(ms: number): void {
    if (this.#count === this.#samplesMs.length) {
      const grown = new Float64Array(Math.max(1 << 16, this.#samplesMs.length * 2));
      grown.set(this.#samplesMs);
      this.#samplesMs = grown;
    }
    this.#samplesMs[this.#count] = ms;
    this.#count += 1;
  }

  addAll(others: Latencies): void {
    for (let i = 0; i < others.#count; i += 1) this.add(others.#samplesMs[i] ?? 0);
  }

  record(figures: Figures, contestant: string, x: number | null): void {
    const histogram = createHistogram();
    for (let i = 0; i < this.#count; i += 1) {
      histogram.record(Math.max(1, Math.round((this.#samplesMs[i] ?? 0) * 1e6)));
    }
    if (this.#count === 0) return;
    for (const percentile of [50, 99, 99.9]) {
      figures.record(`latency p${percentile}`, 'ms', contestant, x, histogram.percentile(percentile) / 1e6);
    }
    figures.record('latency max', 'ms', contestant, x, histogram.max / 1e6);
  }
}

/** Measures the delay of timers while work runs. */
export class LoopWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: 1 });
  #longestGapMs = 0;
  #lastTickMs = performance.now();
  readonly #timer = setInterval(() => {
    const nowMs = performance.now();
    this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#lastTickMs);
    this.#lastTickMs = nowMs;
  }, 1);

  constructor() {
    this.#delay.enable();
  }

  stop(): { delayP99Ms: number; longestGapMs: number } {
    this.#delay.disable();
    clearInterval(this.#timer);
    const longestGapMs = Math.max(this.#longestGapMs, performance.now() - this.#lastTickMs);
    // Without a sample, the event loop was never free.
    const delayP99Ms = this.#delay.count === 0 ? longestGapMs : this.#delay.percentile(99) / 1e6;
    return { delayP99Ms, longestGapMs };
  }
}
