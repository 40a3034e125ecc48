// A search as the form has it, as the address keeps it and as Jaeger takes it.

import type { Search } from "../../data/jaeger";
import { href } from "../../shell/router";

/** The tags that have a field of their own in the form. */
const fields = {
  route: "http.route",
  upstream: "upstream",
  reason: "end.reason",
} as const;

/** What the form holds; texts as they were typed. */
export interface Form {
  service: string;
  operation: string;
  route: string;
  upstream: string;
  /** An HTTP status of three digits, or a gRPC status of one or two. */
  status: string;
  /** Why the exchange ended, as in end.reason. */
  reason: string;
  error: boolean;
  /** A window of it ran out. */
  stalled: boolean;
  /** Other tags: key=value, separated by blanks; values in quotes may hold blanks. */
  tags: string;
  /** As in 100ms or 2s. */
  minDuration: string;
  maxDuration: string;
  /** How far back, as in 1h; unless start says it. */
  lookback: string;
  /** Microseconds since 1970, or empty. */
  start: string;
  end: string;
  limit: string;
}

export const lookbacks = ["5m", "15m", "1h", "6h", "1d", "7d"] as const;
export const limits = ["20", "50", "100", "500"] as const;

/** What is asked for when the address says nothing. */
export const initial: Form = {
  service: "hopscope",
  operation: "",
  route: "",
  upstream: "",
  status: "",
  reason: "",
  error: false,
  stalled: false,
  tags: "",
  minDuration: "",
  maxDuration: "",
  lookback: "1h",
  start: "",
  end: "",
  limit: "20",
};

/** The log that tells that a window ran out; Jaeger finds logs as it finds tags. */
const stallTag = ["event", "window_zero"] as const;

const plain = ["service", "operation", "minDuration", "maxDuration", "lookback", "start", "end", "limit"] as const;

/** The tags of HTTP's and gRPC's status. */
const httpStatus = "http.status_code";
const grpcStatus = "rpc.grpc.status_code";

/** Reads the form from an address; what is not there is as in initial. */
export function fromParams(params: URLSearchParams): Form {
  const form = { ...initial };
  for (const name of plain) form[name] = params.get(name) ?? initial[name];
  const tags = parseJSON(params.get("tags"));
  for (const [field, tag] of Object.entries(fields) as [keyof typeof fields, string][]) {
    form[field] = tags[tag] ?? "";
    delete tags[tag];
  }
  const status = tags[httpStatus] === undefined ? grpcStatus : httpStatus;
  form.status = tags[status] ?? "";
  delete tags[status];
  form.error = tags.error === "true";
  if (form.error) delete tags.error;
  form.stalled = tags[stallTag[0]] === stallTag[1];
  if (form.stalled) delete tags[stallTag[0]];
  form.tags = Object.entries(tags)
    .map(([key, value]) => `${key}=${/[\s"]/.test(value) ? JSON.stringify(value) : value}`)
    .join(" ");
  return form;
}

/** The parameters of the address; what is as in initial is left out, but for the service. */
export function toParams(form: Form): Record<string, string> {
  const params: Record<string, string> = {};
  for (const name of plain) {
    const value = form[name].trim();
    if (value !== "" && (value !== initial[name] || name === "service")) params[name] = value;
  }
  const tags = tagsOf(form);
  if (Object.keys(tags).length > 0) params.tags = JSON.stringify(tags);
  return params;
}

/** The address of a search. */
export function searchHref(form: Partial<Form>): string {
  return href("traces", [], toParams({ ...initial, ...form }));
}

/** The request to Jaeger; now in ms since 1970. */
export function toSearch(form: Form, now: number): Search {
  const search: Search = { service: form.service.trim(), limit: clampLimit(form.limit) };
  const tags = tagsOf(form);
  if (Object.keys(tags).length > 0) search.tags = tags;
  for (const name of ["operation", "minDuration", "maxDuration"] as const) {
    const value = form[name].trim();
    if (value !== "") search[name] = value;
  }
  search.start = Number(form.start) || Math.round((now - seconds(form.lookback) * 1000) * 1000);
  search.end = Number(form.end) || Math.round(now * 1000);
  return search;
}

/** Why a form cannot be sent; undefined if it can. */
export function problem(form: Form): string | undefined {
  if (form.service.trim() === "") return "A service is needed.";
  for (const [name, value] of [
    ["The minimum duration", form.minDuration],
    ["The maximum duration", form.maxDuration],
  ] as const) {
    if (value.trim() !== "" && !/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(value.trim())) {
      return `${name} has to be like 100ms, 2s or 1m30s.`;
    }
  }
  if (form.status.trim() !== "" && !/^([1-5]\d\d|\d|1[0-6])$/.test(form.status.trim())) {
    return "A status is one of HTTP, as 503, or of gRPC, as 14.";
  }
  if (parseTags(form.tags) === undefined) return 'Other tags have to be like peer.service=orders listener="edge 2".';
  return undefined;
}

function tagsOf(form: Form): Record<string, string> {
  const tags: Record<string, string> = { ...parseTags(form.tags) };
  for (const [field, tag] of Object.entries(fields) as [keyof typeof fields, string][]) {
    if (form[field].trim() !== "") tags[tag] = form[field].trim();
  }
  const status = form.status.trim();
  if (status !== "") tags[status.length === 3 ? httpStatus : grpcStatus] = status;
  if (form.error) tags.error = "true";
  if (form.stalled) tags[stallTag[0]] = stallTag[1];
  return tags;
}

/** Reads key=value pairs; undefined if the text is none. */
export function parseTags(text: string): Record<string, string> | undefined {
  const tags: Record<string, string> = {};
  const pair = /\s*([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?=\s|$)/y;
  const all = text.trim();
  while (pair.lastIndex < all.length) {
    const at = pair.lastIndex;
    const found = pair.exec(all);
    if (!found) return at === all.length ? tags : undefined;
    const [, key = "", value = ""] = found;
    const read = value.startsWith('"') ? unquote(value) : value;
    if (read === undefined) return undefined;
    tags[key] = read;
  }
  return tags;
}

function unquote(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function parseJSON(text: string | null): Record<string, string> {
  if (!text) return {};
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== "object" || read === null || Array.isArray(read)) return {};
    return Object.fromEntries(Object.entries(read).map(([key, value]) => [key, String(value)]));
  } catch {
    return {};
  }
}

function clampLimit(text: string): number {
  const n = Number.parseInt(text, 10);
  return Number.isNaN(n) ? 20 : Math.min(Math.max(n, 1), 1500);
}

/** Seconds of a lookback; an hour if it cannot be read. */
function seconds(lookback: string): number {
  const found = /^(\d+)(m|h|d)$/.exec(lookback);
  if (!found) return 3600;
  return Number(found[1]) * { m: 60, h: 3600, d: 86400 }[found[2] as "m" | "h" | "d"];
}
