// What is drawn on a plot's canvas besides its series. Canvas pixels.

import type uPlot from "uplot";
import { colour } from "../../../shell/theme";
import type { Threshold } from "../model";
import { type Region, type Severity, stretches } from "../shape/annotations";
import type { Point } from "../shape/exemplars";
import { cssColour, faded, resolved, severityColour } from "./colours";

/** Runs drawing with the context as it was before, inside of the plotting area. */
export function clipped(u: uPlot, draw: (context: CanvasRenderingContext2D) => void): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(ctx);
  ctx.restore();
}

/** Regions as a tint with an edge where they begin, and at its top the mark of their severity. */
export function paintRegions(u: uPlot, all: readonly Region[]): void {
  clipped(u, (ctx) => {
    const { top, height, left, width } = u.bbox;
    const size = 4 * devicePixelRatio;
    for (const region of stretches(all)) {
      const from = u.valToPos(region.from, "x", true);
      const to = u.valToPos(region.to, "x", true);
      ctx.fillStyle = faded(ctx, colour(severityColour[region.severity]), 0.08);
      ctx.fillRect(from, top, Math.max(to - from, 1), height);
    }
    for (const region of all) {
      const from = u.valToPos(region.from, "x", true);
      if (from > left + width || u.valToPos(region.to, "x", true) < left) continue;
      const tint = colour(severityColour[region.severity]);
      ctx.strokeStyle = tint;
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(from, top);
      ctx.lineTo(from, top + height);
      ctx.stroke();
      ctx.fillStyle = tint;
      mark(ctx, region.severity, Math.max(from, left + size), top + size, size);
      ctx.fill();
    }
  });
}

/** A triangle, a diamond or a circle. */
function mark(ctx: CanvasRenderingContext2D, severity: Severity, x: number, y: number, r: number): void {
  ctx.beginPath();
  if (severity === "info") {
    ctx.arc(x, y, r * 0.8, 0, 2 * Math.PI);
    return;
  }
  ctx.moveTo(x, y - r);
  ctx.lineTo(x + r, severity === "critical" ? y + r : y);
  if (severity === "warning") ctx.lineTo(x, y + r);
  ctx.lineTo(x - r, severity === "critical" ? y + r : y);
  ctx.closePath();
}

/** Thresholds as lines, as areas, or both, as the mode of Grafana's thresholdsStyle says. */
export function paintThresholds(u: uPlot, steps: readonly Threshold[], mode: string): void {
  clipped(u, (ctx) => {
    const { left, width, top, height } = u.bbox;
    for (const [i, { color, value }] of steps.entries()) {
      const colour = resolved(cssColour(color));
      const y = value === null ? top + height : u.valToPos(value, "y", true);
      if (mode.includes("area")) {
        const next = steps[i + 1]?.value;
        const end = next === undefined || next === null ? top : u.valToPos(next, "y", true);
        ctx.fillStyle = faded(ctx, colour, 0.1);
        ctx.fillRect(left, end, width, y - end);
      }
      if (mode.includes("line") || mode.includes("dashed")) {
        if (value === null) continue;
        ctx.strokeStyle = colour;
        ctx.lineWidth = 1.5 * devicePixelRatio;
        ctx.setLineDash(mode.includes("dashed") ? [6 * devicePixelRatio, 4 * devicePixelRatio] : []);
        ctx.beginPath();
        ctx.moveTo(left, y);
        ctx.lineTo(left + width, y);
        ctx.stroke();
      }
    }
  });
}

/** Where on the y axis a value is. */
type Height = (value: number) => number;
const itself: Height = (value) => value;

/** Exemplars as diamonds; those above or below the axis stand at its end. */
export function paintExemplars(u: uPlot, points: readonly Point[], height = itself): void {
  clipped(u, (ctx) => {
    for (const point of points) {
      const { x, y } = exemplarAt(u, point, height);
      const r = 3.5 * devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(x, y - r);
      ctx.lineTo(x + r, y);
      ctx.lineTo(x, y + r);
      ctx.lineTo(x - r, y);
      ctx.closePath();
      ctx.fillStyle = colour("text");
      ctx.fill();
      ctx.strokeStyle = colour("surface");
      ctx.lineWidth = devicePixelRatio;
      ctx.stroke();
    }
  });
}

function exemplarAt(u: uPlot, point: Point, height: Height): { x: number; y: number } {
  const { top, height: tall } = u.bbox;
  const y = u.valToPos(height(point.value), "y", true);
  return { x: u.valToPos(point.time, "x", true), y: Math.min(Math.max(y, top + 4), top + tall - 4) };
}

/** The exemplar next to a place in the plotting area, at most 10 CSS pixels away. */
export function exemplarNear(
  u: uPlot,
  points: readonly Point[],
  left: number,
  top: number,
  height = itself,
): Point | undefined {
  let best: Point | undefined;
  let nearest = 10;
  for (const point of points) {
    const { x, y } = exemplarAt(u, point, height);
    const distance = Math.hypot((x - u.bbox.left) / devicePixelRatio - left, (y - u.bbox.top) / devicePixelRatio - top);
    if (distance <= nearest) {
      nearest = distance;
      best = point;
    }
  }
  return best;
}
