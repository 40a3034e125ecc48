// uPlot in a component: made once for a structure, then given new data.

import "uplot/dist/uPlot.min.css";

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";

import { dark } from "../../../shell/theme";
import { useView } from "../view";

/** Where the pointer is, in CSS pixels of the plotting area. */
export interface Hover {
  plot: uPlot;
  left: number;
  top: number;
  /** Of the nearest sample. */
  index: number | null;
}

interface Props {
  /** The plot is made anew when this changes. */
  structure: string;
  options: () => Pick<uPlot.Options, "series" | "axes" | "scales" | "bands" | "padding">;
  data: uPlot.AlignedData;
  /** Seconds since 1970. */
  start: number;
  end: number;
  width: number;
  height: number;
  /** What the picture says, for those who do not see it. */
  label: string;
  /** Draws below and above the series; may read what the component knows now. */
  under?: (plot: uPlot) => void;
  over?: (plot: uPlot) => void;
  /** Called after every change of data or structure. */
  adjust?: (plot: uPlot) => void;
  tooltip?: (hover: Hover) => ComponentChildren;
  /** Whether a click at a place does something, and what it does. */
  clickable?: (hover: Hover) => boolean;
  onClick?: (hover: Hover) => void;
}

/** All plots of the page show the time under the pointer. */
const sync = uPlot.sync("dashboard");

/** Only where the pointer is goes to the other plots, not what is dragged. */
const shared: uPlot.Cursor.Sync = {
  key: sync.key,
  scales: ["x", null],
  setSeries: false,
  filters: { pub: (type) => type === "mousemove" || type === "mouseleave" },
};

export function Plot(props: Props) {
  const { structure, data, width, height, label } = props;
  const view = useView();
  const latest = useRef({ props, view });
  latest.current = { props, view };
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const inside = useRef(false);
  const [hover, setHover] = useState<Hover | undefined>();

  useEffect(() => {
    if (!host.current) return;
    const { scales, ...options } = latest.current.props.options();
    const made = new uPlot(
      {
        ...options,
        scales: {
          x: { time: true, range: () => [latest.current.props.start, latest.current.props.end] },
          ...scales,
        },
        width: latest.current.props.width,
        height: latest.current.props.height,
        legend: { show: false },
        cursor: {
          y: false,
          sync: shared,
          drag: { x: true, y: false, setScale: false, dist: 4 },
          points: { size: 6 },
        },
        hooks: {
          drawClear: [(u) => latest.current.props.under?.(u)],
          draw: [(u) => latest.current.props.over?.(u)],
          setCursor: [
            (u) => {
              const { left = -1, top = -1, idx } = u.cursor;
              const at = inside.current && left >= 0 ? { plot: u, left, top, index: idx ?? null } : undefined;
              u.over.style.cursor = at && latest.current.props.clickable?.(at) ? "pointer" : "";
              setHover(at);
            },
          ],
          setSelect: [
            (u) => {
              const { left, width: wide } = u.select;
              if (wide === 0) return;
              latest.current.view.select(u.posToVal(left, "x"), u.posToVal(left + wide, "x"));
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      latest.current.props.data,
      host.current,
    );
    made.over.addEventListener("mouseenter", () => {
      inside.current = true;
    });
    made.over.addEventListener("mouseleave", () => {
      inside.current = false;
      setHover(undefined);
    });
    made.over.addEventListener("click", () => {
      const { left = -1, top = -1, idx } = made.cursor;
      if (left >= 0) latest.current.props.onClick?.({ plot: made, left, top, index: idx ?? null });
    });
    plot.current = made;
    latest.current.props.adjust?.(made);
    return () => {
      plot.current = undefined;
      setHover(undefined);
      made.destroy();
    };
  }, [structure, dark.value]);

  useEffect(() => {
    const now = plot.current;
    if (now && (now.width !== width || now.height !== height)) now.setSize({ width, height });
  }, [width, height]);

  useEffect(() => {
    const now = plot.current;
    if (!now) return;
    if (now.data !== data) now.setData(data);
    latest.current.props.adjust?.(now);
  }, [data, props.adjust]);

  const { under, over } = props;
  useEffect(() => plot.current?.redraw(false), [under, over]);

  const tip = hover && props.tooltip?.(hover);
  return (
    <div class="plot">
      <div ref={host} role="img" aria-label={label} />
      {tip ? <Tip hover={hover}>{tip}</Tip> : null}
    </div>
  );
}

/** The tooltip, on the side of the pointer where there is room. */
function Tip({ hover: { plot, left, top }, children }: { hover: Hover; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const area = plot.over.getBoundingClientRect();
    const { width, height } = element.getBoundingClientRect();
    const x = area.left + left;
    const y = area.top + top;
    const right = x + 16 + width < window.innerWidth;
    element.style.left = `${Math.max(4, right ? x + 16 : x - 16 - width)}px`;
    element.style.top = `${Math.max(4, Math.min(y + 12, window.innerHeight - height - 4))}px`;
  });
  return (
    <div ref={box} class="tip card" aria-hidden="true">
      {children}
    </div>
  );
}
