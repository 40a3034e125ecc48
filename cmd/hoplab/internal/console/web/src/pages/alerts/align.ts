// Series as a chart takes them: one list of times, and a value or null at each.

import type { Labels, Series } from "../../data/prometheus";

/** Puts series on the times from start to end, every step seconds. */
export function align(
  series: readonly Series[],
  start: number,
  end: number,
  step: number,
): { times: number[]; rows: (number | null)[][] } {
  const count = Math.floor((end - start) / step) + 1;
  const times = Array.from({ length: count }, (_, i) => start + i * step);
  const rows = series.map((s) => {
    const row: (number | null)[] = new Array(count).fill(null);
    for (const [time, value] of s.samples) {
      const i = Math.round((time - start) / step);
      if (i >= 0 && i < count && Number.isFinite(value)) row[i] = value;
    }
    return row;
  });
  return { times, rows };
}

/** The labels in which a series differs from the others, or all if it is the only one. */
export function nameOf(labels: Labels, all: readonly Labels[]): string {
  const shown = Object.entries(labels).filter(
    ([name, value]) =>
      name !== "__name__" && (all.length === 1 ? name !== "job" : all.some((other) => other[name] !== value)),
  );
  return shown.map(([name, value]) => `${name}=${value}`).join(" ");
}
