import { expect, test } from "vitest";

import type { Span, Trace } from "../../data/jaeger";
import { isStalled, isStream, serviceColours, waits } from "./tags";

const span = (tags: Record<string, string | number>): Span => ({
  traceID: "t",
  spanID: "s",
  operationName: "x",
  references: [],
  startTime: 0,
  duration: 1,
  tags: Object.entries(tags).map(([key, value]) => ({ key, type: typeof value, value })),
  logs: null,
  processID: "p",
  warnings: null,
});

test("what a span waited for is in its tags, the longest first", () => {
  const s = span({
    "stall.upstream.connection.seconds": 1,
    "stall.downstream.stream.seconds": 2.5,
    "stall.x.y.seconds": 9,
  });
  expect(waits(s)).toEqual([
    { side: "downstream", scope: "stream", seconds: 2.5 },
    { side: "upstream", scope: "connection", seconds: 1 },
  ]);
  expect([isStalled(s), isStalled(span({}))]).toEqual([true, false]);
});

test("a stream has messages or a large body", () => {
  expect(
    isStream(span({ "rpc.system": "grpc", "messages.read": 1, "messages.written": 1, "response.bytes": 1 << 22 })),
  ).toBe(false);
  expect(isStream(span({ "rpc.system": "grpc", "messages.written": 2 }))).toBe(true);
  expect(isStream(span({ "response.bytes": 1 << 20 }))).toBe(false);
  expect(isStream(span({ "request.bytes": (1 << 20) + 1 }))).toBe(true);
});

test("services have their colours in the order of their names", () => {
  const trace = (...names: string[]): Trace => ({
    traceID: "t",
    spans: [],
    processes: Object.fromEntries(names.map((serviceName, i) => [`p${i}`, { serviceName, tags: null }])),
    warnings: null,
  });
  expect([...serviceColours([trace("b", "a"), trace("c", "b")])]).toEqual([
    ["a", 1],
    ["b", 2],
    ["c", 3],
  ]);
});
