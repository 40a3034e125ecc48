// How often Prometheus scrapes what a dashboard shows.

import type { Scraped } from "../../../data/prometheus";
import { parseDuration } from "./timerange";

/** Grafana's, where Prometheus does not say. */
const usual = 15;

/**
 * Seconds between two scrapes of the jobs: the longest of their targets, so that
 * a rate over a few of them has samples of each. Without jobs, of all targets.
 */
export function scrapeInterval(targets: readonly Scraped[], jobs: readonly string[]): number {
  const known = targets.filter((t) => t.labels.job !== undefined && jobs.includes(t.labels.job));
  const intervals = (known.length > 0 ? known : targets)
    .map((t) => durations(t.scrapeInterval))
    .filter((seconds) => seconds > 0);
  return intervals.length > 0 ? Math.max(...intervals) : usual;
}

/** A duration of several parts, as in 1m30s; 0 if it is none. */
function durations(text: string): number {
  const parts = text.match(/\d+(?:ms|[smhdw])/g) ?? [];
  return parts.join("") === text ? parts.reduce((sum, part) => sum + (parseDuration(part) ?? 0), 0) : 0;
}
