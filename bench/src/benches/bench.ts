import type { Figures } from '../harness/measurements.js';
import type { Plan } from '../harness/plan.js';

export interface BenchContext {
  readonly plan: Plan;
  /** An empty directory on the disk that is measured. */
  readonly workspace: string;
  readonly figures: Figures;
}

/** One bench, which runs in a process of its own. */
export type Bench = (context: BenchContext) => Promise<void>;
