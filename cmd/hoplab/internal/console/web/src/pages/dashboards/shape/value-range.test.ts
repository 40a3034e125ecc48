import { expect, test } from "vitest";

import { valueRange } from "./value-range";

test.each<[string, object, number | null, number | null, [number, number]]>([
  ["no data", {}, null, null, [0, 1]],
  ["nothing but zero", {}, 0, 0, [0, 1]],
  ["one value", {}, 5, 5, [0, 10]],
  ["one value below zero", {}, -5, -5, [-10, 0]],
  ["limits of the field", { min: 0, max: 1 }, 0.2, 0.4, [0, 1]],
  ["a soft limit that the data keeps", { custom: { axisSoftMin: 0, axisSoftMax: 100 } }, 20, 40, [0, 100]],
])("%s", (_, options, low, high, range) => {
  expect(valueRange(options, low, high)).toEqual(range);
});

test("there is room around what varies, and none below a soft limit", () => {
  const [low, high] = valueRange({ custom: { axisSoftMin: 0 } }, 2, 10);
  expect(low).toBe(0);
  expect(high).toBeGreaterThan(10);
  expect(valueRange({ custom: { axisSoftMin: 0 } }, -5, 10)[0]).toBeLessThanOrEqual(-5);
});
