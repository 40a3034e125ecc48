// From series of Prometheus to the fields that panels draw.

import type { Labels, Series } from "../../../data/prometheus";
import { legendText, seriesText } from "../ask/interpolate";
import type { FieldOptions, Override, Panel, Target } from "../model";

/** One line of a panel. */
export interface Field {
  name: string;
  labels: Labels;
  refId: string;
  /** One for each time of the frame; null: no sample. */
  values: (number | null)[];
  options: FieldOptions;
}

export interface Frame {
  /** Seconds since 1970, ascending. */
  times: number[];
  fields: Field[];
}

/** The answer to one query of a panel. Times in seconds since 1970. */
export interface Answer {
  target: Target;
  /** As it was sent. */
  expr: string;
  start: number;
  end: number;
  /** Seconds; 0: an instant, at end. */
  step: number;
  series: Series[];
}

/** What a series is called in legends. */
export function seriesName(target: Target, labels: Labels): string {
  const format = target.legendFormat ?? "";
  if (format !== "" && format !== "__auto") return legendText(format, labels) || seriesText(labels);
  return seriesText(labels);
}

/** What tells a field from all others of its panel: two may have one name. */
export function fieldKey({ refId, labels }: Field): string {
  return `${refId} ${seriesText(labels)}`;
}

/**
 * Brings the answers onto one axis of times. Where a range has no sample, or one
 * that is no number, there is null.
 */
export function frame(answers: readonly Answer[], panel: Panel): Frame {
  const known = new Set<number>();
  for (const answer of answers) {
    if (answer.step === 0) known.add(answer.end);
    for (let i = 0; answer.step > 0; i++) {
      const time = key(answer.start + i * answer.step);
      if (time > answer.end + 1e-6) break;
      known.add(time);
    }
  }
  const times = [...known].sort((a, b) => a - b);
  const at = new Map(times.map((time, i) => [time, i]));
  const fields: Field[] = [];
  for (const answer of answers) {
    for (const series of answer.series) {
      const values = new Array<number | null>(times.length).fill(null);
      for (const [time, value] of series.samples) {
        const i = at.get(key(answer.step === 0 ? answer.end : time));
        if (i !== undefined && Number.isFinite(value)) values[i] = value;
      }
      const name = seriesName(answer.target, series.labels);
      const refId = answer.target.refId;
      const options = fieldOptions(panel, { name, labels: series.labels, refId });
      fields.push({ name: options.displayName ?? name, labels: series.labels, refId, values, options });
    }
  }
  return { times, fields };
}

/** Milliseconds are as exact as Prometheus is. */
function key(time: number): number {
  return Math.round(time * 1000) / 1000;
}

/** The defaults of a panel's fields with what overrides them for one. */
export function fieldOptions(
  panel: Panel,
  field: { name: string; original?: string; refId?: string; type?: string; labels?: Labels },
): FieldOptions {
  const { defaults = {}, overrides = [] } = panel.fieldConfig ?? {};
  let options: FieldOptions = { ...defaults, custom: { ...defaults.custom } };
  for (const override of overrides) {
    if (!matches(override.matcher, field)) continue;
    for (const { id, value } of override.properties) {
      if (id.startsWith("custom.")) options.custom = { ...options.custom, [id.slice("custom.".length)]: value };
      else options = { ...options, [id]: value };
    }
  }
  return options;
}

function matches(
  { id, options }: Override["matcher"],
  field: { name: string; original?: string; refId?: string; type?: string },
): boolean {
  const names = [field.name, field.original ?? field.name];
  switch (id) {
    case "byName":
      return names.includes(String(options));
    case "byNames": {
      const { names: listed = [], mode } = (options ?? {}) as { names?: string[]; mode?: string };
      const found = names.some((name) => listed.includes(name));
      return mode === "exclude" ? !found : found;
    }
    case "byRegexp": {
      const [, body = String(options), flags = ""] = /^\/(.*)\/(\w*)$/.exec(String(options)) ?? [];
      try {
        const pattern = new RegExp(body, flags);
        return names.some((name) => pattern.test(name));
      } catch {
        return false;
      }
    }
    case "byType":
      return (field.type ?? "number") === options;
    case "byFrameRefID":
      return field.refId === options;
    default:
      return false;
  }
}
