import { expect, test } from "vitest";

import { align, chooseStep, rateInterval, roundStep } from "./step";

test.each([
  [0.0002, 0.001],
  [1.4, 1],
  [1.5, 2],
  [3.4, 2],
  [4.5, 5],
  [7.6, 10],
  [40, 30],
  [50, 60],
  [1e9, 31_536_000],
])("%d s is rounded to %d s", (seconds, step) => {
  expect(roundStep(seconds)).toBe(step);
});

test.each([
  [1800, 400, 2, 5],
  [1800, 400, 15, 15],
  [300, 400, 2, 2],
  [172_800, 400, 2, 300],
  [86_400, 1e6, 2, 8],
])("%d s over %d points, scraped every %d s, have a step of %d s", (range, points, scrape, step) => {
  expect(chooseStep(range, points, scrape)).toBe(step);
});

test("a rate covers four scrapes, and a step with one more", () => {
  expect(rateInterval(2, 2)).toBe(8);
  expect(rateInterval(60, 15)).toBe(75);
});

test("the ends of a range lie on multiples of the step", () => {
  expect(align(1003, 1999, 5)).toEqual({ start: 1000, end: 1995 });
  expect(align(1000, 2000, 0.2)).toEqual({ start: 1000, end: 2000 });
});
