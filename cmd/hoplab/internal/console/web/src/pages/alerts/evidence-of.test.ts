import { expect, test } from "vitest";

import { points, searchOf } from "./evidence-of";

const series = (labels: Record<string, string>, ...of: [string | undefined, number][]) => ({
  labels,
  exemplars: of.map(([trace, value], i) => ({ labels: trace ? { trace_id: trace } : {}, value, time: i })),
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
  expect(searchOf(["a:b > 1", "rate(hopscope_stall_seconds_total[1m])"], { upstream: "orders" }, 10.5)).toEqual({
    form: { upstream: "orders", stalled: true, start: "10000000" },
    what: "stalled",
    unary: false,
  });
  expect(searchOf(["attempts_failed > 1"], { upstream: "u", endpoint: "10.0.0.1:80" }, 0).form).toMatchObject({
    tags: "peer.address=10.0.0.1:80",
    error: true,
  });
  expect(searchOf(['x_duration_seconds_bucket{kind="unary"}'], { route: "r" }, 0)).toMatchObject({
    form: { route: "r", minDuration: "500ms" },
    unary: true,
  });
  expect(searchOf(["a > 1"], {}, 0)).toEqual({ form: { start: "0" }, what: "", unary: false });
});
