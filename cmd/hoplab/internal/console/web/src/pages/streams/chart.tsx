// Lines over the last three minutes, with stalls as bands behind them.

import "uplot/dist/uPlot.min.css";

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

import { timeOfDay } from "../../format/time";
import { colour, dark, seriesColour } from "../../shell/theme";
import { axisStyle } from "../../ui/axis";
import { type Band, historyLength } from "./history";

export interface Line {
  label: string;
  /** Number of the colour in the theme. */
  colour: number;
  /** Dashes tell lines apart without their colours. */
  dash?: number[];
  /** NaN: there is no value. */
  values: Float64Array;
}

export interface ChartProps {
  title: string;
  /** ms since 1970. */
  times: Float64Array;
  lines: readonly Line[];
  bands: readonly Band[];
  format: (value: number) => string;
  testid: string;
}

/** Height of a chart in CSS pixels. */
const height = 160;

/** Steps between the lines of the grid: powers of 2, which are round in KiB and MiB. */
const steps = Array.from({ length: 44 }, (_, i) => 2 ** i);

/** A sample that is later than this after the one before begins a new line, in ms. */
const gap = 5000;

/** A chart whose legend has the last values; the picture itself is for the eye only. */
export function Chart({ title, times, lines, bands, format, testid }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(bands);
  latest.current = bands;
  const isDark = dark.value;
  // Lines and format do not change their kind; colours are read anew with the theme.
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new uPlot(options(element.clientWidth, lines, format, latest), [[]], element);
    plot.current = made;
    const size = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    size.observe(element);
    return () => {
      size.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [isDark]);
  // A chart that was made anew wants its data.
  useEffect(() => {
    plot.current?.setData(data(times, lines));
  }, [times, lines, isDark]);
  return (
    <section class="card chart" aria-label={title} data-testid={testid} data-points={times.length}>
      <h2>{title}</h2>
      <ul class="chart-legend">
        {lines.map((line) => (
          <li key={line.label}>
            <svg width="22" height="8" aria-hidden="true">
              <line
                x1="0"
                y1="4"
                x2="22"
                y2="4"
                stroke={`var(--series-${line.colour + 1})`}
                stroke-width="2"
                stroke-dasharray={line.dash?.join(" ")}
              />
            </svg>
            {line.label} <span class="num">{format(line.values.at(-1) ?? Number.NaN)}</span>
          </li>
        ))}
        {bands.length > 0 ? (
          <li>
            <span class="band-sample" aria-hidden="true" />
            stalled: full height the connection, half the stream
          </li>
        ) : null}
      </ul>
      <div class="chart-plot" ref={box} aria-hidden="true" />
    </section>
  );
}

/** uPlot wants seconds, and null where a line is interrupted. */
function data(times: Float64Array, lines: readonly Line[]): uPlot.AlignedData {
  const x: number[] = [];
  const ys: (number | null)[][] = lines.map(() => []);
  for (const [i, at] of times.entries()) {
    const before = times[i - 1];
    if (before !== undefined && at - before > gap) {
      x.push((before + 1) / 1000);
      for (const y of ys) y.push(null);
    }
    x.push(at / 1000);
    for (const [n, line] of lines.entries()) {
      const value = line.values[i];
      ys[n]?.push(value === undefined || Number.isNaN(value) ? null : value);
    }
  }
  return [x, ...ys];
}

function options(
  width: number,
  lines: readonly Line[],
  format: (value: number) => string,
  bands: { current: readonly Band[] },
): uPlot.Options {
  const axis = axisStyle();
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: {
        time: true,
        range: (_u, _min, max) => [(max ?? Date.now() / 1000) - historyLength, max ?? Date.now() / 1000],
      },
      y: { range: (_u, min, max) => [Math.min(0, min ?? 0), Math.max(1024, (max ?? 0) * 1.05)] },
    },
    axes: [
      { ...axis, space: 70, size: 28, values: (_u, at) => at.map((s) => timeOfDay(s * 1000)) },
      { ...axis, size: 76, incrs: steps, values: (_u, at) => at.map(format) },
    ],
    series: [
      {},
      ...lines.map(
        (line): uPlot.Series => ({
          label: line.label,
          stroke: seriesColour(line.colour),
          width: 2,
          ...(line.dash ? { dash: line.dash } : {}),
          points: { show: false },
        }),
      ),
    ],
    hooks: { drawClear: [(u) => drawBands(u, bands.current)] },
  };
}

/** A stall is a field with an edge; that of a whole connection fills the height, that of a stream the lower half. */
function drawBands(u: uPlot, bands: readonly Band[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const band of bands) {
    const left = u.valToPos(band.from / 1000, "x", true);
    const width = Math.max(2, u.valToPos(band.to / 1000, "x", true) - left);
    const top = band.scope === "connection" ? bbox.top : bbox.top + bbox.height / 2;
    ctx.fillStyle = colour("bad-weak");
    ctx.fillRect(left, top, width, bbox.top + bbox.height - top);
    ctx.fillStyle = colour("bad");
    ctx.fillRect(left, top, width, 3);
  }
  ctx.restore();
}
