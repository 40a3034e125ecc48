import { expect, test } from "vitest";
import type { FieldOptions } from "../model";
import { absoluteSteps, show, thresholdColour } from "./display";

const thresholds = {
  mode: "absolute",
  steps: [
    { color: "green", value: null },
    { color: "orange", value: 0.25 },
    { color: "red", value: 0.5 },
  ],
};

test.each([
  [-1, "green"],
  [0.2, "green"],
  [0.25, "orange"],
  [0.49, "orange"],
  [7, "red"],
])("%d has the threshold %s", (value, colour) => {
  expect(thresholdColour({ thresholds }, value)).toBe(colour);
});

test("percentages of thresholds lie between min and max", () => {
  const steps = [
    { color: "red", value: 90 },
    { color: "green", value: null },
  ];
  expect(absoluteSteps({ thresholds: { mode: "percentage", steps }, min: 0, max: 2 })).toEqual([
    { color: "green", value: null },
    { color: "red", value: 1.8 },
  ]);
});

const mappings: FieldOptions["mappings"] = [
  { type: "value", options: { "0": { text: "down", color: "red", index: 0 } } },
  { type: "range", options: { from: 1, to: 2, result: { text: "some" } } },
  { type: "special", options: { match: "null+nan", result: { text: "unknown" } } },
  { type: "regex", options: { pattern: "/^fir/", result: { text: "fires", color: "orange" } } },
  { type: "regex", options: { pattern: "(", result: { text: "broken" } } },
];

test.each<[number | string | null, string, string | undefined]>([
  [0, "down", "red"],
  [1.5, "some", undefined],
  [3, "3 ops/s", undefined],
  [null, "unknown", undefined],
  [Number.NaN, "unknown", undefined],
  ["firing", "fires", "orange"],
  ["pending", "pending", undefined],
])("%s is shown as %s", (value, text, colour) => {
  expect(show({ unit: "ops", mappings }, value)).toMatchObject({ text, ...(colour ? { colour } : {}) });
});

test("nothing is a dash, or what the field says", () => {
  expect(show({}, null).text).toBe("–");
  expect(show({ noValue: "none" }, null).text).toBe("none");
});

test("the colour of a mapping is stronger than that of a threshold", () => {
  expect(show({ thresholds, mappings }, 0).colour).toBe("red");
  expect(show({ thresholds, mappings }, 1.5).colour).toBe("red");
});
