// Prometheus' HTTP API, as far as the console uses it.

import { Failure, getJSON, listOf, type Params, senseless } from "./http";

export type Labels = Record<string, string>;

/** A value and its time in seconds since 1970. NaN and infinities are kept. */
export type Sample = [time: number, value: number];

export interface Series {
  labels: Labels;
  samples: Sample[];
}

export interface Exemplar {
  labels: Labels;
  value: number;
  /** Seconds since 1970. */
  time: number;
}

export interface ExemplarSeries {
  labels: Labels;
  exemplars: Exemplar[];
}

export interface ActiveAlert {
  labels: Labels;
  annotations: Labels;
  state: "pending" | "firing";
  /** RFC 3339; since it is pending. */
  activeAt: string;
  value: string;
}

export interface Rule {
  type: "alerting" | "recording";
  name: string;
  query: string;
  health: string;
  lastError?: string;
  labels?: Labels;
  /** Alerting rules only, as what follows. */
  state?: "inactive" | "pending" | "firing";
  /** Seconds that the expression has to hold. */
  duration?: number;
  keepFiringFor?: number;
  annotations?: Labels;
  alerts?: ActiveAlert[];
}

export interface RuleGroup {
  name: string;
  file: string;
  interval: number;
  rules: Rule[];
}

interface Envelope<T> {
  status: "success" | "error";
  data: T;
  error?: string;
}

interface RawSeries {
  metric: Labels;
  values?: [number, string][];
  value?: [number, string];
}

type RawResult =
  | { resultType: "matrix" | "vector"; result: RawSeries[] }
  | { resultType: "scalar"; result: [number, string] };

async function ask<T>(path: string, params: Params, form: boolean, signal?: AbortSignal): Promise<T> {
  const url = `api/prometheus/${path}`;
  const envelope = await getJSON<Envelope<T>>("prometheus", url, { params, form, ...(signal ? { signal } : {}) });
  if (envelope?.status === "error") throw new Failure("prometheus", envelope.error ?? "the query failed", "", url, 200);
  if (envelope?.status !== "success" || typeof envelope.data !== "object" || envelope.data === null) {
    throw senseless("prometheus", url);
  }
  return envelope.data;
}

/** Parses a value as Prometheus writes it: +Inf, -Inf and NaN too. */
export function parseValue(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  if (text === "-Inf") return Number.NEGATIVE_INFINITY;
  return Number(text);
}

function parse(result: RawResult): Series[] {
  if (result.resultType === "scalar") {
    return [{ labels: {}, samples: [[result.result[0], parseValue(result.result[1])]] }];
  }
  return listOf<RawSeries>("prometheus", "api/prometheus/query", result.result).map((raw) => ({
    labels: raw.metric ?? {},
    samples: (raw.values ?? (raw.value ? [raw.value] : [])).map(([time, value]): Sample => [time, parseValue(value)]),
  }));
}

/** The value of expr at a time (now if omitted), in seconds since 1970. */
export async function query(expr: string, time?: number, signal?: AbortSignal): Promise<Series[]> {
  return parse(await ask<RawResult>("query", { query: expr, time }, true, signal));
}

/** The values of expr from start to end, every step; all in seconds. */
export async function queryRange(
  expr: string,
  start: number,
  end: number,
  step: number,
  signal?: AbortSignal,
): Promise<Series[]> {
  return parse(await ask<RawResult>("query_range", { query: expr, start, end, step }, true, signal));
}

/** The exemplars of the series that expr reads, from start to end in seconds. */
export async function exemplars(
  expr: string,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<ExemplarSeries[]> {
  type Raw = { seriesLabels: Labels; exemplars: { labels: Labels; value: string; timestamp: number }[] };
  const all = await ask<Raw[]>("query_exemplars", { query: expr, start, end }, true, signal);
  return listOf<Raw>("prometheus", "api/prometheus/query_exemplars", all).map((raw) => ({
    labels: raw.seriesLabels,
    exemplars: raw.exemplars.map((e) => ({ labels: e.labels, value: parseValue(e.value), time: e.timestamp })),
  }));
}

/** The values that a label has in the series that a selector names. */
export async function labelValues(
  label: string,
  selector: string,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<string[]> {
  const path = `label/${encodeURIComponent(label)}/values`;
  const all = await ask<unknown>(path, { "match[]": selector, start, end }, false, signal);
  if (!Array.isArray(all)) throw senseless("prometheus", `api/prometheus/${path}`);
  return all.map(String);
}

/** Every rule group, with the active alerts. */
export async function rules(signal?: AbortSignal): Promise<RuleGroup[]> {
  const { groups } = await ask<{ groups: unknown }>("rules", {}, false, signal);
  const url = "api/prometheus/rules";
  return listOf<RuleGroup>("prometheus", url, groups).map((g) => ({ ...g, rules: listOf("prometheus", url, g.rules) }));
}

/** What Prometheus scrapes, as far as the console needs to know it. */
export interface Scraped {
  labels: Labels;
  health: string;
  /** As in 2s or 1m30s. */
  scrapeInterval: string;
}

/** The targets that are scraped now. */
export async function targets(signal?: AbortSignal): Promise<Scraped[]> {
  const { activeTargets } = await ask<{ activeTargets: unknown }>("targets", {}, false, signal);
  return listOf("prometheus", "api/prometheus/targets", activeTargets);
}
