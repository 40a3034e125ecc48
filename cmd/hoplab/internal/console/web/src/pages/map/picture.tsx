// The map as columns of nodes, and edges between them.

import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { arrange, edgeWidth, type Item, type Layout } from "./layout";
import { type Edge, type Kind, kinds, stalled, tone } from "./model";
import { type MapView, MoreButton, NodeButton } from "./node";
import { columnNames, edgeTexts, edgeTitle } from "./words";

/** Room for edges between two columns, for a picture of some width, all in CSS pixels. */
function gutterOf(width: number): number {
  return Math.round(Math.min(110, Math.max(60, width * 0.065)));
}

/** Nodes are buttons in reading order: column by column. Edges are for the eye; nodes say the same. */
export function Picture(view: MapView) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const gutter = gutterOf(width);
  const layout = arrange(view.model, view.open);
  const nodeWidth = Math.max(96, (width - gutter * (kinds.length - 1)) / kinds.length);
  return (
    <div class="map-picture card">
      <div class="map-columns" ref={box} style={{ gap: `${gutter}px` }}>
        {layout.columns.map((column) => (
          <h2 key={column.kind} style={{ width: `${nodeWidth}px` }}>
            {columnNames[column.kind]}
          </h2>
        ))}
      </div>
      <div class="map-field" style={{ height: `${layout.height}px` }}>
        <Edges layout={layout} nodeWidth={nodeWidth} gutter={gutter} width={width} chosen={view.chosen} />
        {layout.columns.map((column, i) => (
          <ul
            key={column.kind}
            class="map-column"
            aria-label={columnNames[column.kind]}
            style={{ left: `${i * (nodeWidth + gutter)}px`, width: `${nodeWidth}px` }}
          >
            {column.items.map((item) => (
              <li key={itemKey(item)} style={{ transform: `translateY(${item.y}px)` }}>
                {"node" in item ? (
                  <NodeButton node={item.node} view={view} />
                ) : (
                  <MoreButton {...item.more} onOpen={view.onOpen} />
                )}
              </li>
            ))}
            {column.items.length === 0 ? <li class="muted map-none">none</li> : null}
          </ul>
        ))}
      </div>
    </div>
  );
}

function itemKey(item: Item): string {
  return "node" in item ? item.node.id : `more ${item.more.group}`;
}

function kindOf(id: string): Kind | undefined {
  return kinds.find((kind) => id.startsWith(`${kind}:`));
}

interface EdgesProps {
  layout: Layout;
  nodeWidth: number;
  gutter: number;
  width: number;
  chosen: string | undefined;
}

function Edges({ layout, nodeWidth, gutter, width, chosen }: EdgesProps) {
  const largestRate = Math.max(0, ...layout.edges.map((e) => e.rate ?? 0));
  const largestOpen = Math.max(0, ...layout.edges.map((e) => (e.rate === undefined ? (e.open ?? 0) : 0)));
  const lines = layout.edges.map((edge): Line => {
    // A column's number tells where its edges begin.
    const left = kinds.indexOf(kindOf(edge.from) ?? "client") * (nodeWidth + gutter) + nodeWidth;
    return {
      edge,
      left,
      right: left + gutter,
      from: layout.middles.get(edge.from) ?? 0,
      to: layout.middles.get(edge.to) ?? 0,
      thick: edgeWidth(edge, edge.rate === undefined ? largestOpen : largestRate),
      chosen: edge.from === chosen || edge.to === chosen,
    };
  });
  return (
    <svg class="map-edges" width={width} height={layout.height} aria-hidden="true">
      {lines.map((line) => (
        <EdgePath key={edgeKey(line.edge)} {...line} />
      ))}
      {/* Texts come last, so that no line runs through them. */}
      {lines.map((line) => (
        <EdgeTexts key={edgeKey(line.edge)} {...line} />
      ))}
    </svg>
  );
}

interface Line {
  edge: Edge;
  /** Where it begins and ends, and how wide it is, in CSS pixels. */
  left: number;
  right: number;
  from: number;
  to: number;
  thick: number;
  chosen: boolean;
}

function edgeKey(edge: Edge): string {
  return `${edge.from}>${edge.to}`;
}

function EdgePath({ edge, left, right, from, to, thick, chosen }: Line) {
  const state = stalled(edge) > 0 && tone(edge) === "warn" ? "stalled" : tone(edge);
  const middle = (left + right) / 2;
  return (
    <path
      class={`map-edge is-${state}${chosen ? " chosen" : ""}`}
      d={`M${left} ${from}C${middle} ${from} ${middle} ${to} ${right} ${to}`}
      stroke-width={thick}
      data-testid="map-edge"
      data-key={edgeKey(edge)}
      data-tone={tone(edge)}
    >
      <title>{edgeTitle(edge)}</title>
    </path>
  );
}

function EdgeTexts({ edge, right, to, thick }: Line) {
  const { above, below } = edgeTexts(edge);
  const x = right - 4;
  return (
    <>
      <text x={x} y={to - thick / 2 - 4}>
        {above}
      </text>
      {below.map((text, line) => (
        <text key={text} x={x} y={to + thick / 2 + 12 * (line + 1)}>
          {text}
        </text>
      ))}
    </>
  );
}

/** Width of an element, as it changes. */
function useWidth(box: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const size = new ResizeObserver(() => setWidth(element.clientWidth));
    size.observe(element);
    setWidth(element.clientWidth);
    return () => size.disconnect();
  }, [box]);
  return width;
}
