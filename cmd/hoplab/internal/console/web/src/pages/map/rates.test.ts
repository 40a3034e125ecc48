import { expect, test } from "vitest";

import { Rates } from "./rates";

const at = (id: number, streams_opened: number, age_seconds: number) => ({ id, streams_opened, age_seconds });

test("a rate is what was opened between two answers", () => {
  const rates = new Rates();
  expect(rates.take([at(1, 10, 100)])).toEqual(new Map());
  expect(rates.take([at(1, 20, 105), at(2, 1, 1)])).toEqual(new Map([[1, 2]]));
  expect(rates.take([at(2, 1, 6)])).toEqual(new Map([[2, 0]]));
});

test("a connection of another gateway with the same id has no rate yet", () => {
  const rates = new Rates();
  rates.take([at(1, 10, 100)]);
  expect(rates.take([at(1, 500, 3)])).toEqual(new Map());
});
