/** The result of a bench: figures per round, and targets as ratios of figures. */

/** One contestant's figure, once per round. */
export interface Measurement {
  readonly metric: string;
  readonly unit: string;
  readonly contestant: string;
  /**
   * The parameter that the figure is plotted against (appends in flight, journal size); null if there is only
   * one.
   */
  readonly x: number | null;
  readonly rounds: number[];
}

/** A target of the project: a ratio of two figures of the same round. */
export interface Target {
  readonly id: string;
  readonly text: string;
  readonly bound: 'at least' | 'at most';
  readonly limit: number;
  /** One ratio (or, where `unit` says so, one absolute figure) per round. */
  readonly rounds: number[];
  /** The figures that `rounds` compares: "ours / theirs"; a unit for an absolute figure. */
  readonly of: string;
}

export interface BenchResult {
  readonly bench: string;
  readonly measurements: Measurement[];
  readonly targets: Target[];
  /** Contestants that did not take part, with the reason. */
  readonly skipped: { readonly contestant: string; readonly reason: string }[];
  readonly notes: string[];
  durationMs: number;
}

/** Collects figures round by round. */
export class Figures {
  readonly #measurements = new Map<string, Measurement>();
  readonly targets: Target[] = [];
  readonly skipped: { contestant: string; reason: string }[] = [];
  readonly notes: string[] = [];

  record(metric: string, unit: string, contestant: string, x: number | null, value: number): void {
    const key = JSON.stringify([metric, contestant, x]);
    let measurement = this.#measurements.get(key);
    if (measurement === undefined) {
      measurement = { metric, unit, contestant, x, rounds: [] };
      this.#measurements.set(key, measurement);
    }
    measurement.rounds.push(value);
  }

  /** Figures of all rounds; null when the contestant did not take part. */
  rounds(metric: string, contestant: string, x: number | null = null): readonly number[] | null {
    return this.#measurements.get(JSON.stringify([metric, contestant, x]))?.rounds ?? null;
  }

  /** The contestant among `names` with the best median of `metric`; null when none took part. */
  best(
    metric: string,
    names: readonly string[],
    x: number | null,
    wanted: 'highest' | 'lowest',
  ): string | null {
    let best: { name: string; value: number } | null = null;
    for (const name of names) {
      const rounds = this.rounds(metric, name, x);
      if (rounds === null) continue;
      const value = median(rounds);
      if (best === null || (wanted === 'highest' ? value > best.value : value < best.value))
        best = { name, value };
    }
    return best?.name ?? null;
  }

  /**
   * Adds a target: `ours` divided by `theirs`, round by round. If one of them is missing, a note reports it.
   */
  target(
    target: Omit<Target, 'rounds' | 'of'>,
    metric: string,
    ours: string,
    theirs: string | null,
    x: number | null = null,
  ): void {
    const numerators = this.rounds(metric, ours, x);
    const denominators = theirs === null ? null : this.rounds(metric, theirs, x);
    if (numerators === null || denominators === null) {
      this.notes.push(`target ${target.id} is not measured: ${ours} or its reference did not take part`);
      return;
    }
    const rounds = numerators.map((value, round) => value / (denominators[round] ?? Number.NaN));
    this.targets.push({ ...target, rounds, of: `${metric}: ${ours} / ${theirs}` });
  }

  result(bench: string, durationMs: number): BenchResult {
    const { targets, skipped, notes } = this;
    const measurements = [...this.#measurements.values()].sort(
      (a, b) => rank(a) - rank(b) || a.contestant.localeCompare(b.contestant) || (a.x ?? 0) - (b.x ?? 0),
    );
    return { bench, measurements, targets, skipped, notes, durationMs };
  }
}

/** Sorts: this package first, then the peers, then the floors. */
function rank({ contestant }: Measurement): number {
  if (contestant.startsWith('floor')) return 2;
  return contestant.startsWith('nestjs-file-journal') ? 0 : 1;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
