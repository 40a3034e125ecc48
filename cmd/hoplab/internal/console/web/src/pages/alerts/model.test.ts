import { expect, test, vi } from "vitest";

import type { ActiveAlert, Rule, RuleGroup } from "../../data/prometheus";

vi.stubGlobal("location", { hash: "" });
vi.stubGlobal("window", { addEventListener: () => undefined });
const { alertHref, compatible, labelsOf, matches, recordedBy, rowsOf } = await import("./model");
const { parseHash } = await import("../../shell/router");

const active = (state: ActiveAlert["state"], labels: Record<string, string>): ActiveAlert => ({
  labels,
  annotations: { summary: `${labels.route} is slow` },
  state,
  activeAt: "2026-01-01T00:00:00Z",
  value: "1e+00",
});

const rule = (name: string, severity: string, ...alerts: ActiveAlert[]): Rule => ({
  type: "alerting",
  name,
  query: "a > 1",
  health: "ok",
  labels: { severity },
  annotations: { summary: "Something is slow." },
  alerts,
});

const groups: RuleGroup[] = [
  {
    name: "hopscope-streams",
    file: "x",
    interval: 2,
    rules: [
      { type: "recording", name: "a:b", query: "sum(c)", health: "ok" },
      rule("Quiet", "info"),
      rule("Slow", "warning", active("pending", { route: "users" }), active("firing", { route: "orders" })),
      rule("Page", "critical", active("firing", { route: "users" })),
      rule("Calm", "critical"),
    ],
  },
];

test("what fires stands first, then by severity and name", () => {
  const rows = rowsOf(groups).map((r) => `${r.state} ${r.rule.name} ${r.alert?.labels.route ?? ""}`.trim());
  expect(rows).toEqual([
    "firing Page users",
    "firing Slow orders",
    "pending Slow users",
    "inactive Calm",
    "inactive Quiet",
  ]);
});

test("the filter looks for all words in names, labels and texts", () => {
  const all = new Set(["firing", "pending", "inactive"] as const);
  const found = (text: string, of: ReadonlySet<"firing" | "pending" | "inactive"> = all) =>
    rowsOf(groups)
      .filter((r) => matches(r, text, of))
      .map((r) => r.rule.name);
  expect(found("slow ORDERS")).toEqual(["Slow"]);
  expect(found("severity=critical")).toEqual(["Page", "Calm"]);
  expect(found("", new Set(["pending"]))).toEqual(["Slow"]);
  expect(found("nothing")).toEqual([]);
});

test("an alert's address has its labels, whatever is in them", () => {
  const labels = { alertname: "Slow", route: "a/b?c=d&e#f", endpoint: "[::1]:80" };
  const { page, path, params } = parseHash(alertHref("Slow", labels));
  expect([page, ...path]).toEqual(["alerts", "Slow"]);
  params.set("~range", "1h");
  expect(labelsOf(params)).toEqual({ route: "a/b?c=d&e#f", endpoint: "[::1]:80" });
});

test("labels that a series does not have do not tell it apart", () => {
  expect(compatible({ route: "a" }, { route: "a", severity: "x" })).toBe(true);
  expect(compatible({ route: "b" }, { route: "a" })).toBe(false);
});

test("recording rules are known by the name of their series", () => {
  expect(recordedBy(groups)).toEqual(new Map([["a:b", "sum(c)"]]));
});
