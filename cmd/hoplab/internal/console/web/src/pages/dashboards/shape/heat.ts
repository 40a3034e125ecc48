// Classic histograms over time as cells of a heatmap.

import type { Series } from "../../../data/prometheus";

export interface Bucket {
  /** Above this, up to and with the next. */
  above: number;
  upTo: number;
  /** For each time: how much fell into it; null: not known. */
  values: (number | null)[];
}

export interface Heat {
  times: number[];
  /** From the lowest. */
  buckets: Bucket[];
  /** The largest value of a cell. */
  most: number;
}

/** Takes the buckets, which Prometheus counts up to their le, apart. Times in seconds. */
export function heat(series: readonly Series[], start: number, end: number, step: number): Heat {
  const times: number[] = [];
  for (let i = 0; start + i * step <= end + 1e-6; i++) times.push(start + i * step);
  const cumulative = series
    .map((s) => ({ le: bound(s.labels.le), values: along(s, times, step) }))
    .filter(({ le }) => !Number.isNaN(le))
    .sort((a, b) => a.le - b.le);
  let most = 0;
  const buckets = cumulative.map(({ le, values }, i): Bucket => {
    const below = cumulative[i - 1];
    const own = values.map((value, t) => {
      if (value === null) return null;
      // Samples of buckets need not be of one moment: what seems to be negative is none.
      const count = Math.max(0, value - (below?.values[t] ?? 0));
      most = Math.max(most, count);
      return count;
    });
    return { above: below?.le ?? (le > 0 ? 0 : Number.NEGATIVE_INFINITY), upTo: le, values: own };
  });
  return { times, buckets, most };
}

function bound(le: string | undefined): number {
  if (le === undefined || le === "") return Number.NaN;
  return le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
}

function along(series: Series, times: readonly number[], step: number): (number | null)[] {
  const values = new Array<number | null>(times.length).fill(null);
  const [first = 0] = times;
  for (const [time, value] of series.samples) {
    const i = Math.round((time - first) / step);
    if (i >= 0 && i < values.length && Number.isFinite(value)) values[i] = value;
  }
  return values;
}

/** Where on an axis with a row for each bucket a value lies, from 0 at the bottom. */
export function rowOf(buckets: readonly Bucket[], value: number): number {
  for (const [row, { above, upTo }] of buckets.entries()) {
    if (value > upTo) continue;
    const share = Number.isFinite(above) && Number.isFinite(upTo) ? (value - above) / (upTo - above) : 0.5;
    return row + Math.min(Math.max(share, 0), 1);
  }
  return buckets.length;
}

/** How strong a cell is drawn, from 0 to 1: small ones are to be seen too. */
export function strength(value: number, most: number, exponent: number): number {
  return most > 0 && value > 0 ? Math.max(0.06, (value / most) ** exponent) : 0;
}
