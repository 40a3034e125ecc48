// How Grafana's options of a line become those of uPlot.

import uPlot from "uplot";
import { thresholdColour } from "../shape/display";
import type { Field } from "../shape/fields";
import { reduce } from "../shape/reduce";
import { valueRange } from "../shape/value-range";
import { endRoom, timeAxis, valueAxis } from "./axes";
import { cssColour, cssSeries, faded, resolved } from "./colours";

/** The colour of a series for CSS: its own, or the next of the palette. */
export function fieldColour(field: Field, index: number): string {
  const { mode = "palette-classic", fixedColor } = field.options.color ?? {};
  if ((mode === "fixed" || mode === "shades") && fixedColor) return cssColour(fixedColor);
  if (mode === "thresholds") {
    const last = reduce(field.values, "lastNotNull");
    const colour = last === null ? undefined : thresholdColour(field.options, last);
    if (colour) return cssColour(colour);
  }
  return cssSeries(index);
}

const paths: Readonly<Record<string, (() => uPlot.Series.PathBuilder | undefined) | undefined>> = {
  stepBefore: () => uPlot.paths.stepped?.({ align: -1 }),
  stepAfter: () => uPlot.paths.stepped?.({ align: 1 }),
  smooth: () => uPlot.paths.spline?.(),
};

/** A series of uPlot for a field. */
export function curve(field: Field, colour: string, stacks: boolean): uPlot.Series {
  const custom = (field.options.custom ?? {}) as {
    drawStyle?: string;
    lineWidth?: number;
    lineInterpolation?: string;
    lineStyle?: { fill?: string; dash?: number[] };
    fillOpacity?: number;
    showPoints?: string;
    pointSize?: number;
    spanNulls?: boolean | number;
  };
  const { drawStyle = "line", lineWidth = 1, fillOpacity = 0 } = custom;
  const style =
    drawStyle === "bars" ? uPlot.paths.bars?.({ size: [0.9, 40] }) : paths[custom.lineInterpolation ?? ""]?.();
  const opacity = stacks && fillOpacity > 0 ? Math.max(fillOpacity, 20) : fillOpacity;
  const dashed = custom.lineStyle?.fill === "dash" ? (custom.lineStyle.dash ?? [8, 6]) : undefined;
  return {
    label: field.name,
    stroke: () => resolved(colour),
    width: drawStyle === "points" ? 0 : lineWidth,
    ...(opacity > 0 ? { fill: (u: uPlot) => faded(u.ctx, resolved(colour), opacity / 100) } : {}),
    ...(dashed ? { dash: dashed } : {}),
    ...(style ? { paths: style } : {}),
    spanGaps: custom.spanNulls === true,
    points: points(custom.showPoints ?? "auto", drawStyle, custom.pointSize ?? 5, colour),
  };
}

/** A sample between two gaps is always a point: it would not be seen otherwise. */
function points(when: string, drawStyle: string, size: number, colour: string): uPlot.Series.Points {
  const fill = () => resolved(colour);
  if (when === "always" || drawStyle === "points") return { show: true, size, fill };
  return { size: Math.min(size, 4), fill, filter: (u, index, show, gaps) => (show ? null : lonely(u, index, gaps)) };
}

function lonely(u: uPlot, series: number, gaps: number[][] | null | undefined): number[] | null {
  if (gaps === null || gaps === undefined) return null;
  const values = u.data[series] ?? [];
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null) found.push(i);
  }
  return found.length > 0 ? found : null;
}

/** The options of a plot of fields. */
export function curves(
  fields: readonly Field[],
  colours: readonly string[],
  stack: string,
): Pick<uPlot.Options, "series" | "axes" | "scales" | "bands" | "padding"> {
  const stacks = stack === "normal" || stack === "percent";
  const options = fields[0]?.options ?? {};
  const unit = stack === "percent" ? "percentunit" : (options.unit ?? "");
  return {
    padding: [8, endRoom, 0, 4],
    series: [{}, ...fields.map((field, i) => curve(field, colours[i] ?? cssSeries(i), stacks))],
    // Each is filled down to the one below it.
    ...(stacks ? { bands: fields.slice(1).map((_, i) => ({ series: [i + 2, i + 1] as [number, number] })) } : {}),
    axes: [timeAxis(), valueAxis(unit, options.decimals)],
    scales: { y: { range: (_u, low, high) => valueRange(options, low, high) } },
  };
}
