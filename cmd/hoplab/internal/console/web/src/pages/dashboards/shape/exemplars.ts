// Exemplars: observations that kept the trace they came from.

import type { ExemplarSeries, Labels } from "../../../data/prometheus";

export interface Point {
  /** Seconds since 1970. */
  time: number;
  value: number;
  labels: Labels;
  /** Empty if the exemplar has none. */
  trace: string;
}

/**
 * The points to draw: the highest in each of a number of slices of the time, since
 * that is what one looks for and thousands would hide the lines.
 */
export function thinned(all: readonly ExemplarSeries[], start: number, end: number, slices: number): Point[] {
  const width = (end - start) / Math.max(slices, 1);
  const highest = new Map<number, Point>();
  for (const series of all) {
    for (const { time, value, labels } of series.exemplars) {
      if (time < start || time > end || !Number.isFinite(value)) continue;
      const slice = Math.floor((time - start) / width);
      const known = highest.get(slice);
      if (known && known.value >= value) continue;
      highest.set(slice, { time, value, labels: { ...series.labels, ...labels }, trace: traceOf(labels) });
    }
  }
  return [...highest.values()].sort((a, b) => a.time - b.time);
}

function traceOf(labels: Labels): string {
  return labels.trace_id ?? labels.traceID ?? labels.traceId ?? "";
}
