import { expect, test } from "vitest";

import type { Sample } from "../../../data/prometheus";
import { heat, rowOf, strength } from "./heat";

const bucket = (le: string, samples: Sample[]) => ({ labels: { le }, samples });

test("buckets are taken apart in the order of their bounds", () => {
  const { times, buckets, most } = heat(
    [
      bucket("+Inf", [
        [10, 6],
        [15, 6],
      ]),
      bucket("0.5", [
        [10, 5],
        [15, 1],
      ]),
      bucket("0.1", [[10, 2]]),
      bucket("", [[10, 2]]),
    ],
    10,
    20,
    5,
  );
  expect(times).toEqual([10, 15, 20]);
  expect(buckets).toEqual([
    { above: 0, upTo: 0.1, values: [2, null, null] },
    { above: 0.1, upTo: 0.5, values: [3, 1, null] },
    { above: 0.5, upTo: Number.POSITIVE_INFINITY, values: [1, 5, null] },
  ]);
  expect(most).toBe(5);
});

test("a count that seems to shrink is none", () => {
  const { buckets } = heat([bucket("1", [[0, 3]]), bucket("2", [[0, 2.9]])], 0, 0, 1);
  expect(buckets[1]?.values).toEqual([0]);
});

test("small cells are seen, empty ones are not", () => {
  expect(strength(0, 100, 0.5)).toBe(0);
  expect(strength(0.01, 100, 0.5)).toBe(0.06);
  expect(strength(25, 100, 0.5)).toBe(0.5);
  expect(strength(100, 100, 0.5)).toBe(1);
  expect(strength(1, 0, 0.5)).toBe(0);
});

test("a value lies in the row of its bucket", () => {
  const { buckets } = heat([bucket("1", [[0, 1]]), bucket("3", [[0, 2]]), bucket("+Inf", [[0, 2]])], 0, 0, 1);
  expect([0.5, 1, 2, 3, 9].map((v) => rowOf(buckets, v))).toEqual([0.5, 1, 1.5, 2, 2.5]);
});
