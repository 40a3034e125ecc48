// Axes as Grafana draws them.

import type uPlot from "uplot";

import { formatTick, isBinary } from "../../../format/units";
import { axisStyle } from "../../../ui/axis";

function common(): uPlot.Axis {
  return { ...axisStyle(), ticks: { show: false } };
}

/** The axis of time, in local time. */
export function timeAxis(): uPlot.Axis {
  return {
    ...common(),
    size: 24,
    gap: 4,
    space: (u) => (dated(u) ? 96 : 64),
    values: (u, splits, _axis, _space, increment) => {
      const { min = 0, max = 0 } = u.scales.x ?? {};
      return splits.map((t) => timeTick(t, increment, max - min));
    },
  };
}

/** Room for the half of a label that stands at the right end. */
export function endRoom(u: uPlot): number {
  return dated(u) ? 36 : 16;
}

function dated(u: uPlot): boolean {
  const { min = 0, max = 0 } = u.scales.x ?? {};
  return needsDate((max ?? 0) - (min ?? 0));
}

function needsDate(range: number): boolean {
  return range > 86_400 * 1.1;
}

/** A time on an axis: as exact as its ticks, with the date where the range needs it. All in seconds. */
export function timeTick(time: number, increment: number, range: number): string {
  const at = new Date(time * 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (increment < 60) return `${clock}:${two(at.getSeconds())}`;
  const date = `${two(at.getMonth() + 1)}/${two(at.getDate())}`;
  if (increment >= 86_400) return date;
  return needsDate(range) ? `${date} ${clock}` : clock;
}

/** How far ticks may be apart where powers of ten are no round numbers of the unit. */
function increments(unit: string): number[] | undefined {
  if (isBinary(unit)) return Array.from({ length: 60 }, (_, i) => 2 ** (i - 4));
  if (unit.startsWith("bool")) return [1];
  if (unit !== "s") return undefined;
  const small = Array.from({ length: 10 }, (_, i) => i - 9).flatMap((n) => [1, 2, 5].map((m) => Number(`${m}e${n}`)));
  const minutes = [10, 15, 30, 60, 120, 300, 600, 900, 1800];
  const hours = [1, 2, 3, 6, 12, 24, 48, 120, 240, 480, 960].map((h) => h * 3600);
  return [...small, ...minutes, ...hours];
}

/** An axis of values in a unit. */
export function valueAxis(unit: string, decimals: number | undefined): uPlot.Axis {
  const incrs = increments(unit);
  return {
    ...common(),
    size: (_u, values) => axisWidth(values),
    gap: 6,
    space: 26,
    ...(incrs ? { incrs } : {}),
    values: (_u, splits, _axis, _space, increment) => splits.map((v) => formatTick(v, unit, increment, decimals)),
  };
}

/** An axis with a name for each of count rows, the first at the top. */
export function namedAxis(name: (row: number) => string, count: () => number, size: number, fit: boolean): uPlot.Axis {
  return {
    ...common(),
    grid: { show: false },
    size,
    gap: 6,
    splits: (u) => {
      const room = Math.max(1, Math.floor(u.bbox.height / devicePixelRatio / 14));
      const every = fit ? Math.max(1, Math.ceil(count() / room)) : 1;
      return Array.from({ length: Math.ceil(count() / every) }, (_, i) => i * every + 0.5);
    },
    values: (_u, splits) => splits.map((v) => name(Math.floor(v))),
  };
}

/** In steps, so that a longer label does not shift the plot at every refresh. */
function axisWidth(values: readonly string[] | null): number {
  const longest = Math.max(0, ...(values ?? []).map((v) => v.length));
  return Math.max(40, Math.ceil((longest * 6.2 + 12) / 8) * 8);
}
