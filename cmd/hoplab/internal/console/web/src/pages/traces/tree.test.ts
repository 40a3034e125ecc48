import { expect, test } from "vitest";

import type { Span, Trace } from "../../data/jaeger";
import { bar, buildTree, type Node, offsets, rowAt, ticks, visibleRows, zoom } from "./tree";

function span(id: string, parent: string | undefined, startTime: number, duration: number, processID = "p1"): Span {
  return {
    traceID: "t",
    spanID: id,
    operationName: id,
    references: parent === undefined ? [] : [{ refType: "CHILD_OF", traceID: "t", spanID: parent }],
    startTime,
    duration,
    tags: null,
    logs: null,
    processID,
    warnings: null,
  };
}

function trace(...spans: Span[]): Trace {
  return { traceID: "t", spans, processes: {}, warnings: null };
}

const none: ReadonlySet<Node> = new Set();
const shape = (rows: Node[]) => rows.map((n) => "  ".repeat(n.depth) + n.span.spanID);

test("children stand below their parent, siblings by start", () => {
  const tree = buildTree(
    trace(span("c", "a", 30, 5), span("b", "a", 10, 5), span("d", "b", 11, 1), span("a", undefined, 0, 100)),
    true,
  );
  expect(shape(visibleRows(tree, none))).toEqual(["a", "  b", "    d", "  c"]);
  expect(tree.roots[0]?.descendants).toBe(3);
  expect([tree.start, tree.duration]).toEqual([0, 100]);
});

test("a folded span hides all that is below it", () => {
  const tree = buildTree(
    trace(span("a", undefined, 0, 9), span("b", "a", 1, 5), span("c", "b", 2, 1), span("d", "a", 7, 1)),
    true,
  );
  const b = visibleRows(tree, none)[1];
  expect(shape(visibleRows(tree, new Set(b ? [b] : [])))).toEqual(["a", "  b", "  d"]);
});

test("a span whose parent is missing is a root of its own", () => {
  const tree = buildTree(trace(span("a", undefined, 0, 9), span("x", "gone", 3, 1), span("y", "x", 3, 1)), true);
  expect(shape(visibleRows(tree, none))).toEqual(["a", "x", "  y"]);
  expect(tree.roots.map((n) => n.orphan)).toEqual([false, true]);
});

test("spans that are their own ancestors, and ids that come twice, appear once each", () => {
  const tree = buildTree(
    trace(
      span("a", "b", 0, 9),
      span("b", "a", 1, 5),
      span("c", "c", 2, 1),
      span("d", undefined, 3, 1),
      span("d", undefined, 4, 1),
    ),
    true,
  );
  expect(
    visibleRows(tree, none)
      .map((n) => n.span.spanID)
      .sort(),
  ).toEqual(["a", "b", "c", "d", "d"]);
});

test("a parent in another trace does not count", () => {
  const linked = span("a", undefined, 0, 9);
  linked.references = [{ refType: "FOLLOWS_FROM", traceID: "other", spanID: "x" }];
  expect(buildTree(trace(linked), true).roots[0]?.orphan).toBe(false);
});

test("a span of another clock is moved into its parent, and what is below it along with it", () => {
  const spans = trace(
    span("a", undefined, 1000, 100, "gateway"),
    span("b", "a", 500, 60, "orders"),
    span("c", "b", 510, 10, "orders"),
    span("d", "c", 1100, 4, "users"),
  );
  const tree = buildTree(spans, true);
  const at = Object.fromEntries(visibleRows(tree, none).map((n) => [n.span.spanID, n.start]));
  expect(at).toEqual({ a: 1000, b: 1020, c: 1030, d: 1033 });
  expect(tree.moved).toBe(3);
  expect([tree.start, tree.duration]).toEqual([1000, 100]);
  expect(buildTree(spans, false).start).toBe(500);
});

test("a span that outlasts its parent is left where it is", () => {
  const tree = buildTree(trace(span("a", undefined, 0, 10, "p1"), span("b", "a", 5, 100, "p2")), true);
  expect(tree.moved).toBe(0);
  expect(tree.duration).toBe(105);
});

test("a longer span that begins before its parent begins with it", () => {
  const tree = buildTree(trace(span("a", undefined, 100, 10, "p1"), span("b", "a", 50, 30, "p2")), true);
  expect(visibleRows(tree, none)[1]?.start).toBe(100);
});

test("no spans make an empty tree", () => {
  const tree = buildTree(trace(), true);
  expect(visibleRows(tree, none)).toEqual([]);
  expect(tree.duration).toBe(0);
});

test("a chain of 5,000 spans is a tree", () => {
  const chain = Array.from({ length: 5000 }, (_, i) => span(`s${i}`, i === 0 ? undefined : `s${i - 1}`, i, 10_000));
  const rows = visibleRows(buildTree(trace(...chain), true), none);
  expect(rows.length).toBe(5000);
  expect(rows[4999]?.depth).toBe(4999);
});

test("a bar is cut where the range ends", () => {
  const range = { from: 100, to: 200 };
  expect(bar(150, 25, range)).toEqual({ left: 0.5, width: 0.25, cutLeft: false, cutRight: false });
  expect(bar(50, 200, range)).toEqual({ left: 0, width: 1, cutLeft: true, cutRight: true });
  expect(bar(0, 50, range)).toBeUndefined();
  expect(bar(201, 50, range)).toBeUndefined();
});

test("ticks are round and within the range", () => {
  expect(ticks({ from: 0, to: 1000 }, 5)).toEqual([0, 200, 400, 600, 800, 1000]);
  expect(ticks({ from: 130, to: 260 }, 4)).toEqual([150, 200, 250]);
  expect(ticks({ from: 0, to: 0 }, 4)).toEqual([]);
  expect(ticks({ from: 0, to: 2 }, 9)).toEqual([0, 1, 2]);
});

test("zooming keeps its middle and stays within the trace", () => {
  expect(zoom({ from: 0, to: 1000 }, 0.5, 1000)).toEqual({ from: 250, to: 750 });
  expect(zoom({ from: 0, to: 500 }, 2, 1000)).toEqual({ from: 0, to: 1000 });
  expect(zoom({ from: 900, to: 1000 }, 2, 1000)).toEqual({ from: 800, to: 1000 });
  expect(zoom({ from: 0, to: 10 }, 0.1, 1000)).toEqual({ from: 0, to: 10 });
});

test("the row at a height is found", () => {
  const tops = offsets([28, 46, 28]);
  expect(tops).toEqual([0, 28, 74, 102]);
  expect([0, 27, 28, 73, 74, 500].map((y) => rowAt(tops, y))).toEqual([0, 0, 1, 1, 2, 2]);
  expect(rowAt(offsets([]), 10)).toBe(0);
});
