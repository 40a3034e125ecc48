// The map as columns of nodes, and edges between them.

import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { arrange, edgeWidth, type Item, type Layout } from "./layout";
import { type Edge, type Kind, kinds, stalled, tone } from "./model";
import { type MapView, MoreButton, NodeButton } from "./node";
import { columnNames, edgeTexts } from "./words";

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
  return (
    <svg class="map-edges" width={width} height={layout.height} aria-hidden="true">
      {layout.edges.map((edge) => (
        <EdgeLine
          key={`${edge.from}>${edge.to}`}
          edge={edge}
          from={layout.middles.get(edge.from) ?? 0}
          to={layout.middles.get(edge.to) ?? 0}
          // A column's number tells where its edges begin.
          gutter={gutter}
          left={kinds.indexOf(kindOf(edge.from) ?? "listener") * (nodeWidth + gutter) + nodeWidth}
          width={edgeWidth(edge, edge.rate === undefined ? largestOpen : largestRate)}
          chosen={edge.from === chosen || edge.to === chosen}
        />
      ))}
    </svg>
  );
}

interface EdgeProps {
  edge: Edge;
  from: number;
  to: number;
  gutter: number;
  left: number;
  width: number;
  chosen: boolean;
}

function EdgeLine({ edge, from, to, gutter, left, width, chosen }: EdgeProps) {
  const right = left + gutter;
  const texts = edgeTexts(edge);
  const state = stalled(edge) > 0 && tone(edge) === "warn" ? "stalled" : tone(edge);
  return (
    <g
      class={`map-edge is-${state}${chosen ? " chosen" : ""}`}
      data-testid="map-edge"
      data-key={`${edge.from}>${edge.to}`}
    >
      <path
        d={`M${left} ${from}C${left + gutter / 2} ${from} ${right - gutter / 2} ${to} ${right} ${to}`}
        stroke-width={width}
      />
      <text x={right - 4} y={to - width / 2 - 4} text-anchor="end">
        {texts.above}
      </text>
      {texts.below.map((text, line) => (
        <text key={text} x={right - 4} y={to + width / 2 + 12 * (line + 1)} text-anchor="end">
          {text}
        </text>
      ))}
    </g>
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
