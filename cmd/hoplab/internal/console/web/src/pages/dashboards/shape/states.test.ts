import { expect, test } from "vitest";

import type { Field } from "./fields";
import { rows } from "./states";

const field = (name: string, values: (number | null)[], rest: Partial<Field> = {}): Field => ({
  name,
  labels: {},
  refId: "A",
  values,
  options: {
    mappings: [
      { type: "value", options: { "1": { text: "up", color: "green" }, "0": { text: "down", color: "red" } } },
    ],
  },
  ...rest,
});
const times = [10, 15, 20, 25];

test("values that stay are one stretch; a gap ends it", () => {
  expect(rows([field("a", [1, 1, null, 1])], times, 5, true)).toEqual([
    {
      name: "a",
      stretches: [
        { from: 10, to: 20, text: "up", colour: "green" },
        { from: 25, to: 30, text: "up", colour: "green" },
      ],
    },
  ]);
  expect(rows([field("a", [1, 1, 1, 0])], times, 5, false)[0]?.stretches).toHaveLength(4);
});

test("an alert is pending and then fires, in one row", () => {
  const alert = (state: string, values: (number | null)[]) =>
    field("Slow", values, { labels: { alertstate: state }, options: {} });
  const [row] = rows([alert("firing", [null, null, 1, 1]), alert("pending", [1, 1, null, null])], times, 5, true);
  expect(row?.stretches.map((s) => [s.from, s.to, s.text, s.colour])).toEqual([
    [10, 20, "pending", "orange"],
    [20, 30, "firing", "red"],
  ]);
});
