/** A straight line through samples, by least squares. */
export interface Slope {
  readonly perUnit: number;
  /** The standard error of the slope, from the residuals. It treats neighbouring samples as independent. */
  readonly standardError: number;
}

export function slopeOf(samples: readonly { readonly x: number; readonly y: number }[]): Slope {
  const count = samples.length;
  if (count < 3) throw new RangeError('a slope with an error needs three samples');
  const meanX = samples.reduce((sum, { x }) => sum + x, 0) / count;
  const meanY = samples.reduce((sum, { y }) => sum + y, 0) / count;
  let squares = 0;
  let products = 0;
  for (const { x, y } of samples) {
    squares += (x - meanX) ** 2;
    products += (x - meanX) * (y - meanY);
  }
  const perUnit = products / squares;
  const residuals = samples.reduce((sum, { x, y }) => sum + (y - meanY - perUnit * (x - meanX)) ** 2, 0);
  return { perUnit, standardError: Math.sqrt(residuals / (count - 2) / squares) };
}
