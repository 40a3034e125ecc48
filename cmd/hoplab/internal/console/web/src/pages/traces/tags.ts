// What the tags and logs of a span say.

import type { KeyValue, Log, Span, Trace } from "../../data/jaeger";

/** The value of a tag, as text; undefined if it is not there. */
export function tag(tags: readonly KeyValue[] | null | undefined, key: string): string | undefined {
  const found = tags?.find((t) => t.key === key);
  return found === undefined ? undefined : String(found.value);
}

export function isError(span: Span): boolean {
  return tag(span.tags, "error") === "true";
}

/** How long a span waited for a peer to take bytes, in seconds. */
export interface Waited {
  side: "downstream" | "upstream";
  scope: string;
  seconds: number;
}

/** What a gateway's span says it waited for, the longest first. */
export function waits(span: Span): Waited[] {
  const found: Waited[] = [];
  for (const t of span.tags ?? []) {
    const parts = /^stall\.(downstream|upstream)\.(\w+)\.seconds$/.exec(t.key);
    const seconds = Number(t.value);
    if (parts && seconds > 0) found.push({ side: parts[1] as Waited["side"], scope: parts[2] ?? "", seconds });
  }
  return found.sort((a, b) => b.seconds - a.seconds);
}

/** Whether a window of the span ran out. */
export function isStalled(span: Span): boolean {
  return waits(span).length > 0 || (span.logs ?? []).some((l) => eventOf(l) === "window_zero");
}

/** Bodies above this size are streams, as the gateway's metrics count them. */
const streamBytes = 1 << 20;

/** Whether the gateway counts the span's exchange as a stream: several messages one way, or a large body. */
export function isStream(span: Span): boolean {
  const n = (key: string) => Number(tag(span.tags, key) ?? 0);
  if (tag(span.tags, "rpc.system") === "grpc") return n("messages.read") > 1 || n("messages.written") > 1;
  return n("request.bytes") > streamBytes || n("response.bytes") > streamBytes;
}

/** The name of the event that a log tells; empty if it names none. */
export function eventOf(log: Log): string {
  return tag(log.fields, "event") ?? tag(log.fields, "message") ?? "";
}

export function serviceOf(trace: Trace, span: Span): string {
  return trace.processes[span.processID]?.serviceName ?? span.processID;
}

/** Which colour each service has: numbers from 1, in the order of the names. */
export function serviceColours(traces: readonly Trace[]): Map<string, number> {
  const names = new Set(traces.flatMap((t) => Object.values(t.processes).map((p) => p.serviceName)));
  return new Map([...names].sort().map((name, i) => [name, (i % 8) + 1]));
}
