// A trace in a line.

import type { Span, Trace } from "../../data/jaeger";
import { isError, isStalled, serviceOf, tag, waits } from "./tags";

export interface Summary {
  id: string;
  service: string;
  operation: string;
  /** µs since 1970. */
  start: number;
  /** µs. */
  duration: number;
  spans: number;
  /** Each with its number of spans, in the order of the names. */
  services: [name: string, spans: number][];
  errors: number;
  /** The longest wait of a span for a peer, in seconds. */
  stalled: number;
  /** Attempts beyond the first, of the span with most. */
  retries: number;
}

export function summarize(trace: Trace): Summary {
  let root: Span | undefined;
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  let errors = 0;
  let stalled = 0;
  let retries = 0;
  const ids = new Set(trace.spans.map((s) => s.spanID));
  const services = new Map<string, number>();
  for (const span of trace.spans) {
    const isRoot = !span.references.some((r) => ids.has(r.spanID) && r.spanID !== span.spanID);
    if (isRoot && (!root || span.startTime < root.startTime)) root = span;
    start = Math.min(start, span.startTime);
    end = Math.max(end, span.startTime + span.duration);
    if (isError(span)) errors++;
    if (isStalled(span)) stalled = Math.max(stalled, waits(span)[0]?.seconds ?? 0);
    retries = Math.max(retries, Number(tag(span.tags, "attempts") ?? 1) - 1);
    const service = serviceOf(trace, span);
    services.set(service, (services.get(service) ?? 0) + 1);
  }
  root ??= trace.spans[0];
  return {
    id: trace.traceID,
    service: root ? serviceOf(trace, root) : "",
    operation: root?.operationName ?? "no spans",
    start: trace.spans.length > 0 ? start : 0,
    duration: trace.spans.length > 0 ? end - start : 0,
    spans: trace.spans.length,
    services: [...services].sort(([a], [b]) => a.localeCompare(b)),
    errors,
    stalled,
    retries,
  };
}
