import { expect, test } from "vitest";

import { concerns } from "./concerns";

const nodes = [
  { kind: "client", name: "all", upstream: "" },
  { kind: "route", name: "users", upstream: "" },
  { kind: "upstream", name: "users", upstream: "users" },
  { kind: "endpoint", name: "a:1", upstream: "users" },
  { kind: "endpoint", name: "b:1", upstream: "users" },
] as const;

test.each([
  [{ upstream: "users", endpoint: "a:1", severity: "page" }, ["endpoint a:1"]],
  [{ upstream: "users", side: "downstream" }, ["upstream users"]],
  [{ route: "users" }, ["route users"]],
  [{ route: "users", upstream: "users" }, ["route users"]],
  [{ upstream: "orders", endpoint: "a:1" }, []],
  [{ job: "hopscope" }, []],
])("an alert with %j is about %j", (labels, about) => {
  expect(nodes.filter((n) => concerns({ labels }, n)).map((n) => `${n.kind} ${n.name}`)).toEqual(about);
});
