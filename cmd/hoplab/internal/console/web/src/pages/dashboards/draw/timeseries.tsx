import { useCallback, useMemo, useState } from "preact/hooks";
import type uPlot from "uplot";

import { formatValue } from "../../../format/units";
import { regionsAt } from "../shape/annotations";
import { absoluteSteps } from "../shape/display";
import { thinned } from "../shape/exemplars";
import { type Field, fieldKey, frame } from "../shape/fields";
import { isolated } from "../shape/isolate";
import { reduce } from "../shape/reduce";
import { stacked, stacking } from "../shape/stack";
import { type PanelProps, useView } from "../view";
import { curves, fieldColour } from "./curves";
import { Legend } from "./legend";
import { exemplarNear, paintExemplars, paintRegions, paintThresholds } from "./paint";
import { type Hover, Plot } from "./plot";
import { ExemplarTip, openTrace, TimeTip } from "./tooltip";

/** Lines over time, with their legend below. */
export function TimeSeries({ panel, data, width, height }: PanelProps) {
  const view = useView();
  const { times, fields } = useMemo(() => frame(data.answers, panel), [data, panel]);
  const colours = useMemo(() => fields.map(fieldColour), [fields]);
  const keys = useMemo(() => fields.map(fieldKey), [fields]);
  // By key, so that what is hidden stays so when the data is read again.
  const [off, setOff] = useState<ReadonlySet<string>>(new Set());
  const hidden = useMemo(() => new Set(keys.flatMap((key, i) => (off.has(key) ? [i] : []))), [keys, off]);
  const toggle = (index: number, adding: boolean) => {
    const next = isolated(hidden, index, adding, keys.length);
    setOff(new Set(keys.filter((_, i) => next.has(i))));
  };

  const options = fields[0]?.options;
  const stack = stacking(options?.custom).mode;
  const stacks = stack === "normal" || stack === "percent";
  const plotData = useMemo((): uPlot.AlignedData => {
    const all = fields.map((f) => f.values);
    if (!stacks) return [times, ...all];
    const shown = all.map((values, i) => (hidden.has(i) ? values.map(() => null) : values));
    return [times, ...stacked(shown, stack === "percent")];
  }, [times, fields, hidden, stacks, stack]);
  const exemplars = useMemo(
    () => thinned(data.exemplars, data.start, data.end, Math.max(10, Math.floor(width / 12))),
    [data, width],
  );

  const under = useCallback(
    (u: uPlot) => {
      const { mode = "off" } = (options?.custom?.thresholdsStyle ?? {}) as { mode?: string };
      if (options && mode !== "off") paintThresholds(u, absoluteSteps(options), mode);
      paintRegions(u, view.annotations);
    },
    [options, view.annotations],
  );
  const over = useCallback((u: uPlot) => paintExemplars(u, exemplars), [exemplars]);
  const adjust = useCallback(
    (u: uPlot) => {
      for (let i = 1; i < u.series.length; i++) {
        const show = !hidden.has(i - 1);
        if (u.series[i]?.show !== show) u.setSeries(i, { show });
      }
    },
    [hidden],
  );
  const tooltip = ({ plot, left, top, index }: Hover) => {
    const point = exemplarNear(plot, exemplars, left, top);
    if (point) return <ExemplarTip point={point} unit={options?.unit ?? ""} />;
    const time = index === null ? undefined : times[index];
    if (index === null || time === undefined) return null;
    const slack = (3 * (data.end - data.start)) / Math.max(width, 1);
    return (
      <TimeTip
        time={time}
        rows={rowsAt(fields, colours, hidden, index, panel.options?.tooltip?.sort ?? "none")}
        regions={regionsAt(view.annotations, plot.posToVal(left, "x"), slack)}
      />
    );
  };
  const legend = panel.options?.legend;
  const without = legend?.showLegend === false || legend?.displayMode === "hidden";
  const legendHeight = without ? 0 : Math.min(Math.round(height * 0.38), 120);
  const title = panel.title ?? "";
  return (
    <>
      <Plot
        structure={JSON.stringify([keys, colours, stack, fields.map((f) => f.options)])}
        options={() => curves(fields, colours, stack)}
        data={plotData}
        start={data.start}
        end={data.end}
        width={width}
        height={height - legendHeight}
        label={summary(title, fields)}
        under={under}
        over={over}
        adjust={adjust}
        tooltip={tooltip}
        clickable={({ plot, left, top }) => exemplarNear(plot, exemplars, left, top) !== undefined}
        onClick={({ plot, left, top }) => openTrace(exemplarNear(plot, exemplars, left, top))}
      />
      {legendHeight > 0 ? (
        <div class="legend-box" style={{ height: `${legendHeight}px` }}>
          <Legend
            title={title}
            fields={fields}
            colours={colours}
            calcs={legend?.calcs ?? []}
            hidden={hidden}
            onToggle={toggle}
          />
        </div>
      ) : null}
    </>
  );
}

/** The values at a time, in the order that the panel's tooltip has. */
function rowsAt(
  fields: readonly Field[],
  colours: readonly string[],
  hidden: ReadonlySet<number>,
  index: number,
  sort: string,
) {
  const rows = fields.flatMap(({ name, values, options }, i) => {
    const value = values[index] ?? null;
    if (value === null || hidden.has(i)) return [];
    return [{ name, value, text: formatValue(value, options.unit, options.decimals), colour: colours[i] ?? "" }];
  });
  if (sort === "desc") rows.sort((a, b) => b.value - a.value);
  if (sort === "asc") rows.sort((a, b) => a.value - b.value);
  return rows;
}

/** The panel in a sentence. */
export function summary(title: string, fields: readonly Field[]): string {
  const last = fields.slice(0, 8).map((f) => {
    const value = reduce(f.values, "lastNotNull");
    return `${f.name} ${value === null ? "no value" : formatValue(value, f.options.unit, f.options.decimals)}`;
  });
  const more = fields.length > last.length ? ` and ${fields.length - last.length} more` : "";
  return `${title}: ${fields.length} series, last values ${last.join(", ")}${more}`;
}
