import { expect, test } from "vitest";

import { duration, secondsSince } from "./time";

test.each([
  [0, "0µs"],
  [0.00025, "250µs"],
  [0.0123, "12.3ms"],
  [1.5, "1.5s"],
  [12.4, "12s"],
  [59.6, "1m"],
  [3840, "1h 4m"],
  [90061, "1d 1h"],
  [-2, "−2s"],
  [Number.NaN, "–"],
])("a duration of %d s is %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test("a clock that is ahead gives no negative age", () => {
  expect(secondsSince("2026-01-01T00:00:10Z", Date.parse("2026-01-01T00:00:00Z"))).toBe(0);
  expect(secondsSince("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:00:10Z"))).toBe(10);
});
