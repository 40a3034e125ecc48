import { useMemo } from "preact/hooks";

import type { Span } from "../../data/jaeger";
import { duration } from "../../format/time";
import { type Cluster, closedWindows, cluster, marks } from "./marks";
import { isError, tag } from "./tags";
import { bar, type Node, type Range } from "./tree";

/** Heights of rows in px: one with stream events has a line for them. */
const plainRow = 28;
const marksRow = 46;
/** Steps of indentation; deeper spans share the last. */
const deepest = 14;

/** The id of a row's element. */
export const rowID = (index: number) => `span-${index}`;

export function rowHeight(node: Node): number {
  return hasMarks(node) ? marksRow : plainRow;
}

function hasMarks(node: Node): boolean {
  return (node.span.logs ?? []).length > 0;
}

interface Props {
  node: Node;
  index: number;
  /** px. */
  top: number;
  /** Since the trace's start, in µs. */
  start: number;
  /** Of the bars' track, in px. */
  width: number;
  service: string;
  colour: number;
  range: Range;
  open: boolean;
  selected: boolean;
  /** Both are the same ones for as long as the row is there. */
  onSelect: (node: Node) => void;
  onToggle: (node: Node) => void;
}

/** A span's row. It is drawn anew only when something of it is another. */
export function Row(props: Props) {
  return useMemo(() => draw(props), Object.values(props));
}

function draw({ node, index, top, start, width, service, colour, range, open, selected, onSelect, onToggle }: Props) {
  const { span } = node;
  const error = isError(span);
  const place = bar(start, span.duration, range);
  const attempt = tag(span.tags, "attempt");
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
      class={selected ? "span-row selected" : "span-row"}
      style={{ top: `${top}px`, height: `${rowHeight(node)}px` }}
      aria-level={node.depth + 1}
      aria-selected={selected}
      aria-expanded={node.children.length > 0 ? open : undefined}
      data-testid="span-row"
      data-span={span.spanID}
      data-service={service}
      data-error={error}
      onClick={() => onSelect(node)}
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
        <span class={`dot series-${colour}`} />
        <span class="text" title={`${service}: ${span.operationName}`}>
          {node.orphan ? <span title="Its parent is not in the trace">? </span> : null}
          <strong>{service}</strong> <span class="muted">{kind}</span> {shortName(span.operationName)}
          {attempt !== undefined ? <span class="muted"> attempt {attempt}</span> : null}
          {open ? null : <span class="muted"> +{node.descendants}</span>}
        </span>
        {error ? <span class="failed">! {failureOf(span)}</span> : null}
      </div>
      <div class="span-track">
        {place ? (
          <>
            <span
              class={`span-bar series-${colour}${error ? " striped" : ""}${place.cutLeft ? " cut-left" : ""}${place.cutRight ? " cut-right" : ""}`}
              style={{ left: `${place.left * 100}%`, width: `${place.width * 100}%` }}
            />
            <span class="span-length num" style={beside(place, width)} data-over={beside(place, width) === over}>
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

/** Why a span failed, in a word: the status that says it. */
function failureOf(span: Span): string {
  const grpc = tag(span.tags, "rpc.grpc.status_code");
  if (grpc !== undefined && grpc !== "0") return `gRPC ${grpc}`;
  const status = tag(span.tags, "http.status_code");
  return status !== undefined && Number(status) >= 400 ? status : (tag(span.tags, "end.reason") ?? "error");
}

/** What the text of a duration takes, in px. */
const lengthText = 64;
const over = { right: "0" };

/** Where the text of a bar's duration has room: behind it, before it, or over its end. */
function beside(place: { left: number; width: number }, width: number): { left?: string; right?: string } {
  const end = place.left + place.width;
  if ((1 - end) * width >= lengthText) return { left: `${end * 100}%` };
  if (place.left * width >= lengthText) return { right: `${(1 - place.left) * 100}%` };
  return over;
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

/** Leaves the package out of a gRPC method's name. */
function shortName(operation: string): string {
  const found = /^[\w.]*\.(\w+\/\w+)$/.exec(operation);
  return found?.[1] ?? operation;
}
