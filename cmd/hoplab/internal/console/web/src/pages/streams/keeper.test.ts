import { expect, test } from "vitest";

import { Keeper, mostEnded, mostHistories } from "./keeper";
import { noon, stream } from "./samples";

test("a stream that ends keeps its picture and says when", () => {
  const keeper = new Keeper();
  keeper.take([stream()], noon);
  keeper.take([stream({ age_seconds: 13, bytes_written: 4096 })], noon + 1000);
  keeper.take([], noon + 2000);
  const detail = keeper.detail("7/1");
  expect(keeper.rows).toEqual([]);
  expect(detail?.ended).toBe(noon + 2000);
  expect(detail?.samples?.times.length).toBe(2);
  expect(detail?.samples?.writtenRate[0]).toBeNaN();
  expect(detail?.samples?.writtenRate[1]).toBe(2048);
  expect(detail?.row.written).toBe(4096);
});

test("a key that is used again is another stream, with a history of its own", () => {
  const keeper = new Keeper();
  keeper.take([stream({ id: 0 })], noon);
  keeper.take([stream({ id: 0, age_seconds: 0.5, bytes_written: 1 })], noon + 1000);
  expect(keeper.detail("7/0")).toMatchObject({ ended: 0, row: { written: 1, writtenRate: 0 } });
  expect(keeper.detail("7/0")?.samples?.times.length).toBe(1);
});

test("rows of an answer are not changed by the next", () => {
  const keeper = new Keeper();
  keeper.take([stream()], noon);
  const { rows } = keeper;
  keeper.take([stream({ age_seconds: 13 })], noon + 1000);
  expect(rows[0]?.age).toBe(12);
});

test("histories are bounded, and what ends makes room", () => {
  const many = Array.from({ length: mostHistories + 1 }, (_, i) => stream({ id: i }));
  const keeper = new Keeper();
  keeper.take(many, noon);
  expect(keeper.rows.length).toBe(mostHistories + 1);
  expect(keeper.detail(`7/${mostHistories}`)?.samples).toBeUndefined();
  keeper.take(
    many.slice(1).map((s) => ({ ...s, id: s.id + 1 })),
    noon + 1000,
  );
  expect(keeper.detail(`7/${mostHistories + 1}`)?.samples).toBeDefined();
});

test("of those that ended the latest are kept, and the one that is watched", () => {
  const keeper = new Keeper();
  keeper.take([stream({ id: 1 })], noon);
  keeper.watch("7/1");
  keeper.take(
    Array.from({ length: mostEnded + 5 }, (_, i) => stream({ id: 1000 + i })),
    noon + 1000,
  );
  keeper.take([], noon + 2000);
  expect(keeper.detail("7/1")?.ended).toBe(noon + 1000);
  expect(keeper.detail("7/1000")).toBeUndefined();
  expect(keeper.detail(`7/${1000 + mostEnded + 4}`)?.ended).toBe(noon + 2000);
});
