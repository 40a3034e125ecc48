import { expect, test } from "vitest";
import type { Panel } from "../model";
import { type Answer, fieldKey, fieldOptions, frame, seriesName } from "./fields";

const panel: Panel = {
  id: 1,
  type: "timeseries",
  gridPos: { h: 8, w: 8, x: 0, y: 0 },
  fieldConfig: {
    defaults: { unit: "s", custom: { lineWidth: 1 } },
    overrides: [
      { matcher: { id: "byName", options: "orders" }, properties: [{ id: "unit", value: "bytes" }] },
      { matcher: { id: "byRegexp", options: "/^ord/" }, properties: [{ id: "custom.lineWidth", value: 3 }] },
      { matcher: { id: "byFrameRefID", options: "B" }, properties: [{ id: "displayName", value: "renamed" }] },
      { matcher: { id: "byRegexp", options: "/(/" }, properties: [{ id: "unit", value: "broken" }] },
      { matcher: { id: "byType", options: "string" }, properties: [{ id: "unit", value: "string" }] },
    ],
  },
};

const answer = (refId: string, rest: Partial<Answer>): Answer => ({
  target: { refId, legendFormat: "{{route}}" },
  expr: "x",
  start: 100,
  end: 120,
  step: 5,
  series: [],
  ...rest,
});

test("samples that are missing or no numbers leave gaps", () => {
  const { times, fields } = frame(
    [
      answer("A", {
        series: [
          {
            labels: { route: "orders" },
            samples: [
              [100, 1],
              [110, Number.NaN],
              [115, Number.POSITIVE_INFINITY],
              [120, 2],
            ],
          },
        ],
      }),
    ],
    panel,
  );
  expect(times).toEqual([100, 105, 110, 115, 120]);
  expect(fields[0]?.values).toEqual([1, null, null, null, 2]);
  expect(fields[0]?.options).toMatchObject({ unit: "bytes", custom: { lineWidth: 3 } });
});

test("answers of different steps share one axis", () => {
  const series = [{ labels: { route: "a" }, samples: [[110, 7]] as [number, number][] }];
  const { times, fields } = frame([answer("A", { step: 10, series }), answer("B", { series })], panel);
  expect(times).toEqual([100, 105, 110, 115, 120]);
  expect(fields.map((f) => [f.name, f.values[2]])).toEqual([
    ["a", 7],
    ["renamed", 7],
  ]);
});

test("an instant is one value", () => {
  const series = [{ labels: {}, samples: [[119.9, 7]] as [number, number][] }];
  expect(frame([answer("A", { step: 0, series })], panel)).toMatchObject({ times: [120], fields: [{ values: [7] }] });
});

test("steps of fractions meet their samples", () => {
  const samples = [[0.1 + 0.2, 1]] as [number, number][];
  const { fields } = frame([answer("A", { start: 0, end: 0.5, step: 0.1, series: [{ labels: {}, samples }] })], panel);
  expect(fields[0]?.values).toEqual([null, null, null, 1, null, null]);
});

test("a series is called as its legend says, or as Prometheus writes it", () => {
  expect(seriesName({ refId: "A", legendFormat: "{{route}} p99" }, { route: "orders" })).toBe("orders p99");
  expect(seriesName({ refId: "A", legendFormat: "{{route}}" }, { job: "x" })).toBe('{job="x"}');
  expect(seriesName({ refId: "A", legendFormat: "__auto" }, { __name__: "up" })).toBe("up");
});

test("overrides go by the name before and after it was changed", () => {
  expect(fieldOptions(panel, { name: "Orders", original: "orders" }).unit).toBe("bytes");
  expect(fieldOptions(panel, { name: "Orders", type: "string" }).unit).toBe("string");
});

test("fields of one name are told apart by their labels", () => {
  const series = ["a", "b"].map((job) => ({ labels: { route: "orders", job }, samples: [] }));
  const { fields } = frame([answer("A", { series })], panel);
  expect(fields.map((f) => f.name)).toEqual(["orders", "orders"]);
  expect(new Set(fields.map(fieldKey)).size).toBe(2);
});
