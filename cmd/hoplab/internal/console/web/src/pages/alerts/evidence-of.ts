// Which exemplars and traces belong to an alert.

import { alertPanels } from "../../data/dashboards";
import { getJSON } from "../../data/http";
import { type ExemplarSeries, exemplars, type Labels, labelValues } from "../../data/prometheus";
import type { Form } from "../traces/search";
import { bucketSelectors } from "./promql";

/** A point of a histogram whose trace is kept. */
export interface Point {
  trace: string;
  value: number;
  /** Seconds since 1970. */
  time: number;
  labels: Labels;
}

/** What an alert without a histogram of its own is looked at with. */
const usual = "hopscope_request_duration_seconds_bucket";

/**
 * The histograms whose exemplars show what an alert is about: those that it reads,
 * else those of the panels that draw it, else that of the durations.
 */
export async function histogramsOf(name: string, exprs: readonly string[], signal?: AbortSignal): Promise<string[]> {
  const own = [...new Set(exprs.flatMap(bucketSelectors))];
  if (own.length > 0) return own;
  const panels = (await alertPanels(signal))[name] ?? [];
  const found = new Set<string>();
  for (const uid of new Set(panels.map((p) => p.dashboard))) {
    const dashboard = await getJSON<{ panels?: { id: number; targets?: { expr?: string }[] }[] }>(
      "console",
      `api/dashboards/${encodeURIComponent(uid)}`,
      signal ? { signal } : {},
    );
    for (const panel of dashboard.panels ?? []) {
      if (!panels.some((p) => p.dashboard === uid && p.panel === panel.id)) continue;
      for (const target of panel.targets ?? []) {
        for (const bucket of target.expr?.match(/\bhopscope_\w+_bucket\b/g) ?? []) found.add(bucket);
      }
    }
  }
  found.add(usual);
  return [...found];
}

/** Labels by which spans and histograms can be told to belong to an alert. */
const telling = ["route", "instance"];

/** The exemplars since start that have the alert's labels, largest value first, each trace once. */
export function points(
  series: readonly ExemplarSeries[],
  labels: Labels,
  routes: readonly string[] | undefined,
): Point[] {
  const best = new Map<string, Point>();
  for (const s of series) {
    const wrong = telling.some((l) => labels[l] !== undefined && (s.labels[l] ?? labels[l]) !== labels[l]);
    if (wrong || (routes && s.labels.route !== undefined && !routes.includes(s.labels.route))) continue;
    for (const e of s.exemplars) {
      const trace = e.labels.trace_id;
      const known = trace === undefined ? undefined : best.get(trace);
      if (trace === undefined || (known && known.value >= e.value)) continue;
      best.set(trace, { trace, value: e.value, time: e.time, labels: s.labels });
    }
  }
  return [...best.values()].sort((a, b) => b.value - a.value);
}

/** The exemplars that show what an alert is about; exprs are its own and those of its recording rules. */
export async function exemplarsOf(
  name: string,
  exprs: readonly string[],
  labels: Labels,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<Point[]> {
  const buckets = await histogramsOf(name, exprs, signal);
  const routes = await routesOf(labels, start, end, signal);
  for (const bucket of buckets) {
    const found = points(await exemplars(bucket, start, end, signal), labels, routes);
    if (found.length > 0) return found;
  }
  return [];
}

/** The routes that lead to the alert's upstream; undefined if it names none. */
async function routesOf(
  labels: Labels,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<string[] | undefined> {
  if (labels.route !== undefined || labels.upstream === undefined) return undefined;
  const selector = `hopscope_requests_total{upstream=${JSON.stringify(labels.upstream)}}`;
  return labelValues("route", selector, start, end, signal);
}

/** What is looked for among traces. */
export interface Wanted {
  form: Partial<Form>;
  /** A word for it. */
  what: string;
  /** Streams are not meant: they take as long as they take. */
  unary: boolean;
}

/** The search for the traces of an alert: by its endpoint, route or upstream, and by what it is about. */
export function searchOf(exprs: readonly string[], labels: Labels, start: number): Wanted {
  const about = exprs.join(" ");
  const form: Partial<Form> = { start: String(Math.floor(start) * 1_000_000) };
  if (labels.endpoint !== undefined) form.tags = `peer.address=${labels.endpoint}`;
  else if (labels.route !== undefined) form.route = labels.route;
  else if (labels.upstream !== undefined) form.upstream = labels.upstream;
  const unary = about.includes('kind="unary"');
  if (/stall/.test(about)) return { form: { ...form, stalled: true }, what: "stalled", unary };
  if (/fail|unreachable|_exhausted/.test(about)) return { form: { ...form, error: true }, what: "failed", unary };
  if (/slow_requests|duration_seconds/.test(about))
    return { form: { ...form, minDuration: "500ms" }, what: "slow", unary };
  return { form, what: "", unary };
}
