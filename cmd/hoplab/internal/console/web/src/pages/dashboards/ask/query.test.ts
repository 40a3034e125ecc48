import { expect, test } from "vitest";

import type { Panel } from "../model";
import { plan } from "./query";

const panel: Panel = {
  id: 1,
  type: "timeseries",
  gridPos: { h: 8, w: 8, x: 0, y: 0 },
  targets: [
    { refId: "A", expr: 'rate(x{job=~"$job"}[$__rate_interval])', range: true },
    { refId: "B", expr: "avg_over_time(y[$__range]) / $__interval_ms", instant: true, range: false },
    { refId: "C", expr: "y", hide: true },
    { refId: "D", expr: "z[$__interval]", interval: "1m" },
    { refId: "E" },
  ],
};

test("queries have their variables, steps and instants", () => {
  const values = { job: { value: ["a.b"], multi: true } };
  const range = { from: 1_000_001_000, to: 1_001_801_000 };
  expect(
    plan({ panel, range, values, scrape: 2, points: 400 }).map(({ target, ...rest }) => ({
      ref: target.refId,
      ...rest,
    })),
  ).toEqual([
    { ref: "A", expr: 'rate(x{job=~"a\\\\.b"}[8s])', start: 1_000_000, end: 1_001_800, step: 5 },
    { ref: "B", expr: "avg_over_time(y[1800s]) / 5000", start: 1_001_800, end: 1_001_800, step: 0 },
    { ref: "D", expr: "z[60s]", start: 999_960, end: 1_001_760, step: 60 },
  ]);
});
