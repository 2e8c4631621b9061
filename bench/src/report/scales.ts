/** The ticks of an axis and the texts of its numbers. */

const STEPS: readonly (readonly number[])[] = [[1, 2, 5], [1, 3], [1]];
const MAX_TICKS = 8;
/** The margin of a logarithmic axis beyond the lowest and the highest value. */
const MARGIN_FACTOR = 1.15;

/** The ends of a logarithmic axis. */
export function logarithmicDomain(values: readonly number[]): [number, number] {
  return [Math.min(...values) / MARGIN_FACTOR, Math.max(...values) * MARGIN_FACTOR];
}

/** As many round numbers on a logarithmic axis as fit. */
export function logarithmicTicks([lowest, highest]: readonly [number, number]): number[] {
  for (const steps of STEPS) {
    const ticks: number[] = [];
    for (let power = Math.floor(Math.log10(lowest)); power <= Math.log10(highest); power += 1) {
      for (const step of steps) ticks.push(Number((step * 10 ** power).toPrecision(1)));
    }
    const shown = ticks.filter((tick) => tick >= lowest && tick <= highest);
    if (shown.length <= MAX_TICKS || steps.length === 1) return shown;
  }
  return [];
}

/** Round numbers from zero to the first one past every value. */
export function linearTicks(highest: number): number[] {
  const step = [1, 2, 2.5, 5, 10]
    .map((factor) => factor * 10 ** Math.floor(Math.log10(highest / 4)))
    .find((candidate) => highest / candidate <= 5);
  if (step === undefined) return [0];
  return Array.from({ length: Math.ceil(highest / step) + 1 }, (_, index) =>
    Number((index * step).toPrecision(6)),
  );
}

export function shortNumber(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  if (value >= 1e3) return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
  return String(Number(value.toPrecision(3)));
}

/** {@link shortNumber} for an axis, where an exact thousand takes less room as `1k`. */
export function tickNumber(value: number): string {
  return value >= 1e3 && value < 1e4 ? `${Number((value / 1e3).toPrecision(3))}k` : shortNumber(value);
}

/** The ticks, from the highest down, whose labels do not overlap. */
export function ticksWithRoom(
  ticks: readonly number[],
  pixelOf: (tick: number) => number,
  widthOf: (tick: number) => number,
): number[] {
  const shown: number[] = [];
  let end = Number.POSITIVE_INFINITY;
  for (const tick of [...ticks].sort((a, b) => b - a)) {
    const [center, half] = [pixelOf(tick), widthOf(tick) / 2];
    if (center + half > end) continue;
    shown.unshift(tick);
    end = center - half;
  }
  return shown;
}

export function shortSize(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes >= 1024 ? `${shortNumber(mebibytes / 1024)} GiB` : `${shortNumber(mebibytes)} MiB`;
}

/** Moves positions apart until they are at least `gap` from each other, each as little as possible. */
export function spreadApart(
  positions: readonly number[],
  gap: number,
  lowest: number,
  highest: number,
): number[] {
  const order = positions.map((_, index) => index).sort((a, b) => at(positions, a) - at(positions, b));
  const placed = order.map((index) => at(positions, index));
  // Moves neighbours that are too close apart, each by half of the missing distance, until all have room.
  for (let pass = 0; pass < 200; pass += 1) {
    let moved = false;
    for (let i = 1; i < placed.length; i += 1) {
      const missing = gap - (at(placed, i) - at(placed, i - 1));
      if (missing <= 0.01) continue;
      placed[i - 1] = at(placed, i - 1) - missing / 2;
      placed[i] = at(placed, i) + missing / 2;
      moved = true;
    }
    for (let i = 0; i < placed.length; i += 1) placed[i] = Math.min(highest, Math.max(lowest, at(placed, i)));
    if (!moved) break;
  }
  const result: number[] = [];
  order.forEach((index, i) => (result[index] = at(placed, i)));
  return result;
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? Number.NaN;
}
