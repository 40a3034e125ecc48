import { expect, test } from "vitest";

import type { Sample } from "../../../data/prometheus";
import { regions, regionsAt, severity, stretches } from "./annotations";

const alerts = { name: "Firing alerts", titleFormat: "{{alertname}}", textFormat: "{{route}} {{upstream}}" };
const at = (...times: number[]) => times.map((t): Sample => [t, 1]);

test("samples that follow one another are one region", () => {
  const labels = { alertname: "Slow", route: "orders", severity: "critical" };
  const all = regions(alerts, [{ labels, samples: at(10, 15, 20, 40, 45) }], 5, 47);
  expect(all).toEqual([
    { from: 10, to: 25, title: "Slow", text: "orders", severity: "critical" },
    { from: 40, to: 47, title: "Slow", text: "orders", severity: "critical" },
  ]);
  expect(regionsAt(all, 24, 0)).toHaveLength(1);
  expect(regionsAt(all, 30, 0)).toHaveLength(0);
  expect(regionsAt(all, 39, 2)).toHaveLength(1);
});

test("what is zero is no region", () => {
  expect(regions(alerts, [{ labels: {}, samples: [[10, 0]] }], 5, 20)).toEqual([]);
});

test("without a title the annotation's name stands", () => {
  expect(regions({ name: "Deploys", titleFormat: "{{no}}" }, [{ labels: {}, samples: at(1) }], 1, 5)[0]?.title).toBe(
    "Deploys",
  );
});

test.each([
  ["critical", "critical"],
  ["page", "critical"],
  ["info", "info"],
  ["warning", "warning"],
  ["", "warning"],
])("severity %s is %s", (text, want) => {
  expect(severity({ severity: text })).toBe(want);
});

test("what overlaps is one stretch for each severity", () => {
  const region = (from: number, to: number, severity: "critical" | "warning") => ({
    from,
    to,
    severity,
    title: "",
    text: "",
  });
  expect(
    stretches([
      region(20, 25, "warning"),
      region(0, 10, "warning"),
      region(5, 8, "warning"),
      region(6, 12, "critical"),
      region(10, 15, "warning"),
    ]),
  ).toEqual([
    { from: 0, to: 15, severity: "warning" },
    { from: 6, to: 12, severity: "critical" },
    { from: 20, to: 25, severity: "warning" },
  ]);
});
