import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import type { Trace } from "../../data/jaeger";
import { duration } from "../../format/time";
import { type Cluster, closedWindows, cluster, marks } from "./marks";
import { isError, serviceOf, tag } from "./tags";
import { bar, type Node, offsets, type Range, rowAt, type Tree, ticks } from "./tree";

/** Heights of rows in px: one with stream events has a line for them. */
const plainRow = 28;
const marksRow = 46;
/** Rows that are drawn beyond those that are seen. */
const spare = 8;
/** Steps of indentation; deeper spans share the last. */
const deepest = 14;

interface Props {
  trace: Trace;
  tree: Tree;
  rows: readonly Node[];
  folded: ReadonlySet<Node>;
  range: Range;
  colours: ReadonlyMap<string, number>;
  selected: Node | undefined;
  onRange: (range: Range) => void;
  onSelect: (node: Node | undefined) => void;
  onToggle: (node: Node) => void;
}

/** The rows of a trace; only those that are seen are in the document. */
export function Waterfall(props: Props) {
  const { rows, tree, range, selected } = props;
  const body = useRef<HTMLDivElement>(null);
  const track = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, width: 600 });
  const tops = offsets(rows.map((n) => (hasMarks(n) ? marksRow : plainRow)));
  const whole = tops[tops.length - 1] ?? 0;
  useLayoutEffect(() => {
    const seen = body.current;
    const measured = track.current;
    if (!seen || !measured) return;
    const measure = () => setView({ top: seen.scrollTop, height: seen.clientHeight, width: measured.clientWidth });
    const observer = new ResizeObserver(measure);
    observer.observe(seen);
    observer.observe(measured);
    seen.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      seen.removeEventListener("scroll", measure);
    };
  }, []);
  const first = Math.max(rowAt(tops, view.top) - spare, 0);
  const last = Math.min(rowAt(tops, view.top + view.height) + spare + 1, rows.length);
  const at = selected ? rows.indexOf(selected) : -1;
  useEffect(() => {
    const top = tops[at];
    const bottom = tops[at + 1];
    const seen = body.current;
    if (!seen || top === undefined || bottom === undefined) return;
    if (top < seen.scrollTop) seen.scrollTop = top;
    else if (bottom > seen.scrollTop + seen.clientHeight) seen.scrollTop = bottom - seen.clientHeight;
  }, [at]);
  const press = (event: KeyboardEvent) => {
    const to = keyTarget(event.key, rows, at);
    if (to !== undefined) {
      props.onSelect(rows[to]);
    } else if (selected && event.key === "ArrowRight" && props.folded.has(selected)) {
      props.onToggle(selected);
    } else if (selected && event.key === "ArrowLeft" && selected.children.length > 0 && !props.folded.has(selected)) {
      props.onToggle(selected);
    } else if (event.key === "Escape") {
      props.onSelect(undefined);
    } else {
      return;
    }
    event.preventDefault();
  };
  return (
    <div class="waterfall card">
      <Axis range={range} width={view.width} track={track} onRange={props.onRange} />
      <div
        ref={body}
        class="waterfall-body"
        role="tree"
        aria-label="Spans"
        aria-activedescendant={selected && at >= first && at < last ? rowID(at) : undefined}
        tabIndex={0}
        data-testid="waterfall"
        onKeyDown={press}
      >
        <div role="none" class="waterfall-rows" style={{ height: `${whole}px` }}>
          {rows.slice(first, last).map((node, i) => (
            <Row
              key={`${node.span.spanID} ${node.span.startTime} ${node.span.processID}`}
              node={node}
              index={first + i}
              top={tops[first + i] ?? 0}
              start={node.start - tree.start}
              width={view.width}
              {...props}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

function keyTarget(key: string, rows: readonly Node[], at: number): number | undefined {
  const last = rows.length - 1;
  switch (key) {
    case "ArrowDown":
      return Math.min(at + 1, last);
    case "ArrowUp":
      return Math.max(at - 1, 0);
    case "PageDown":
      return Math.min(at + 15, last);
    case "PageUp":
      return Math.max(at - 15, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}

const rowID = (index: number) => `span-${index}`;

function hasMarks(node: Node): boolean {
  return (node.span.logs ?? []).length > 0;
}

interface RowProps extends Props {
  node: Node;
  index: number;
  top: number;
  /** Since the trace's start, in µs. */
  start: number;
  width: number;
}

function Row({
  node,
  index,
  top,
  start,
  width,
  trace,
  range,
  colours,
  selected,
  folded,
  onSelect,
  onToggle,
}: RowProps) {
  const { span } = node;
  const service = serviceOf(trace, span);
  const error = isError(span);
  const place = bar(start, span.duration, range);
  const open = !folded.has(node);
  const attempt = tag(span.tags, "attempt");
  const status = tag(span.tags, "http.status_code");
  const kind = { server: "←", client: "→" }[tag(span.tags, "span.kind") ?? ""] ?? "";
  const shift = node.start - span.startTime;
  const events = hasMarks(node)
    ? cluster(marks(span), shift, { from: range.from + node.start - start, to: range.to + node.start - start }, width)
    : [];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
    <div
      role="treeitem"
      tabIndex={-1}
      id={rowID(index)}
      class={selected === node ? "span-row selected" : "span-row"}
      style={{ top: `${top}px`, height: `${hasMarks(node) ? marksRow : plainRow}px` }}
      aria-level={node.depth + 1}
      aria-selected={selected === node}
      aria-expanded={node.children.length > 0 ? open : undefined}
      data-testid="span-row"
      data-span={span.spanID}
      data-service={service}
      data-error={error}
      onClick={() => onSelect(selected === node ? undefined : node)}
    >
      <div class="span-name" style={{ "--depth": Math.min(node.depth, deepest) }}>
        {node.children.length > 0 ? (
          <button
            type="button"
            class="fold"
            tabIndex={-1}
            aria-label={open ? "Fold" : `Unfold ${node.descendants} spans`}
            onClick={(event) => {
              event.stopPropagation();
              onToggle(node);
            }}
          >
            {open ? "▾" : "▸"}
          </button>
        ) : (
          <span class="fold" />
        )}
        <span class={`dot series-${colours.get(service) ?? 1}`} />
        <span class="text" title={`${service}: ${span.operationName}`}>
          {node.orphan ? <span title="Its parent is not in the trace">? </span> : null}
          <strong>{service}</strong> <span class="muted">{kind}</span> {shortName(span.operationName)}
          {attempt !== undefined ? <span class="muted"> attempt {attempt}</span> : null}
          {open ? null : <span class="muted"> +{node.descendants}</span>}
        </span>
        {error ? <span class="failed">! {status ?? "error"}</span> : null}
      </div>
      <div class="span-track">
        {place ? (
          <>
            <span
              class={`span-bar series-${colours.get(service) ?? 1}${error ? " striped" : ""}${place.cutLeft ? " cut-left" : ""}${place.cutRight ? " cut-right" : ""}`}
              style={{ left: `${place.left * 100}%`, width: `${place.width * 100}%` }}
            />
            <span
              class={place.left + place.width > 0.75 ? "span-length before num" : "span-length num"}
              style={
                place.left + place.width > 0.75
                  ? { right: place.left > 0.2 ? `${(1 - place.left) * 100}%` : "0" }
                  : { left: `${(place.left + place.width) * 100}%` }
              }
              data-over={place.left + place.width > 0.75 && place.left <= 0.2}
            >
              {duration(span.duration / 1e6)}
            </span>
          </>
        ) : (
          <span class="span-away muted">{start > range.to ? "later →" : "← earlier"}</span>
        )}
        <Windows node={node} start={start} range={range} />
        {events.map((c) => (
          <MarkView key={c.left} cluster={c} node={node} />
        ))}
      </div>
    </div>
  );
}

/** When windows were shut, on the bar. */
function Windows({ node, start, range }: { node: Node; start: number; range: Range }) {
  if (!hasMarks(node)) return null;
  return (
    <>
      {closedWindows(node.span).map((c) => {
        const place = bar(start + c.from - node.span.startTime, c.to - c.from, range);
        return place ? (
          <span
            key={`${c.scope} ${c.from}`}
            class="span-closed"
            title={`${c.scope} window shut for ${duration((c.to - c.from) / 1e6)}`}
            style={{ left: `${place.left * 100}%`, width: `${place.width * 100}%` }}
          />
        ) : null;
      })}
    </>
  );
}

function MarkView({ cluster: c, node }: { cluster: Cluster; node: Node }) {
  const title = c.marks.map((m) => `+${duration((m.at - node.span.startTime) / 1e6)} ${m.text}`).join("\n");
  return (
    <span class={`mark mark-${c.tone}`} style={{ left: `${c.left * 100}%` }} title={title} data-testid="mark">
      <span class={c.before ? "mark-text before" : "mark-text"}>{c.label}</span>
    </span>
  );
}

interface AxisProps {
  range: Range;
  width: number;
  track: preact.RefObject<HTMLDivElement | null>;
  onRange: (range: Range) => void;
}

/** Times over the bars; dragging over them zooms. */
function Axis({ range, width, track, onRange }: AxisProps) {
  const [drag, setDrag] = useState<{ from: number; to: number } | undefined>();
  const share = (event: PointerEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  };
  const release = () => {
    setDrag(undefined);
    if (!drag) return;
    const [a, b] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    if ((b - a) * width < 4) return;
    const whole = range.to - range.from;
    onRange({ from: range.from + a * whole, to: range.from + b * whole });
  };
  return (
    <div class="waterfall-axis">
      <span class="span-name muted">Service and operation</span>
      <div
        ref={track}
        class="span-track axis"
        title="Drag to zoom"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const at = share(event);
          setDrag({ from: at, to: at });
        }}
        onPointerMove={(event) => drag && setDrag({ ...drag, to: share(event) })}
        onPointerUp={release}
        onPointerCancel={() => setDrag(undefined)}
      >
        {ticks(range, Math.max(Math.floor(width / 110), 2))
          .filter((t) => ((range.to - t) / (range.to - range.from)) * width > 44)
          .map((t) => (
            <span key={t} class="tick num" style={{ left: `${((t - range.from) / (range.to - range.from)) * 100}%` }}>
              {duration(t / 1e6)}
            </span>
          ))}
        {drag ? (
          <span
            class="drag"
            style={{
              left: `${Math.min(drag.from, drag.to) * 100}%`,
              width: `${Math.abs(drag.to - drag.from) * 100}%`,
            }}
          />
        ) : null}
      </div>
    </div>
  );
}

/** Leaves the package out of a gRPC method's name. */
function shortName(operation: string): string {
  const found = /^[\w.]*\.(\w+\/\w+)$/.exec(operation);
  return found?.[1] ?? operation;
}
