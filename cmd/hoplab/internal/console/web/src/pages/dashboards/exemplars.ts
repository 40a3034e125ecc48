// Exemplars: observations that kept the trace they came from.

import type { ExemplarSeries, Labels } from "../../data/prometheus";

export interface Point {
  /** Seconds since 1970. */
  time: number;
  value: number;
  labels: Labels;
  /** Empty if the exemplar has none. */
  trace: string;
}

/**
 * The points to draw: in each of a number of slices of the time the highest and
 * the lowest, since those are what one looks for and thousands would hide the lines.
 */
export function thinned(all: readonly ExemplarSeries[], start: number, end: number, slices: number): Point[] {
  const width = (end - start) / Math.max(slices, 1);
  const extremes = new Map<number, { low: Point; high: Point }>();
  for (const series of all) {
    for (const { time, value, labels } of series.exemplars) {
      if (time < start || time > end || !Number.isFinite(value)) continue;
      const point = { time, value, labels: { ...series.labels, ...labels }, trace: traceOf(labels) };
      const slice = Math.floor((time - start) / width);
      const known = extremes.get(slice);
      if (!known) extremes.set(slice, { low: point, high: point });
      else if (value > known.high.value) known.high = point;
      else if (value < known.low.value) known.low = point;
    }
  }
  return [...extremes.values()]
    .flatMap(({ low, high }) => (low === high ? [high] : [low, high]))
    .sort((a, b) => a.time - b.time);
}

function traceOf(labels: Labels): string {
  return labels.trace_id ?? labels.traceID ?? labels.traceId ?? "";
}
