import { expect, test } from "vitest";

import type { Connection } from "../../data/gateway";
import { build, failing, type Inputs, stalled, tone } from "./model";

const nothing: Inputs = {
  requests: [],
  failures: [],
  p99: [],
  attemptP99: [],
  open: [],
  attempts: [],
  failedAttempts: [],
  endpointOpen: [],
  endpointConnections: [],
  slots: [],
  rtt: [],
  connections: undefined,
  recent: new Map(),
  flows: [],
};

function connection(change: Partial<Connection>): Connection {
  return {
    id: 9,
    side: "upstream",
    upstream: "users",
    endpoint: "a:1",
    peer: "a:1",
    protocol: "h2",
    tls: false,
    age_seconds: 1,
    opened_for: "first_request",
    streams: 3,
    streams_opened: 30,
    peer_max_streams: 100,
    send_window: 1,
    receive_window: 1,
    rtt_seconds: 0,
    buffered_bytes: 0,
    glitches: 0,
    ...change,
  };
}

const way = { route: "users", upstream: "users" };

test("rates, failures and p99 stand on routes, upstreams and the way between", () => {
  const { nodes, edges } = build({
    ...nothing,
    requests: [
      { ...way, value: 40 },
      { route: "mobile", upstream: "users", value: 2 },
    ],
    failures: [{ ...way, value: 4 }],
    p99: [
      { route: "users", value: 0.25 },
      { route: "mobile", value: Number.NaN },
    ],
  });
  const of = (id: string) => nodes.find((n) => n.id === id);
  expect(nodes.map((n) => n.id)).toEqual(["client:all", "route:mobile", "route:users", "upstream:users"]);
  expect(of("route:users")).toMatchObject({ rate: 40, failures: 4, p99: 0.25 });
  expect(of("route:mobile")?.p99).toBeUndefined();
  expect(of("upstream:users")).toMatchObject({ rate: 42, failures: 4 });
  expect(edges).toContainEqual({ from: "route:users", to: "upstream:users", rate: 40, failures: 4, p99: 0.25 });
});

test("requests without a route have a place only if there are any, and lead nowhere", () => {
  const none = { route: "none", upstream: "none" };
  expect(build({ ...nothing, requests: [{ ...none, value: 0 }] }).nodes).toEqual([]);
  const { nodes, edges } = build({ ...nothing, requests: [{ ...none, value: 1 }] });
  expect(nodes.map((n) => n.id)).toEqual(["client:all", "route:none"]);
  expect(edges.map((e) => e.to)).toEqual(["route:none"]);
});

test("endpoints hang on their upstream, and their connections on them with the reason why they are there", () => {
  const place = { upstream: "users", endpoint: "a:1" };
  const { nodes, edges } = build({
    ...nothing,
    attempts: [{ ...place, value: 10 }],
    failedAttempts: [{ ...place, value: 1 }],
    endpointOpen: [{ ...place, value: 3 }],
    slots: [{ ...place, value: 100 }],
    connections: [connection({}), connection({ id: 10, endpoint: "b:1" })],
  });
  expect(nodes.find((n) => n.id === "endpoint:users/a:1")).toMatchObject({
    rate: 10,
    failures: 1,
    open: 3,
    slots: 100,
  });
  expect(nodes.find((n) => n.id === "connection:9")).toMatchObject({
    open: 3,
    connection: { opened_for: "first_request" },
  });
  expect(edges.map((e) => `${e.from}>${e.to}`)).toEqual([
    "upstream:users>endpoint:users/a:1",
    "endpoint:users/a:1>connection:9",
    "upstream:users>endpoint:users/b:1",
    "endpoint:users/b:1>connection:10",
  ]);
});

test("connections of clients are counted, by listener too", () => {
  const client = connection({ side: "downstream", listener: "edge" });
  const { nodes } = build({ ...nothing, connections: [client, { ...client, id: 10 }] });
  expect(nodes).toMatchObject([{ id: "client:all", kind: "client", name: "all", connections: 2 }]);
  expect(nodes[0]?.listeners).toEqual(new Map([["edge", { connections: 2, open: 0 }]]));
});

test("what clients ask for and how it goes stands on the way to each route", () => {
  const { nodes, edges } = build({
    ...nothing,
    requests: [{ ...way, value: 40 }],
    failures: [{ ...way, value: 4 }],
    p99: [{ route: "users", value: 0.25 }],
    open: [{ ...way, value: 6 }],
  });
  const numbers = { rate: 40, failures: 4, open: 6 };
  expect(edges).toContainEqual({ from: "client:all", to: "route:users", ...numbers, p99: 0.25 });
  expect(nodes.find((n) => n.id === "client:all")).toMatchObject(numbers);
});

test("an endpoint has the p99 of its attempts, a connection what it has done lately", () => {
  const place = { upstream: "users", endpoint: "a:1" };
  const { edges } = build({
    ...nothing,
    attempts: [{ ...place, value: 10 }],
    attemptP99: [
      { ...place, value: 0.5 },
      { ...place, endpoint: "b:1", value: Number.NaN },
    ],
    connections: [connection({})],
    recent: new Map([[9, { rate: 3, failures: 1, p99: 0.2 }]]),
  });
  expect(edges).toContainEqual({ from: "upstream:users", to: "endpoint:users/a:1", rate: 10, p99: 0.5 });
  expect(edges).toContainEqual({
    from: "endpoint:users/a:1",
    to: "connection:9",
    rate: 3,
    failures: 1,
    p99: 0.2,
    open: 3,
  });
});

test("streams of one way mark all of it that is stalled", () => {
  const flow = {
    listener: "edge",
    ...way,
    endpoint: "a:1",
    connection: 9,
    streams: 5,
    stalledByClient: 2,
    stalledByUpstream: 1,
  };
  const { nodes, edges } = build({ ...nothing, open: [{ ...way, value: 6 }], flows: [flow] });
  expect(nodes.map((n) => [n.id, n.open, stalled(n)])).toEqual([
    ["client:all", 6, 3],
    ["route:users", 6, 3],
    ["upstream:users", 6, 3],
    ["endpoint:users/a:1", undefined, 3],
    ["connection:9", undefined, 3],
  ]);
  expect(edges.map((e) => stalled(e))).toEqual([3, 3, 3, 3]);
});

test("a stream that has no upstream yet ends at its route", () => {
  const flow = {
    listener: "edge",
    route: "",
    upstream: "",
    endpoint: "",
    connection: 0,
    streams: 1,
    stalledByClient: 0,
    stalledByUpstream: 0,
  };
  const { nodes } = build({ ...nothing, flows: [flow] });
  expect(nodes.map((n) => n.id)).toEqual(["client:all", "route:none"]);
});

test.each([
  [{ rate: 10, failures: 0 }, 0, "ok"],
  [{ rate: 100, failures: 1 }, 0.01, "warn"],
  [{ rate: 10, failures: 1 }, 0.1, "bad"],
  [{ rate: 10, stalledByClient: 1 }, 0, "warn"],
  [{}, 0, "ok"],
  [{ failures: 1 }, 0, "ok"],
] as const)("%j: %d fail, which is %s", (numbers, part, is) => {
  expect(failing(numbers)).toBe(part);
  expect(tone(numbers)).toBe(is);
});
