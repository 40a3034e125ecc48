// Places of the nodes: columns by kind, each group of siblings in the order of its parents.

import { type Edge, failing, type Kind, kinds, type Model, type Node, stalled } from "./model";

/** Nodes of a group that are shown until the reader asks for all. */
export const groupLimits: Readonly<Record<Kind, number>> = {
  client: 1,
  route: 24,
  upstream: 24,
  endpoint: 8,
  connection: 4,
};

/** CSS pixels; map.css has the heights too. */
export const nodeHeight = 82;
export const nodeGap = 10;
const moreHeight = 32;
const groupGap = 6;

/** A node in its place, or the button for those that are not shown. */
export type Item = { y: number } & ({ node: Node } | { more: { group: string; hidden: number } });

export interface Column {
  kind: Kind;
  items: readonly Item[];
}

export interface Layout {
  columns: readonly Column[];
  /** Edges between nodes that are shown. */
  edges: readonly Edge[];
  /** The middle of each node that is shown. */
  middles: ReadonlyMap<string, number>;
  height: number;
}

/** Gives every node its place; groups in open are shown whole. */
export function arrange(model: Model, open: ReadonlySet<string>): Layout {
  const parents = new Map<string, string[]>();
  for (const e of model.edges) parents.set(e.to, [...(parents.get(e.to) ?? []), e.from]);
  const middles = new Map<string, number>();
  let height = 0;
  const columns = kinds.map((kind): Column => {
    const items: Item[] = [];
    let y = 0;
    for (const [group, nodes] of groups(model, kind, parents, middles)) {
      const shown = open.has(group) ? nodes : worst(nodes, groupLimits[kind]);
      for (const node of shown) {
        items.push({ y, node });
        middles.set(node.id, y + nodeHeight / 2);
        y += nodeHeight + nodeGap;
      }
      if (shown.length < nodes.length) {
        items.push({ y, more: { group, hidden: nodes.length - shown.length } });
        y += moreHeight + nodeGap;
      }
      y += groupGap;
    }
    height = Math.max(height, y);
    return { kind, items };
  });
  const edges = model.edges.filter((e) => middles.has(e.from) && middles.has(e.to));
  return { columns, edges, middles, height };
}

/**
 * Nodes of a kind with the group that they are counted in: endpoints of their
 * upstream, connections of their endpoint, others by themselves. Children of what
 * is not shown are not shown. Groups stand in the order of their parents. Routes
 * stay in the order of their names, whatever clients ask for.
 */
function groups(
  model: Model,
  kind: Kind,
  parents: ReadonlyMap<string, readonly string[]>,
  middles: ReadonlyMap<string, number>,
): [string, Node[]][] {
  const nodes = model.nodes.filter((n) => n.kind === kind);
  if (kind !== "endpoint" && kind !== "connection") {
    if (nodes.length === 0) return [];
    return [[kind, kind === "upstream" ? byParents(nodes, parents, middles) : nodes]];
  }
  const found = new Map<string, Node[]>();
  for (const node of nodes) {
    const parent = parents.get(node.id)?.[0] ?? "";
    if (!middles.has(parent)) continue;
    found.set(parent, [...(found.get(parent) ?? []), node]);
  }
  return [...found].sort(([a], [b]) => (middles.get(a) ?? 0) - (middles.get(b) ?? 0));
}

/** Orders nodes as their parents are, so that fewer edges cross. Equals keep their order. */
function byParents(
  nodes: readonly Node[],
  parents: ReadonlyMap<string, readonly string[]>,
  middles: ReadonlyMap<string, number>,
): Node[] {
  const place = (node: Node) => {
    const known = (parents.get(node.id) ?? []).flatMap((p) => middles.get(p) ?? []);
    return known.length === 0 ? Number.MAX_SAFE_INTEGER : known.reduce((a, b) => a + b) / known.length;
  };
  return nodes.toSorted((a, b) => place(a) - place(b));
}

/** The limit's number of nodes that are most worth a look, in the order in which they came. */
function worst(nodes: readonly Node[], limit: number): readonly Node[] {
  if (nodes.length <= limit) return nodes;
  const chosen = new Set(
    nodes
      .toSorted((a, b) => failing(b) - failing(a) || stalled(b) - stalled(a) || (b.open ?? 0) - (a.open ?? 0))
      .slice(0, limit),
  );
  return nodes.filter((n) => chosen.has(n));
}

/** Width of an edge in CSS pixels, from 1.5 to 10: it grows with the root of its part of the largest. */
export function edgeWidth(e: Edge, largest: number): number {
  const size = e.rate ?? e.open ?? 0;
  return largest > 0 && size > 0 ? 1.5 + 8.5 * Math.sqrt(Math.min(1, size / largest)) : 1.5;
}
