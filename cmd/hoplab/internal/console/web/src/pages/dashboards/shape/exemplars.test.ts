import { expect, test } from "vitest";

import { thinned } from "./exemplars";

const exemplar = (time: number, value: number, labels = {}) => ({ time, value, labels });

test("each slice of the time keeps its highest", () => {
  const series = {
    labels: { route: "orders" },
    exemplars: [exemplar(1, 5), exemplar(2, 9), exemplar(3, 1), exemplar(4, 7), exemplar(12, 3), exemplar(99, 1)],
  };
  const points = thinned([series], 0, 20, 2);
  expect(points.map((p) => [p.time, p.value])).toEqual([
    [2, 9],
    [12, 3],
  ]);
});

test("a point has its trace and all labels", () => {
  const series = { labels: { route: "orders" }, exemplars: [exemplar(1, 5, { traceID: "ab" })] };
  expect(thinned([series], 0, 10, 5)).toEqual([
    { time: 1, value: 5, labels: { route: "orders", traceID: "ab" }, trace: "ab" },
  ]);
});

test("what is no number is no point", () => {
  expect(thinned([{ labels: {}, exemplars: [exemplar(1, Number.NaN)] }], 0, 10, 5)).toEqual([]);
});
