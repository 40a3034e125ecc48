import { expect, test } from "vitest";

import { histograms, points, searchOf } from "./evidence-of";

const series = (labels: Record<string, string>, ...of: [string | undefined, number][]) => ({
  labels,
  exemplars: of.map(([trace, value], i) => ({ labels: trace ? { trace_id: trace } : {}, value, time: i })),
});

test("histograms are known by any of their series", () => {
  expect(histograms(["a_bucket", "a_count", "b_sum", "c_total"])).toEqual(["a_bucket", "b_bucket"]);
});

test("exemplars are those of the alert's route, each trace once, the largest first", () => {
  const found = points(
    [
      series({ route: "orders", le: "1" }, ["t1", 0.5], ["t2", 0.9], [undefined, 9]),
      series({ route: "orders", le: "+Inf" }, ["t1", 3]),
      series({ route: "users" }, ["t3", 8]),
      series({ listener: "edge" }, ["t4", 1]),
    ],
    { route: "orders", upstream: "x" },
    undefined,
  );
  expect(found.map((p) => [p.trace, p.value])).toEqual([
    ["t1", 3],
    ["t4", 1],
    ["t2", 0.9],
  ]);
});

test("an alert on an upstream takes the exemplars of its routes", () => {
  const all = [series({ route: "orders" }, ["t1", 1]), series({ route: "users" }, ["t2", 2])];
  expect(points(all, { upstream: "orders" }, ["orders"]).map((p) => p.trace)).toEqual(["t1"]);
});

test("traces are looked for by what tells them best", () => {
  expect(searchOf("x > 1", ["hopscope_stall_seconds_total"], { upstream: "orders" }, 10.5)).toEqual({
    upstream: "orders",
    stalled: true,
    start: "10000000",
    why: "stalled",
  });
  expect(searchOf("attempts_failed > 1", [], { upstream: "u", endpoint: "10.0.0.1:80" }, 0)).toMatchObject({
    tags: "peer.address=10.0.0.1:80",
    error: true,
  });
  expect(searchOf("a > 1", ["hopscope_request_duration_seconds_bucket"], { route: "r" }, 0)).toMatchObject({
    route: "r",
    minDuration: "500ms",
  });
  expect(searchOf("a > 1", [], {}, 0)).toEqual({ why: "all", start: "0" });
});
