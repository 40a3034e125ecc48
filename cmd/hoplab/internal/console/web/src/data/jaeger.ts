// Jaeger's query API.

import { Failure, getJSON, type Params } from "./http";

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

async function ask<T>(path: string, params: Params, signal?: AbortSignal): Promise<T> {
  const url = `api/traces/${path}`;
  const answer = await getJSON<{ data: T | null; errors?: { msg: string }[] | null }>("traces", url, {
    params,
    ...(signal ? { signal } : {}),
  });
  if (answer.data === null) throw new Failure("traces", answer.errors?.[0]?.msg ?? "no data", "", url, 200);
  return answer.data;
}

export function services(signal?: AbortSignal): Promise<string[]> {
  return ask("services", {}, signal);
}

export function operations(service: string, signal?: AbortSignal): Promise<string[]> {
  return ask(`services/${encodeURIComponent(service)}/operations`, {}, signal);
}

/** Traces in which one span matches, newest first. */
export function search(s: Search, signal?: AbortSignal): Promise<Trace[]> {
  const { tags, ...rest } = s;
  return ask(
    "search",
    { ...rest, tags: tags && Object.keys(tags).length > 0 ? JSON.stringify(tags) : undefined },
    signal,
  );
}

export async function trace(id: string, signal?: AbortSignal): Promise<Trace> {
  const [found] = await ask<Trace[]>(encodeURIComponent(id), {}, signal);
  if (!found) throw new Failure("traces", `there is no trace ${id}`, "it may be too old, or was not sampled", id, 404);
  return found;
}
