// An alert's history, from the samples of ALERTS.

import type { Labels, Series } from "../../data/prometheus";

export interface Part {
  state: "pending" | "firing";
  /** Seconds since 1970. */
  from: number;
  to: number;
}

/** The history of one set of labels. */
export interface Strip {
  labels: Labels;
  parts: Part[];
}

/** Joins samples that are step seconds apart; both states of a set of labels are one strip. */
export function strips(series: readonly Series[], step: number): Strip[] {
  const found = new Map<string, Strip>();
  for (const s of series) {
    const { alertstate, __name__: _, ...labels } = s.labels;
    if (alertstate !== "pending" && alertstate !== "firing") continue;
    const id = JSON.stringify(Object.entries(labels).sort());
    const strip = found.get(id) ?? { labels, parts: [] };
    found.set(id, strip);
    let last: Part | undefined;
    for (const [time] of s.samples) {
      if (last && time - last.to < step * 0.5) {
        last.to = time + step;
      } else {
        last = { state: alertstate, from: time, to: time + step };
        strip.parts.push(last);
      }
    }
  }
  for (const strip of found.values()) strip.parts.sort((a, b) => a.from - b.from);
  return [...found.values()];
}
