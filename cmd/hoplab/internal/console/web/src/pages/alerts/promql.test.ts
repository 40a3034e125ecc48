import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { bucketSelectors, conditions, expanded, metrics, tokenize } from "./promql";

/** The expressions of the alerts that are shipped, by name. */
function shipped(): { name: string; expr: string; record: boolean }[] {
  const folder = join(import.meta.dirname, "../../../../../../../../alerts");
  const found: { name: string; expr: string; record: boolean }[] = [];
  for (const file of readdirSync(folder).filter((f) => f.endsWith(".rules.yml"))) {
    const lines = readFileSync(join(folder, file), "utf8").split("\n");
    lines.forEach((line, i) => {
      const rule = /^ {6}- (alert|record): (\S+)$/.exec(line);
      if (!rule) return;
      const at = lines.findIndex((l, n) => n > i && /^ {8}expr:/.test(l));
      let expr = (lines[at] ?? "").replace(/^ {8}expr: /, "");
      if (/^[|>]-?$/.test(expr)) {
        expr = "";
        for (let n = at + 1; (lines[n] ?? "").startsWith("          "); n++) expr += `${lines[n]}\n`;
      }
      found.push({ name: rule[2] ?? "", expr, record: rule[1] === "record" });
    });
  }
  return found;
}

const rules = shipped();

test("the shipped rules are found", () => {
  expect(rules.filter((r) => !r.record).length).toBeGreaterThan(25);
  expect(rules.every((r) => r.expr.trim() !== "")).toBe(true);
});

test.each(rules)("$name is read to its end, and nothing of it is lost", ({ expr, record }) => {
  expect(tokenize(expr)).toBeDefined();
  const parts = conditions(expr);
  const letters = (text: string) => text.replace(/[\s()]/g, "");
  const again = parts
    .map(
      (p) =>
        p.join +
        p.matching +
        (p.comparison ? p.comparison.value + p.comparison.operator + p.comparison.threshold : p.expr),
    )
    .join("");
  expect(letters(again)).toBe(letters(expr));
  for (const part of parts) {
    for (const text of [part.expr, part.comparison?.value ?? "", part.comparison?.threshold ?? ""]) {
      expect(tokenize(text), text).toBeDefined();
    }
  }
  if (!record && !/^absent/.test(expr)) {
    for (const part of parts) expect(part.comparison?.constant, part.expr).toBe(true);
  }
});

test("a condition is split at its comparison", () => {
  expect(conditions('up{job="hopscope"} == 0')).toEqual([
    {
      join: "",
      matching: "",
      expr: 'up{job="hopscope"} == 0',
      comparison: { value: 'up{job="hopscope"}', operator: "==", threshold: "0", constant: true },
    },
  ]);
});

test("conditions are joined by and, unless and or", () => {
  const parts = conditions("a > 14.4 * 0.001 and on (job, x) b == 0 unless ignoring (y) group_left (z) (c < 3) or d");
  expect(parts.map((p) => [p.join, p.matching, p.comparison?.value ?? p.expr, p.comparison?.threshold])).toEqual([
    ["", "", "a", "14.4 * 0.001"],
    ["and", "on (job, x)", "b", "0"],
    ["unless", "ignoring (y) group_left (z)", "c", "3"],
    ["or", "", "d", undefined],
  ]);
});

test("comparisons within brackets are part of what is measured", () => {
  const [part] = conditions("1 - a / (b > 0) > 0.5");
  expect(part?.comparison).toMatchObject({ value: "1 - a / (b > 0)", threshold: "0.5" });
});

test("a number on the left is the threshold", () => {
  expect(conditions("0.5 < rate(x[1m])")[0]?.comparison).toEqual({
    value: "rate(x[1m])",
    operator: ">",
    threshold: "0.5",
    constant: true,
  });
});

test("a threshold may be measured, too", () => {
  expect(conditions("a > on (job) group_left () sum by (job) (b)")[0]?.comparison).toMatchObject({
    value: "a",
    threshold: "sum by (job) (b)",
    constant: false,
  });
  expect(conditions("a > bool 1")[0]?.comparison).toMatchObject({ threshold: "1" });
});

test("strings, comments and matchers hide what looks like operators", () => {
  const expr = `up{a="x > 1 and \\"(\\"", b=~'or|}', c!~\`]\`} # > 7 and (\n > 2`;
  expect(conditions(expr).map((p) => p.comparison?.threshold)).toEqual(["2"]);
});

test.each(["", "   ", "a > ", "> 1", "a and", "(a", "a)", 'up{a="b}', "a > [1)", "a ; b", "\\", "ä > 1"])(
  "what is no expression (%j) is one condition without comparison",
  (expr) => {
    expect(conditions(expr)).toEqual([{ join: "", matching: "", expr: expr.trim() }]);
  },
);

test("metrics are told from functions, labels and keywords", () => {
  const expr =
    'sum by (job, route) (rate(a_total{code=~"b|c", d="e"}[1m] offset 5m)) / on (job) group_left (f) (g:h > 0) and (i or time() - j @ end())';
  expect(metrics(expr)).toEqual(["a_total", "g:h", "i", "j"]);
  expect(metrics("sum(a) by (b) > 1")).toEqual(["a"]);
});

test("an expression is followed to those of its recording rules, each once", () => {
  const recorded = new Map([
    ["a:b", "c + d:e"],
    ["d:e", "f + a:b"],
  ]);
  expect(expanded("a:b > 1", recorded)).toEqual(["a:b > 1", "c + d:e", "f + a:b"]);
});

test("histograms are selected by all but their bounds", () => {
  const expr =
    'rate(a_bucket{kind="unary", le="0.5"}[1m]) / rate(a_count{kind="unary"}[1m]) + b_sum + c_bucket{} + d_total{x="y"}';
  expect(bucketSelectors(expr)).toEqual(['a_bucket{kind="unary"}', "b_bucket", "c_bucket"]);
});

test("the shipped alerts read metrics of hopscope, and up", () => {
  const recorded = new Map(rules.filter((r) => r.record).map((r) => [r.name, r.expr]));
  for (const r of rules.filter((r) => !r.record)) {
    const read = expanded(r.expr, recorded)
      .flatMap(metrics)
      .filter((name) => !recorded.has(name));
    expect(read.length, r.name).toBeGreaterThan(0);
    for (const name of read) expect(name, r.name).toMatch(/^(hopscope_\w+|up)$/);
  }
});
