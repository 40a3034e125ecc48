import { expect, test } from "vitest";

import type { Rule } from "../../data/prometheus";
import { formatIn, unitOf } from "./value";

const rule = (query: string, description: string): Rule => ({
  type: "alerting",
  name: "A",
  query,
  health: "ok",
  annotations: { description },
});

test("the description says the unit, else the name of what is measured", () => {
  expect(unitOf(rule("a > 1", "{{ $value | humanizePercentage }} of it"))).toBe("percent");
  expect(unitOf(rule("a > 1", "for {{ $value | humanizeDuration }}"))).toBe("seconds");
  expect(unitOf(rule("job:stalls:ratio1m > 1", ""))).toBe("percent");
  expect(unitOf(rule("x_bytes > 1", ""))).toBe("bytes");
  expect(unitOf(rule("rate(x_bytes[1m]) > 1", ""))).toBe("number");
});

test.each([
  ["percent", 0.12345, "12.3 %"],
  ["seconds", 90, "1m 30s"],
  ["seconds", 0, "0s"],
  ["bytes", 65536, "64 KiB"],
  ["number", 1234, "1.23 k"],
  ["number", 0.0144, "0.0144"],
  ["number", -3, "-3"],
  ["number", Number.NaN, "NaN"],
] as const)("in %s, %d is %s", (unit, value, text) => {
  expect(formatIn(unit, value)).toBe(text);
});
