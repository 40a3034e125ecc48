import type { ComponentType } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { dark } from "../../shell/theme";
import type { Asked } from "./ask/use-ask";
import { usePanel } from "./ask/use-panel";
import { About } from "./controls/about";
import { ExemplarList } from "./controls/exemplar-list";
import { Gauge } from "./draw/gauge";
import { Heatmap } from "./draw/heatmap";
import { Stat } from "./draw/stat";
import { StateTimeline } from "./draw/state-timeline";
import { TablePanel } from "./draw/table";
import { TimeSeries } from "./draw/timeseries";
import type { Panel } from "./model";
import { record } from "./registry";
import { thinned } from "./shape/exemplars";
import { seriesName } from "./shape/fields";
import { type Data, type PanelProps, useView } from "./view";

const kinds: Readonly<Record<string, ComponentType<PanelProps>>> = {
  timeseries: TimeSeries,
  stat: Stat,
  gauge: Gauge,
  table: TablePanel,
  heatmap: Heatmap,
  "state-timeline": StateTimeline,
};

/** A panel in its place in the grid of a section that begins at top. */
export function PanelView({ panel, top, marked }: { panel: Panel; top: number; marked: boolean }) {
  const view = useView();
  const element = useRef<HTMLElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const visible = useVisible(element);
  const { width, height } = useSize(body);
  // A panel that grows by a few pixels does not ask for other samples.
  const points = width > 0 ? Math.max(100, Math.floor(width / 50) * 50) : 0;
  const kind = Object.hasOwn(kinds, panel.type) ? kinds[panel.type] : undefined;
  const state = usePanel(panel, view, points, visible && kind !== undefined);

  useLayoutEffect(() => {
    if (marked) element.current?.scrollIntoView({ block: "center" });
  }, [marked]);
  useEffect(() => {
    if (element.current && state.data) record(element.current, drawn(panel, state.data));
  }, [panel, state.data]);

  const traced = useMemo(() => {
    const { data } = state;
    return data ? thinned(data.exemplars, data.start, data.end, 200) : [];
  }, [state.data]);

  const { x, y, w, h } = panel.gridPos;
  const is = kind ? stateOf(state) : "unsupported";
  const id = `panel-${panel.id}`;
  return (
    <section
      ref={element}
      class={`panel card${marked ? " marked" : ""}${w <= 6 ? " narrow" : w > 12 ? " wide" : ""}`}
      style={{ "--x": x + 1, "--y": y - top + 1, "--w": w, "--h": h }}
      data-testid="panel"
      data-panel-id={panel.id}
      data-panel-type={panel.type}
      data-state={is}
      aria-labelledby={id}
    >
      <header>
        <h3 id={id} title={panel.title}>
          {panel.title}
        </h3>
        {panel.description ? <About what={panel.title ?? ""} text={panel.description} /> : null}
        <ExemplarList title={panel.title ?? ""} points={traced} unit={unitOf(panel)} />
      </header>
      <div ref={body} class="panel-body">
        {kind ? (
          <Body state={state} is={is} kind={kind} panel={panel} width={width} height={height} />
        ) : (
          <div class="says">panel type {panel.type} is not drawn here</div>
        )}
      </div>
    </section>
  );
}

interface BodyProps {
  state: Asked<Data>;
  is: string;
  kind: ComponentType<PanelProps>;
  panel: Panel;
  width: number;
  height: number;
}

function Body({ state: { data, failure }, is, kind: Kind, panel, width, height }: BodyProps) {
  if (is === "loading") return <div class="says muted">Loading</div>;
  return (
    <>
      {failure ? (
        <div class={data ? "failed over note-bad" : "failed note-bad"} title={`${failure.reason}: ${failure.remedy}`}>
          <strong>{failure.reason}</strong> <span class="muted">{failure.remedy}</span>
        </div>
      ) : null}
      {is === "empty" ? <div class="says muted">No data</div> : null}
      {data && !isEmpty(data) && width > 0 ? (
        // Canvases and the colours of series are made anew for another theme.
        <Kind key={String(dark.value)} panel={panel} data={data} width={width} height={height} />
      ) : null}
    </>
  );
}

/** The unit of what a panel measures; that of a heatmap is its axis'. */
function unitOf(panel: Panel): string {
  return (panel.type === "heatmap" ? panel.options?.yAxis?.unit : undefined) ?? panel.fieldConfig?.defaults?.unit ?? "";
}

function stateOf({ data, failure }: Asked<Data>): "loading" | "drawn" | "empty" | "failed" {
  if (failure) return "failed";
  if (!data) return "loading";
  return isEmpty(data) ? "empty" : "drawn";
}

/** No sample is a number. */
function isEmpty(data: Data): boolean {
  return data.answers.every((a) => a.series.every((s) => s.samples.every(([, value]) => !Number.isFinite(value))));
}

function drawn(panel: Panel, data: Data) {
  return {
    id: panel.id,
    title: panel.title ?? "",
    type: panel.type,
    queries: data.answers.map(({ target, expr, start, end, step, series }) => ({
      refId: target.refId,
      expr,
      start,
      end,
      step,
      series: series.map((s) => ({ name: seriesName(target, s.labels), labels: s.labels, values: s.samples })),
    })),
  };
}

/** Whether an element is in view or close to it. */
function useVisible(element: { current: Element | null }): boolean {
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver((entries) => setVisible(entries.at(-1)?.isIntersecting ?? false), {
      rootMargin: "150px",
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return visible;
}

/** The size of an element in CSS pixels; 0 until it is known. */
function useSize(element: { current: HTMLElement | null }): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const watched = element.current;
    if (!watched) return;
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = watched;
      setSize((old) => (old.width === width && old.height === height ? old : { width, height }));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(watched);
    measure();
    return () => observer.disconnect();
  }, [element]);
  return size;
}
