import { expect, test } from "vitest";

import { align, nameOf } from "./align";

test("series are put on one grid, with null where they have nothing", () => {
  const { times, rows } = align(
    [
      {
        labels: {},
        samples: [
          [10, 1],
          [30, 3],
        ],
      },
      {
        labels: {},
        samples: [
          [20, Number.NaN],
          [40, 9],
        ],
      },
    ],
    10,
    30,
    10,
  );
  expect(times).toEqual([10, 20, 30]);
  expect(rows).toEqual([
    [1, null, 3],
    [null, null, null],
  ]);
});

test("a series is named by what tells it from the others", () => {
  const a = { __name__: "x", job: "hopscope", route: "a" };
  const b = { __name__: "x", job: "hopscope", route: "b" };
  expect(nameOf(a, [a, b])).toBe("route=a");
  expect(nameOf(a, [a])).toBe("route=a");
});
