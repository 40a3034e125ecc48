import "uplot/dist/uPlot.min.css";
import "./linechart.css";

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";

import { colour, dark, seriesColour } from "../shell/theme";
import { axisStyle } from "./axis";

export interface Line {
  label: string;
  /** One for each time; null where there is none. */
  values: (number | null)[];
  /** Drawn dashed, in the colour of warnings. */
  threshold?: boolean;
}

interface Props {
  /** Seconds since 1970. */
  times: number[];
  lines: readonly Line[];
  /** Text of a value. */
  format: (value: number) => string;
  /** Text for those who do not see it. */
  label: string;
  height?: number;
}

/** Lines over time, with a legend that has the last value, or that under the pointer. */
export function LineChart({ times, lines, format, label, height = 180 }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const [at, setAt] = useState<number | undefined>();
  const isDark = dark.value;
  const data: uPlot.AlignedData = [times, ...lines.map((l) => l.values)];
  // A chart is made anew when its lines are others; new values only change its data.
  const shape = `${isDark} ${height} ${lines.map((l) => `${l.label}${l.threshold ? " threshold" : ""}`).join("\n")}`;
  const latest = useRef({ data, format, lines });
  latest.current = { data, format, lines };
  useLayoutEffect(() => {
    const node = place.current;
    if (!node) return;
    const made = new uPlot(options(node.clientWidth, height, latest, setAt), latest.current.data, node);
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: node.clientWidth, height }));
    observer.observe(node);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = undefined;
    };
  }, [shape, height]);
  useEffect(() => {
    if (chart.current && chart.current.data[0] !== times) chart.current.setData(data);
  });
  return (
    <figure class="linechart" aria-label={label}>
      <div ref={place} class="linechart-plot" style={{ height: `${height}px` }} />
      <figcaption class="linechart-legend">
        {lines.map((l, i) => (
          <span key={l.label}>
            <span class={l.threshold ? "key threshold" : "key"} style={{ "--key": lineColourVar(l, i) }} />
            <span class="name">{l.label}</span> <strong class="num">{valueText(l, at, format)}</strong>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function lineColourVar(line: Line, i: number): string {
  return line.threshold ? "var(--bad)" : `var(--series-${(i % 8) + 1})`;
}

function valueText(line: Line, at: number | undefined, format: (v: number) => string): string {
  const value = at === undefined ? line.values.findLast((v) => v !== null) : line.values[at];
  return value === null || value === undefined ? "–" : format(value);
}

function options(
  width: number,
  height: number,
  latest: { current: { format: (v: number) => string; lines: readonly Line[] } },
  onCursor: (at: number | undefined) => void,
): uPlot.Options {
  const axis = axisStyle();
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { y: { range: (_, min, max) => around(min, max) } },
    axes: [
      { ...axis, size: 30, values: (_, ticks) => ticks.map((t) => clock(t, ticks)) },
      { ...axis, size: 64, values: (_, ticks) => ticks.map((t) => latest.current.format(t)) },
    ],
    hooks: { setCursor: [(u) => onCursor(u.cursor.idx ?? undefined)] },
    series: [
      {},
      ...latest.current.lines.map(
        (l, i): uPlot.Series => ({
          label: l.label,
          stroke: l.threshold ? colour("bad") : seriesColour(i),
          width: l.threshold ? 1.5 : 2,
          points: { show: false },
          ...(l.threshold ? { dash: [6, 4] } : {}),
        }),
      ),
    ],
  };
}

/** The local time of a tick: with seconds, or as a date, where ticks are that close or far apart. */
function clock(tick: number, ticks: readonly number[]): string {
  const apart = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  const at = new Date(tick * 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  if (apart >= 86_400) return `${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const minutes = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return apart < 60 ? `${minutes}:${two(at.getSeconds())}` : minutes;
}

/** A range with some air, that has 0 in it. */
function around(min: number, max: number): [number, number] {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const [low, high] = [Math.min(min, 0), Math.max(max, 0)];
  const air = (high - low || 1) * 0.08;
  return [low < 0 ? low - air : 0, high + air];
}
