/** Of a sample, in its unit. */
export interface Quantiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Nearest-rank quantiles, to a tenth; zeros of an empty sample. */
export function quantilesOf(sample: readonly number[]): Quantiles {
  const sorted = Float64Array.from(sample).sort();
  return { p50: rank(sorted, 0.5), p90: rank(sorted, 0.9), p99: rank(sorted, 0.99), max: rank(sorted, 1) };
}

function rank(sorted: Float64Array, quantile: number): number {
  const value = sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? 0;
  return Math.round(value * 10) / 10;
}
