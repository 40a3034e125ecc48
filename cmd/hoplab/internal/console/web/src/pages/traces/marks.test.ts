import { expect, test } from "vitest";

import type { KeyValue, Span } from "../../data/jaeger";
import { closedWindows, cluster, marks } from "./marks";

const tags = (pairs: Record<string, string | number>): KeyValue[] =>
  Object.entries(pairs).map(([key, value]) => ({ key, type: typeof value, value }));

function span(
  logs: [at: number, fields: Record<string, string | number>][],
  of: Record<string, string | number> = {},
): Span {
  return {
    traceID: "t",
    spanID: "s",
    operationName: "GET orders",
    references: [],
    startTime: 1000,
    duration: 100,
    tags: tags(of),
    logs: logs.map(([timestamp, fields]) => ({ timestamp, fields: tags(fields) })),
    processID: "p1",
    warnings: null,
  };
}

test("every stream event of the gateway has words", () => {
  const names = [
    "informational request_sent response_headers first_byte trailers request_end window_zero window_open",
    "rst_read rst_written goaway idle_kill timeout retry slot_wait progress",
  ];
  for (const event of names.join(" ").split(" ")) {
    const [mark] = marks(span([[1000, { event, status: 103, code: "CANCEL", attempt: 2, scope: "stream" }]]));
    expect(mark?.short, event).not.toBe("");
    expect(mark?.short, event).not.toContain("_");
  }
});

test("a window that ran out says whose it was, if only one side waited", () => {
  const log: [number, Record<string, string>][] = [[1010, { event: "window_zero", scope: "stream" }]];
  expect(marks(span(log, { "stall.downstream.stream.seconds": 2 }))[0]?.text).toMatch("client’s stream window");
  expect(marks(span(log, { "stall.upstream.stream.seconds": 2 }))[0]?.text).toMatch("upstream’s stream window");
  const both = { "stall.upstream.stream.seconds": 2, "stall.downstream.stream.seconds": 1 };
  expect(marks(span(log, both))[0]?.text).toMatch("the stream window");
});

test("logs of others are shown with all they say", () => {
  expect(marks(span([[1000, { message: "hello", n: 3 }]]))[0]).toMatchObject({
    short: "hello",
    text: "message=hello n=3",
  });
  expect(marks(span([[1000, { n: 3 }]]))[0]?.short).toBe("n=3");
});

test("windows are shut from zero to open, each scope for itself, the last to the span's end", () => {
  const s = span([
    [1040, { event: "window_open", scope: "stream" }],
    [1010, { event: "window_zero", scope: "stream" }],
    [1020, { event: "window_zero", scope: "connection" }],
    [1050, { event: "window_open", scope: "stream" }],
  ]);
  expect(closedWindows(s)).toEqual([
    { from: 1010, to: 1040, scope: "stream" },
    { from: 1020, to: 1100, scope: "connection" },
  ]);
});

test("marks that would touch are one, with the words that fit", () => {
  const all = marks(
    span([
      [1000, { event: "request_sent" }],
      [1000, { event: "request_end" }],
      [1050, { event: "rst_read", code: "CANCEL" }],
      [1099, { event: "progress" }],
    ]),
  );
  const range = { from: 1000, to: 1100 };
  const wide = cluster(all, 0, range, 1000);
  expect(wide.map((c) => c.label)).toEqual(["sent, request end", "RST ← CANCEL", "running"]);
  expect(wide.map((c) => c.before)).toEqual([false, false, true]);
  const narrow = cluster(all, 0, range, 100);
  expect(narrow.map((c) => c.label)).toEqual(["sent", "", ""]);
  expect(cluster(all, 0, { from: 1060, to: 1090 }, 1000)).toEqual([]);
  expect(cluster(all, 500, range, 1000)).toEqual([]);
});
