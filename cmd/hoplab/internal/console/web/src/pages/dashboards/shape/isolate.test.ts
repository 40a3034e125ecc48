import { expect, test } from "vitest";

import { isolated } from "./isolate";

const hidden = (set: ReadonlySet<number>) => [...set].sort();

test("a click shows one series alone, another brings all back", () => {
  const alone = isolated(new Set(), 1, false, 3);
  expect(hidden(alone)).toEqual([0, 2]);
  expect(hidden(isolated(alone, 1, false, 3))).toEqual([]);
  expect(hidden(isolated(alone, 0, false, 3))).toEqual([1, 2]);
});

test("adding shows and hides single series, but never hides all", () => {
  expect(hidden(isolated(new Set([0, 2]), 0, true, 3))).toEqual([2]);
  expect(hidden(isolated(new Set([0, 2]), 1, true, 3))).toEqual([]);
});

test("the only series stays", () => {
  expect(hidden(isolated(new Set(), 0, false, 1))).toEqual([]);
});
