import { expect, test } from "vitest";

import { arc, sparkPath } from "./shapes";

test("a line breaks at a gap and stands on zero", () => {
  const { line, area } = sparkPath([0, 10, null, 5, 10]);
  expect(line).toBe("M0.00 96.00L25.00 4.00M75.00 50.00L100.00 4.00");
  expect(area).toBe("M0.00 100L0.00 96.00L25.00 4.00L25.00 100ZM75.00 100L75.00 50.00L100.00 4.00L100.00 100Z");
});

test("nothing, and nothing but zeros, can be drawn", () => {
  expect(sparkPath([])).toEqual({ line: "", area: "" });
  expect(sparkPath([null, null]).line).toBe("");
  expect(sparkPath([0, 0]).line).toBe("M0.00 96.00L100.00 96.00");
});

test("values below zero are below it", () => {
  expect(sparkPath([-10, 10]).line).toBe("M0.00 96.00L100.00 4.00");
});

test("an arc goes from lower left over the top to lower right", () => {
  expect(arc(40, 0, 1)).toBe("M25.36 80.00A40 40 0 1 1 94.64 80.00");
  expect(arc(40, 0, 0.5)).toBe("M25.36 80.00A40 40 0 0 1 60.00 20.00");
});
