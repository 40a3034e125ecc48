import { expect, test } from "vitest";
import type { Panel } from "../model";
import type { Answer } from "./fields";
import { merge, organize, sorted, tables, transformed } from "./transform";

const answer = (refId: string, values: [endpoint: string, value: number][]): Answer => ({
  target: { refId, format: "table", instant: true },
  expr: "x",
  start: 10,
  end: 10,
  step: 0,
  series: values.map(([endpoint, value]) => ({ labels: { upstream: "u", endpoint }, samples: [[10, value]] })),
});

const two = tables([
  answer("A", [
    ["a:1", 5],
    ["b:1", 7],
  ]),
  answer("B", [
    ["b:1", 0.5],
    ["c:1", 0.1],
  ]),
]);

test("an answer is a table of its labels and values", () => {
  const [first] = tables([answer("A", [["a:1", 5]])]);
  expect(first?.columns.map((c) => c.name)).toEqual(["Time", "endpoint", "upstream", "Value"]);
  expect(first?.rows).toEqual([[10_000, "a:1", "u", 5]]);
});

test("merge joins the rows of what is the same", () => {
  const { columns, rows } = merge(two);
  expect(columns.map((c) => c.name)).toEqual(["Time", "endpoint", "upstream", "Value #A", "Value #B"]);
  expect(rows).toEqual([
    [10_000, "a:1", "u", 5, null],
    [10_000, "b:1", "u", 7, 0.5],
    [10_000, "c:1", "u", null, 0.1],
  ]);
});

test("merge keeps rows apart that say different things", () => {
  const again = tables([answer("A", [["a:1", 5]]), answer("A", [["a:1", 6]])]);
  expect(merge(again).rows.map((row) => row.at(-1))).toEqual([5, 6]);
});

test("organize leaves out, orders and renames", () => {
  const { columns, rows } = organize(merge(two), {
    excludeByName: { Time: true, upstream: true },
    indexByName: { "Value #B": 0, endpoint: 1 },
    renameByName: { "Value #B": "Failed", endpoint: "" },
  });
  expect(columns.map((c) => [c.name, c.original])).toEqual([
    ["Failed", "Value #B"],
    ["endpoint", "endpoint"],
    ["Value #A", "Value #A"],
  ]);
  expect(rows[1]).toEqual([0.5, "b:1", 7]);
});

test("organize can name what stays", () => {
  expect(organize(merge(two), { includeByName: { endpoint: true } }).columns.map((c) => c.name)).toEqual(["endpoint"]);
});

test("rows are sorted with what is missing at the end", () => {
  const by = (desc: boolean) => sorted(merge(two), "Value #A", desc).rows.map((row) => row[3]);
  expect(by(false)).toEqual([5, 7, null]);
  expect(by(true)).toEqual([7, 5, null]);
  expect(sorted(merge(two), "not there", true).rows).toHaveLength(3);
});

test("a panel's transformations follow one another; one that is not known is named", () => {
  const panel = (transformations: Panel["transformations"]): Panel => ({
    id: 1,
    type: "table",
    gridPos: { h: 8, w: 8, x: 0, y: 0 },
    ...(transformations ? { transformations } : {}),
  });
  const table = transformed(
    two,
    panel([
      { id: "merge" },
      { id: "organize", options: { renameByName: { "Value #A": "Streams" } } },
      { id: "sortBy", options: { sort: [{ field: "Streams", desc: true }] } },
      { id: "seriesToRows", disabled: true },
    ]),
  );
  expect(table.rows[0]?.[1]).toBe("b:1");
  expect(() => transformed(two, panel([{ id: "groupBy" }]))).toThrow('"groupBy"');
  expect(transformed([], panel(undefined)).rows).toEqual([]);
});
