import { expect, test } from "vitest";

import { quantile, Recents } from "./recent";

const at = (id: number, streams_opened: number, age_seconds: number) => ({ id, streams_opened, age_seconds });

const bounds = [0.01, 0.1, 1];

const counted = (age_seconds: number, failed: number, bucket_counts: number[]) => ({
  ...at(1, 0, age_seconds),
  attempts: { ended: 0, failed, duration: { explicit_bounds: bounds, bucket_counts } },
});

test("a rate is what was opened between two answers", () => {
  const recents = new Recents();
  expect(recents.take([at(1, 10, 100)])).toEqual(new Map());
  expect(recents.take([at(1, 20, 105), at(2, 1, 1)])).toEqual(new Map([[1, { rate: 2 }]]));
  expect(recents.take([at(2, 1, 6)])).toEqual(new Map([[2, { rate: 0 }]]));
});

test("rates are over the last minute, or over a longer pause", () => {
  const recents = new Recents();
  recents.take([at(1, 0, 0)]);
  recents.take([at(1, 600, 30)]);
  expect(recents.take([at(1, 660, 60)]).get(1)?.rate).toBe(11);
  expect(recents.take([at(1, 690, 90)]).get(1)?.rate).toBe(1.5);
  expect(recents.take([at(1, 1090, 290)]).get(1)?.rate).toBe(2);
});

test("a connection of another gateway with the same id has no rate yet", () => {
  const recents = new Recents();
  recents.take([at(1, 10, 100)]);
  expect(recents.take([at(1, 500, 3)])).toEqual(new Map());
  expect(recents.take([at(1, 506, 5)]).get(1)?.rate).toBe(3);
});

test("failures and p99 are of the attempts between two answers", () => {
  const recents = new Recents();
  recents.take([counted(10, 5, [1000, 0, 0, 0])]);
  expect(recents.take([counted(20, 7, [1000, 100, 0, 0])]).get(1)).toEqual({
    rate: 0,
    failures: 0.2,
    p99: expect.closeTo(0.0991),
  });
  expect(recents.take([counted(90, 7, [1000, 100, 0, 0])]).get(1)).toEqual({ rate: 0, failures: 0 });
});

test("quantiles are Prometheus's", () => {
  const of = (q: number, ...bucket_counts: number[]) => quantile(q, { explicit_bounds: bounds, bucket_counts });
  expect(of(0.5, 0, 0, 0, 0)).toBeUndefined();
  expect(of(0.5, 4, 0, 0, 0)).toBeCloseTo(0.005);
  expect(of(0.5, 0, 4, 0, 0)).toBeCloseTo(0.055);
  expect(of(0.99, 0, 0, 0, 4)).toBe(1);
  expect(of(1, 2, 0, 2, 0)).toBe(1);
});
