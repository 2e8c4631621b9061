/**
 * mitata measures functions: it warms up, batches calls that are shorter than the timer resolves, and
 * prevents V8 from optimizing its loop away. tinybench reads the clock around every call and runs one task
 * after the other. The benches call mitata's `measure` per contestant and round, so that rounds can be
 * interleaved.
 */
import type { Figures } from './measurements.js';
import type { Plan } from './plan.js';
import { loadContestant } from './project.js';
import { inRounds } from './rounds.js';

interface Mitata {
  measure(fn: () => unknown, options: object): Promise<{ p50: number }>;
}

export interface MeasuredFunction {
  readonly name: string;
  /** Handles `operations` events. V8 cannot optimize its result away. */
  readonly run: () => unknown;
}

/**
 * Records nanoseconds per operation (median of the samples of a round). Returns false if mitata is not
 * installed.
 */
export async function measureFunctions(
  { metric, operations }: { metric: string; operations: number },
  functions: readonly MeasuredFunction[],
  plan: Plan,
  figures: Figures,
): Promise<boolean> {
  let mitata: Mitata;
  try {
    mitata = await loadContestant<Mitata>('mitata');
  } catch {
    figures.skipped.push({ contestant: `mitata (${metric})`, reason: 'not installed' });
    return false;
  }
  const options = {
    min_cpu_time: plan.sliceMs * 1e6,
    min_samples: 5,
    // Collects garbage before a round instead of inside it.
    inner_gc: false,
    gc: false,
    warmup_samples: 2,
  };
  for (const { run } of functions) await mitata.measure(run, options);
  await inRounds(plan.rounds, functions, async ({ name, run }) => {
    const { p50 } = await mitata.measure(run, options);
    figures.record(metric, 'ns/event', name, null, p50 / operations);
  });
  return true;
}
