import { expect, test } from "vitest";

import { defaultOrder, orderText, parseOrder, sortKeys, sortRows } from "./order";
import { row, stall } from "./samples";

const keys = (rows: { key: string }[]) => rows.map((r) => r.key);

test("numbers and text are ordered either way", () => {
  const rows = [row({ id: 1, age_seconds: 5, route: "b" }), row({ id: 3, age_seconds: 50, route: "a" })];
  expect(keys(sortRows([...rows], { key: "age", descending: true }))).toEqual(["7/3", "7/1"]);
  expect(keys(sortRows([...rows], { key: "age", descending: false }))).toEqual(["7/1", "7/3"]);
  expect(keys(sortRows([...rows], { key: "route", descending: false }))).toEqual(["7/3", "7/1"]);
});

test("what has no value comes last either way", () => {
  const rows = [row({ id: 1 }), row({ id: 3, ...stall("upstream", "stream", 2) })];
  for (const descending of [true, false]) {
    expect(keys(sortRows([...rows], { key: "stall", descending }))).toEqual(["7/3", "7/1"]);
  }
});

test("equals keep the order of their streams, whichever came first", () => {
  const rows = [row({ id: 11 }), row({ id: 9 }), row({ id: 3, connection: 2 })];
  for (const descending of [true, false]) {
    expect(keys(sortRows([...rows], { key: "age", descending }))).toEqual(["2/3", "7/9", "7/11"]);
  }
  expect(keys(sortRows([...rows], { key: "stream", descending: true }))).toEqual(["7/11", "7/9", "2/3"]);
});

test("an order survives the address", () => {
  for (const key of sortKeys) {
    for (const descending of [true, false]) {
      expect(parseOrder(orderText({ key, descending }) ?? null)).toEqual({ key, descending });
    }
  }
  expect(parseOrder("nonsense")).toEqual(defaultOrder);
  expect(parseOrder(null)).toEqual(defaultOrder);
});
