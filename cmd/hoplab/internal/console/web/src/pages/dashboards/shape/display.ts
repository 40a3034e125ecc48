// What a value looks like in a field: its text, and the colour of its threshold or mapping.

import { formatValue } from "../../../format/units";
import type { FieldOptions, Mapping, Threshold } from "../model";

export interface Shown {
  text: string;
  /** Of the mapping or the threshold, as the dashboard names it. */
  colour?: string;
  /** Whether a mapping gave the text. */
  mapped: boolean;
}

/** Shows a number, a text or nothing as a field's options say. */
export function show(options: FieldOptions, value: number | string | null): Shown {
  const mapping = mapped(options.mappings ?? [], value);
  const threshold = typeof value === "number" ? thresholdColour(options, value) : undefined;
  const colour = mapping?.color ?? threshold;
  const text =
    mapping?.text ??
    (value === null ? (options.noValue ?? "–") : typeof value === "string" ? value : number(options, value));
  return { text, mapped: mapping?.text !== undefined, ...(colour ? { colour } : {}) };
}

function number(options: FieldOptions, value: number): string {
  return formatValue(value, options.unit, options.decimals);
}

interface Result {
  text?: string;
  color?: string;
}

/** The first mapping that a value matches. */
function mapped(mappings: readonly Mapping[], value: number | string | null): Result | undefined {
  for (const { type, options } of mappings) {
    const result = options.result as Result | undefined;
    switch (type) {
      case "value": {
        const key = String(value);
        if (Object.hasOwn(options, key)) return options[key] as Result;
        break;
      }
      case "range": {
        const { from, to } = options as { from?: number | null; to?: number | null };
        if (typeof value === "number" && value >= (from ?? -Infinity) && value <= (to ?? Infinity)) return result;
        break;
      }
      case "regex":
        if (typeof value === "string" && regex(String(options.pattern))?.test(value)) return result;
        break;
      case "special":
        if (special(String(options.match), value)) return result;
        break;
    }
  }
  return undefined;
}

function regex(pattern: string): RegExp | undefined {
  const [, body = pattern, flags = ""] = /^\/(.*)\/(\w*)$/.exec(pattern) ?? [];
  try {
    return new RegExp(body, flags);
  } catch {
    return undefined;
  }
}

function special(match: string, value: number | string | null): boolean {
  switch (match) {
    case "null":
      return value === null;
    case "nan":
      return Number.isNaN(value);
    case "null+nan":
      return value === null || Number.isNaN(value);
    case "empty":
      return value === "";
    default:
      return false;
  }
}

/** The colour of the highest threshold that a value reaches. */
export function thresholdColour(options: FieldOptions, value: number): string | undefined {
  let reached: Threshold | undefined;
  for (const step of absoluteSteps(options)) if (step.value === null || value >= step.value) reached = step;
  return reached?.color;
}

/** Thresholds in the field's unit, ascending; percentages are of the way from min to max. */
export function absoluteSteps(options: FieldOptions): Threshold[] {
  const { mode, steps = [] } = options.thresholds ?? {};
  const { min = 0, max = 100 } = options;
  return steps
    .map(({ color, value }) => ({
      color,
      value: value !== null && mode === "percentage" ? min + ((max - min) * value) / 100 : value,
    }))
    .sort((a, b) => (a.value ?? -Infinity) - (b.value ?? -Infinity));
}
