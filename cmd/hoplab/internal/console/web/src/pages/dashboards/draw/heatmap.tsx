import { useCallback, useMemo } from "preact/hooks";
import type uPlot from "uplot";

import { formatValue } from "../../../format/units";
import { colour } from "../../../shell/theme";
import { regionsAt } from "../shape/annotations";
import { thinned } from "../shape/exemplars";
import { type Bucket, heat, rowOf, strength } from "../shape/heat";
import { type PanelProps, useView } from "../view";
import { endRoom, namedAxis, timeAxis } from "./axes";
import { faded } from "./colours";
import { clipped, exemplarNear, paintExemplars, paintRegions } from "./paint";
import { type Hover, Plot } from "./plot";
import { ExemplarTip, openTrace, TimeTip } from "./tooltip";

/** How many observations fell into each bucket of a histogram over time: the darker, the more. */
export function Heatmap({ panel, data, width, height }: PanelProps) {
  const view = useView();
  const { start, end, step } = data;
  const cells = useMemo(
    () =>
      heat(
        data.answers.flatMap((a) => a.series),
        start,
        end,
        step,
      ),
    [data, start, end, step],
  );
  const { buckets, times, most } = cells;
  const { options = {} } = panel;
  const unit = options.yAxis?.unit ?? panel.fieldConfig?.defaults?.unit ?? "";
  const count = (value: number) =>
    formatValue(value, options.cellValues?.unit ?? "short", options.cellValues?.decimals);
  const exponent = options.color?.exponent ?? 0.5;
  const plotData = useMemo((): uPlot.AlignedData => [times, times.map(() => null)], [times]);
  const exemplars = useMemo(
    () => thinned(data.exemplars, start, end, Math.max(10, Math.floor(width / 12))),
    [data, start, end, width],
  );
  const names = buckets.map((b) => bound(b.upTo, unit));

  const over = useCallback(
    (u: uPlot) => {
      paintCells(u, buckets, times, step, most, exponent);
      paintRegions(u, view.annotations);
      paintExemplars(u, exemplars, (value) => rowOf(buckets, value));
    },
    [buckets, times, step, most, exponent, exemplars, view.annotations],
  );
  const near = ({ plot, left, top }: Hover) =>
    exemplarNear(plot, exemplars, left, top, (value) => rowOf(buckets, value));
  const tooltip = (hover: Hover) => {
    const { plot, left, top } = hover;
    const point = near(hover);
    if (point) return <ExemplarTip point={point} unit={unit} />;
    const time = plot.posToVal(left, "x");
    const bucket = buckets[Math.floor(plot.posToVal(top, "y"))];
    // A cell ends at its sample's time: a rate looks back.
    const at = Math.ceil((time - start) / step);
    const value = bucket?.values[at] ?? null;
    if (!bucket) return null;
    const name = `${bound(bucket.above, unit)} to ${bound(bucket.upTo, unit)}`;
    return (
      <TimeTip
        time={times[at] ?? time}
        rows={[{ name, text: value === null ? "–" : count(value), colour: "var(--accent)" }]}
        regions={regionsAt(view.annotations, time, 0)}
      />
    );
  };
  const scaleHeight = 22;
  return (
    <>
      <Plot
        structure={JSON.stringify(names)}
        options={() => ({
          padding: [4, endRoom, 0, 4],
          series: [{}, { scale: "y" }],
          axes: [
            timeAxis(),
            namedAxis(
              (row) => names[row] ?? "",
              () => names.length,
              60,
              true,
            ),
          ],
          scales: { y: { dir: 1, range: () => [0, Math.max(names.length, 1)] } },
        })}
        data={plotData}
        start={start}
        end={end}
        width={width}
        height={height - scaleHeight}
        label={summary(panel.title ?? "", buckets, unit, count)}
        over={over}
        tooltip={tooltip}
        clickable={(hover) => near(hover) !== undefined}
        onClick={(hover) => openTrace(near(hover))}
      />
      <div class="heat-scale" aria-hidden="true">
        <span>0</span>
        <span class="heat-bar" />
        <span>{count(most)}</span>
      </div>
    </>
  );
}

function bound(value: number, unit: string): string {
  return Number.isFinite(value) ? formatValue(value, unit) : value > 0 ? "+Inf" : "-Inf";
}

function paintCells(
  u: uPlot,
  buckets: readonly Bucket[],
  times: readonly number[],
  step: number,
  most: number,
  exponent: number,
): void {
  clipped(u, (ctx) => {
    const tint = colour("accent");
    for (const [row, { values }] of buckets.entries()) {
      const bottom = Math.round(u.valToPos(row, "y", true));
      const top = Math.round(u.valToPos(row + 1, "y", true));
      for (const [i, value] of values.entries()) {
        const alpha = value === null ? 0 : strength(value, most, exponent);
        if (alpha === 0) continue;
        const right = Math.round(u.valToPos(times[i] ?? 0, "x", true));
        const left = Math.round(u.valToPos((times[i] ?? 0) - step, "x", true));
        ctx.fillStyle = faded(ctx, tint, alpha);
        ctx.fillRect(left, top + 1, Math.max(right - left, 1), Math.max(bottom - top - 1, 1));
      }
    }
  });
}

/** The panel in a sentence: where most of the last observations are. */
function summary(title: string, buckets: readonly Bucket[], unit: string, count: (value: number) => string): string {
  const last = buckets
    .map((b) => ({ b, value: b.values.findLast((v) => v !== null) ?? 0 }))
    .sort((x, y) => y.value - x.value)[0];
  const where = last ? `most now up to ${bound(last.b.upTo, unit)}: ${count(last.value)}` : "no buckets";
  return `${title}: heatmap of ${buckets.length} buckets, ${where}`;
}
