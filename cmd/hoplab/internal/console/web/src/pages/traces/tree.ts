// The tree of a trace's spans, and where its rows and bars are.

import type { Span, Trace } from "../../data/jaeger";

/** A span in its place. */
export interface Node {
  /** Its place among the trace's spans. */
  index: number;
  span: Span;
  /** The span's start as it is drawn, in µs since 1970: see skew. */
  start: number;
  /** By how much the start was moved, in µs: the clocks of two processes differ. */
  skew: number;
  depth: number;
  children: Node[];
  /** It names a parent that is not in the trace. */
  orphan: boolean;
  /** Spans below it. */
  descendants: number;
}

export interface Tree {
  roots: Node[];
  /** µs since 1970. */
  start: number;
  /** µs. */
  duration: number;
  /** Spans whose start was moved. */
  moved: number;
}

/**
 * Builds the tree, siblings by start. Spans that name one another as parents, or
 * that have an id twice, appear once each. With align, spans of another process
 * that begin before their parent, or after its end, are moved to where they fit.
 */
export function buildTree(trace: Trace, align: boolean): Tree {
  const byID = new Map<string, Node>();
  const nodes = trace.spans.map((span, index): Node => {
    const node = { index, span, start: span.startTime, skew: 0, depth: 0, children: [], orphan: false, descendants: 0 };
    if (!byID.has(span.spanID)) byID.set(span.spanID, node);
    return node;
  });
  const roots: Node[] = [];
  for (const node of nodes) {
    const id = parentID(node.span);
    const parent = id === undefined ? undefined : byID.get(id);
    if (parent && parent !== node) {
      parent.children.push(node);
    } else {
      node.orphan = id !== undefined;
      roots.push(node);
    }
  }
  const placed = new Set<Node>();
  for (const root of roots) place(root, placed, align);
  // What is left names itself as an ancestor: it begins a tree of its own.
  for (const node of nodes) {
    if (placed.has(node)) continue;
    node.orphan = true;
    roots.push(node);
    place(node, placed, align);
  }
  roots.sort(byStart);
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  let moved = 0;
  for (const node of nodes) {
    start = Math.min(start, node.start);
    end = Math.max(end, node.start + node.span.duration);
    if (node.skew !== 0) moved++;
  }
  return nodes.length === 0
    ? { roots, start: 0, duration: 0, moved }
    : { roots, start, duration: Math.max(end - start, 1), moved };
}

function parentID(span: Span): string | undefined {
  const refs = span.references.filter((r) => r.traceID === span.traceID && r.spanID !== span.spanID);
  return (refs.find((r) => r.refType === "CHILD_OF") ?? refs[0])?.spanID;
}

/** Gives a tree its depths and starts, without recursion: a chain may be long. */
function place(root: Node, placed: Set<Node>, align: boolean): void {
  const order: Node[] = [];
  const stack = [root];
  placed.add(root);
  for (let node = stack.pop(); node; node = stack.pop()) {
    order.push(node);
    node.children = node.children.filter((c) => !placed.has(c));
    for (const child of node.children) {
      placed.add(child);
      child.depth = node.depth + 1;
      if (align) child.skew = skewOf(child.span, node);
      child.start = child.span.startTime + child.skew;
      stack.push(child);
    }
    node.children.sort(byStart);
  }
  for (const node of order.reverse()) {
    for (const child of node.children) node.descendants += child.descendants + 1;
  }
}

function byStart(a: Node, b: Node): number {
  return a.start - b.start || b.span.duration - a.span.duration;
}

/**
 * How far a span has to be moved: within a process as far as its parent; in
 * another not at all if it can be true, else to the middle of its parent, as its
 * request and its answer took about the same time.
 */
function skewOf(span: Span, parent: Node): number {
  if (span.processID === parent.span.processID) return parent.skew;
  const end = parent.start + parent.span.duration;
  const tolerance = 1; // starts are rounded to whole µs
  if (span.startTime >= parent.start - tolerance && span.startTime <= end + tolerance) return 0;
  const room = parent.span.duration - span.duration;
  return Math.round(parent.start + Math.max(room, 0) / 2 - span.startTime);
}

/** The nodes that are seen, from top to bottom; closed holds span nodes that are folded. */
export function visibleRows(tree: Tree, closed: ReadonlySet<Node>): Node[] {
  const rows: Node[] = [];
  const stack = [...tree.roots].reverse();
  for (let node = stack.pop(); node; node = stack.pop()) {
    rows.push(node);
    if (closed.has(node)) continue;
    for (let i = node.children.length - 1; i >= 0; i--) {
      const child = node.children[i];
      if (child) stack.push(child);
    }
  }
  return rows;
}

/** Every node that has children. */
export function parents(tree: Tree): Node[] {
  return visibleRows(tree, new Set()).filter((n) => n.children.length > 0);
}

/** A part of a trace, in µs since its start. */
export interface Range {
  from: number;
  to: number;
}

/** Where a bar is within range, as shares of its width; undefined if it is not in it. */
export function bar(
  start: number,
  duration: number,
  range: Range,
): { left: number; width: number; cutLeft: boolean; cutRight: boolean } | undefined {
  const end = start + duration;
  if (end < range.from || start > range.to) return undefined;
  const whole = range.to - range.from;
  const from = Math.max(start, range.from);
  const to = Math.min(end, range.to);
  return {
    left: (from - range.from) / whole,
    width: (to - from) / whole,
    cutLeft: start < range.from,
    cutRight: end > range.to,
  };
}

/** Round times for an axis, about count of them. */
export function ticks(range: Range, count: number): number[] {
  const whole = range.to - range.from;
  if (!(whole > 0) || count < 1) return [];
  const rough = whole / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max([1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? rough, 1);
  const found: number[] = [];
  for (let t = Math.ceil(range.from / step) * step; t <= range.to; t += step) found.push(t);
  return found;
}

/** The range that a factor makes of range around middle; it stays within 0 to duration. */
export function zoom(range: Range, factor: number, duration: number, middle = (range.from + range.to) / 2): Range {
  const width = Math.min(Math.max((range.to - range.from) * factor, Math.min(10, duration)), duration);
  const share = (middle - range.from) / (range.to - range.from);
  const from = Math.min(Math.max(middle - width * share, 0), duration - width);
  return { from, to: from + width };
}

/** Tops of rows of these heights, and their sum at the end. */
export function offsets(heights: readonly number[]): number[] {
  const all = [0];
  for (const h of heights) all.push((all[all.length - 1] ?? 0) + h);
  return all;
}

/** The first row at or above y, given offsets. */
export function rowAt(tops: readonly number[], y: number): number {
  let low = 0;
  let high = Math.max(tops.length - 2, 0);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((tops[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}
