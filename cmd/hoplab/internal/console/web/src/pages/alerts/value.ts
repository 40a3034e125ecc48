// Text of what alerts measure.

import type { Rule } from "../../data/prometheus";
import { duration } from "../../format/time";

export type Unit = "percent" | "seconds" | "bytes" | "number";

/** The unit of an alert's value, as its description writes it. */
export function unitOf(rule: Rule): Unit {
  const text = Object.values(rule.annotations ?? {}).join(" ");
  const written = /\$value\s*\|\s*(humanize\w*)/.exec(text)?.[1];
  if (written === "humanizePercentage") return "percent";
  if (written === "humanizeDuration") return "seconds";
  if (written === "humanize1024") return "bytes";
  return unitOfExpr(rule.query);
}

/** The unit that the names in an expression suggest. */
export function unitOfExpr(expr: string): Unit {
  const name = /^[A-Za-z_:][\w:]*(?=$|[{\s])/.exec(expr.trim())?.[0] ?? "";
  if (/ratio/.test(name)) return "percent";
  if (/_seconds$/.test(name)) return "seconds";
  if (/_bytes$/.test(name)) return "bytes";
  return "number";
}

/** A value in its unit, with three digits or so. */
export function formatIn(unit: Unit, value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (unit === "percent") return `${short(value * 100)} %`;
  if (unit === "seconds") return value === 0 ? "0s" : duration(value);
  if (unit === "bytes") return scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
  return scaled(value, 1000, ["", "k", "M", "G", "T"]);
}

function scaled(value: number, by: number, units: readonly string[]): string {
  let step = 0;
  let rest = value;
  while (Math.abs(rest) >= by && step < units.length - 1) {
    rest /= by;
    step++;
  }
  return `${short(rest)} ${units[step] ?? ""}`.trim();
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
