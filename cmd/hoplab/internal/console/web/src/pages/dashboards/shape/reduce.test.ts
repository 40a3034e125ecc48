import { expect, test } from "vitest";

import { calcTitle, reduce } from "./reduce";

const values = [null, 3, 1, null, 2, null];

test.each([
  ["lastNotNull", 2],
  ["last", null],
  ["firstNotNull", 3],
  ["first", null],
  ["min", 1],
  ["max", 3],
  ["mean", 2],
  ["sum", 6],
  ["count", 3],
  ["range", 2],
  ["unheard of", 2],
])("%s of some values", (calc, want) => {
  expect(reduce(values, calc)).toBe(want);
});

test.each([
  ["lastNotNull", null],
  ["max", null],
  ["mean", null],
  ["range", null],
  ["count", 0],
  ["sum", 0],
])("%s of nothing", (calc, want) => {
  expect(reduce([null, null], calc)).toBe(want);
});

test("calculations have the titles of Grafana's legends", () => {
  expect(calcTitle("lastNotNull")).toBe("Last *");
  expect(calcTitle("max")).toBe("Max");
  expect(calcTitle("p95")).toBe("p95");
});
