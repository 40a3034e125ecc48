import { expect, test } from "vitest";

import { strips } from "./strips";

const series = (alertstate: string, route: string, ...times: number[]) => ({
  labels: { __name__: "ALERTS", alertname: "A", alertstate, route },
  samples: times.map((t): [number, number] => [t, 1]),
});

test("samples that follow one another are one part", () => {
  expect(strips([series("pending", "a", 10, 20), series("firing", "a", 30, 40, 70)], 10)).toEqual([
    {
      labels: { alertname: "A", route: "a" },
      parts: [
        { state: "pending", from: 10, to: 30 },
        { state: "firing", from: 30, to: 50 },
        { state: "firing", from: 70, to: 80 },
      ],
    },
  ]);
});

test("each set of labels has its own strip", () => {
  expect(strips([series("firing", "a", 10), series("firing", "b", 10), series("resolved", "c", 10)], 10).length).toBe(
    2,
  );
});
