/**
 * Functions are measured with mitata: it warms up, batches what is shorter than the timer resolves and keeps
 * its own loop from being optimised away. tinybench reads the clock around every call and runs task after
 * task; here mitata's `measure` is called per contestant and round instead, so that rounds can be
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
  /** Handles `operations` events. What it returns is kept from being optimised away. */
  readonly run: () => unknown;
}

/**
 * Records nanoseconds per operation (median of the samples of a round). False where mitata is not installed.
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
