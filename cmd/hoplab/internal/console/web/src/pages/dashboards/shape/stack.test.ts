import { expect, test } from "vitest";

import { stacked, stacking } from "./stack";

test("series add up, and gaps stay gaps", () => {
  expect(
    stacked(
      [
        [1, null, 3],
        [1, 1, null],
        [2, 2, 2],
      ],
      false,
    ),
  ).toEqual([
    [1, null, 3],
    [2, 1, null],
    [4, 3, 5],
  ]);
});

test("percentages are of the whole", () => {
  expect(
    stacked(
      [
        [1, 0],
        [3, 0],
      ],
      true,
    ),
  ).toEqual([
    [0.25, 0],
    [1, 0],
  ]);
});

test("fields are not stacked unless they say so", () => {
  expect(stacking(undefined).mode).toBe("none");
  expect(stacking({ stacking: { mode: "normal", group: "B" } })).toEqual({ mode: "normal", group: "B" });
});
