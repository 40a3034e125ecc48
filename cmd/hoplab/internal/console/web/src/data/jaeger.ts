// Jaeger's query API.

import { Failure, getJSON, listOf, type Params, senseless } from "./http";

export interface KeyValue {
  key: string;
  type: string;
  value: string | number | boolean;
}

export interface Log {
  /** Microseconds since 1970. */
  timestamp: number;
  fields: KeyValue[];
}

export interface Span {
  traceID: string;
  spanID: string;
  operationName: string;
  references: { refType: "CHILD_OF" | "FOLLOWS_FROM"; traceID: string; spanID: string }[];
  /** Microseconds since 1970. */
  startTime: number;
  /** Microseconds. */
  duration: number;
  tags: KeyValue[] | null;
  logs: Log[] | null;
  processID: string;
  warnings: string[] | null;
}

export interface Trace {
  traceID: string;
  spans: Span[];
  processes: Record<string, { serviceName: string; tags: KeyValue[] | null }>;
  warnings: string[] | null;
}

export interface Search {
  service: string;
  operation?: string;
  /** All of them, on one span. */
  tags?: Record<string, string>;
  /** As in 100ms or 2s. */
  minDuration?: string;
  maxDuration?: string;
  /** Microseconds since 1970. */
  start?: number;
  end?: number;
  limit?: number;
}

async function ask(path: string, params: Params, signal?: AbortSignal): Promise<unknown[]> {
  const url = `api/traces/${path}`;
  const answer = await getJSON<{ data?: unknown; errors?: { msg?: string }[] | null } | null>("traces", url, {
    params,
    ...(signal ? { signal } : {}),
  });
  const error = answer?.errors?.[0];
  if (error && !answer.data) throw new Failure("traces", error.msg ?? "no data", "", url, 200);
  if (!Array.isArray(answer?.data)) throw senseless("traces", url);
  return answer.data;
}

/** Traces without what cannot be drawn: those that are none. */
function tracesOf(url: string, answer: unknown[]): Trace[] {
  return listOf<Trace>("traces", url, answer).map((t) => ({
    ...t,
    spans: listOf("traces", url, t.spans),
    processes: t.processes ?? {},
  }));
}

export async function services(signal?: AbortSignal): Promise<string[]> {
  return (await ask("services", {}, signal)).map(String);
}

export async function operations(service: string, signal?: AbortSignal): Promise<string[]> {
  return (await ask(`services/${encodeURIComponent(service)}/operations`, {}, signal)).map(String);
}

/** Traces in which one span matches, newest first. */
export async function search(s: Search, signal?: AbortSignal): Promise<Trace[]> {
  const { tags, ...rest } = s;
  const found = await ask(
    "search",
    { ...rest, tags: tags && Object.keys(tags).length > 0 ? JSON.stringify(tags) : undefined },
    signal,
  );
  return tracesOf("api/traces/search", found);
}

export async function trace(id: string, signal?: AbortSignal): Promise<Trace> {
  const [found] = tracesOf(id, await ask(encodeURIComponent(id), {}, signal));
  if (!found) throw new Failure("traces", `there is no trace ${id}`, "it may be too old, or was not sampled", id, 404);
  return found;
}
