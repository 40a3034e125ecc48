import { expect, test } from "vitest";

import { arrange, edgeWidth, groupLimits } from "./layout";
import type { Edge, Kind, Model, Node } from "./model";

const node = (kind: Kind, name: string, more: Partial<Node> = {}): Node => ({
  id: `${kind}:${name}`,
  kind,
  name,
  upstream: "",
  ...more,
});
const edge = (from: Node, to: Node): Edge => ({ from: from.id, to: to.id });

const names = (model: Model, kind: Kind, open: string[] = []) =>
  arrange(model, new Set(open))
    .columns.find((c) => c.kind === kind)
    ?.items.map((i) => ("node" in i ? i.node.name : `and ${i.more.hidden} more`));

test("upstreams stand in the order of their routes, and endpoints in that of their upstreams", () => {
  const [r1, r2] = [node("route", "1"), node("route", "2")];
  const [u1, u2] = [node("upstream", "a"), node("upstream", "b")];
  const [e1, e2] = [node("endpoint", "x"), node("endpoint", "y")];
  const model = { nodes: [r1, r2, u1, u2, e1, e2], edges: [edge(r1, u2), edge(r2, u1), edge(u1, e1), edge(u2, e2)] };
  expect(names(model, "upstream")).toEqual(["b", "a"]);
  expect(names(model, "endpoint")).toEqual(["y", "x"]);
});

test("of a large group those that are worth a look are shown, with the number of the others, until all are asked for", () => {
  const upstream = node("upstream", "u");
  const endpoints = Array.from({ length: 45 }, (_, i) => node("endpoint", `e${i}`, { rate: 10, open: i }));
  Object.assign(endpoints[3] ?? {}, { failures: 1 });
  Object.assign(endpoints[5] ?? {}, { stalledByClient: 1 });
  const model = { nodes: [upstream, ...endpoints], edges: endpoints.map((e) => edge(upstream, e)) };
  expect(names(model, "endpoint")).toEqual(["e3", "e5", "e39", "e40", "e41", "e42", "e43", "e44", "and 37 more"]);
  expect(names(model, "endpoint", [upstream.id])).toHaveLength(45);
  expect(arrange(model, new Set()).edges).toHaveLength(groupLimits.endpoint);
});

test("connections of an endpoint that is not shown are not shown", () => {
  const upstream = node("upstream", "u");
  const endpoints = Array.from({ length: 9 }, (_, i) => node("endpoint", `e${i}`, { open: 9 - i }));
  const connections = endpoints.map((e) => node("connection", e.name));
  const model = {
    nodes: [upstream, ...endpoints, ...connections],
    edges: [...endpoints.map((e) => edge(upstream, e)), ...endpoints.map((e, i) => edge(e, connections[i] ?? e))],
  };
  expect(names(model, "connection")).toHaveLength(8);
  expect(names(model, "connection")).not.toContain("e8");
});

test("places do not overlap, and all is as high as the highest column", () => {
  const routes = Array.from({ length: 5 }, (_, i) => node("route", String(i)));
  const { columns, height } = arrange({ nodes: routes, edges: [] }, new Set());
  expect(columns[1]?.items.map((i) => i.y)).toEqual([0, 92, 184, 276, 368]);
  expect(height).toBeGreaterThanOrEqual(368 + 82);
});

test("an edge is as wide as the root of its part", () => {
  expect(edgeWidth({ from: "", to: "", rate: 100 }, 100)).toBe(10);
  expect(edgeWidth({ from: "", to: "", rate: 25 }, 100)).toBe(5.75);
  expect(edgeWidth({ from: "", to: "", open: 4 }, 4)).toBe(10);
  expect(edgeWidth({ from: "", to: "" }, 100)).toBe(1.5);
  expect(edgeWidth({ from: "", to: "", rate: 0 }, 0)).toBe(1.5);
});
