// The map: what is between the clients and the connections to the origins.

import type { Connection } from "../../data/gateway";
import type { Flow } from "../streams/flows";
import type { Recent } from "./recent";

export const kinds = ["client", "route", "upstream", "endpoint", "connection"] as const;

export type Kind = (typeof kinds)[number];

/** ok: nothing to see; warn: some of it fails or waits; bad: most of it. */
export type Tone = "ok" | "warn" | "bad";

/** What is measured of a node or an edge; undefined: it is not known there. */
export interface Numbers {
  /** Requests or attempts per second over the last minute. */
  rate?: number | undefined;
  /** Those that failed, per second. */
  failures?: number | undefined;
  /** Seconds, of unary requests. */
  p99?: number | undefined;
  /** Streams open now. */
  open?: number | undefined;
  stalledByClient?: number | undefined;
  stalledByUpstream?: number | undefined;
}

export interface Node extends Numbers {
  /** kind:name, with the upstream's name before an endpoint's: endpoint:users/10.0.0.1:80. */
  id: string;
  kind: Kind;
  name: string;
  /** The upstream that an endpoint or a connection belongs to. */
  upstream: string;
  /** Connections that are open: of clients, to an endpoint. */
  connections?: number | undefined;
  /** Of clients: the listeners that they come by. */
  listeners?: Map<string, Listener>;
  /** Streams that the connections to an endpoint allow; undefined: they set no limit. */
  slots?: number | undefined;
  /** Seconds. */
  rtt?: number | undefined;
  connection?: Connection;
}

/** What comes by a listener. */
export interface Listener {
  connections: number;
  /** Streams open now. */
  open: number;
}

export interface Edge extends Numbers {
  from: string;
  to: string;
}

export interface Model {
  /** By kind, and by name within it. */
  nodes: readonly Node[];
  edges: readonly Edge[];
}

/** A sample with the labels that matter here. */
export interface Measured {
  route?: string | undefined;
  upstream?: string | undefined;
  endpoint?: string | undefined;
  value: number;
}

/** What the map is made of. */
export interface Inputs {
  /** Per route and upstream: requests and failures a second. */
  requests: readonly Measured[];
  failures: readonly Measured[];
  /** Per route, in seconds. */
  p99: readonly Measured[];
  /** Per upstream and endpoint, in seconds. */
  attemptP99: readonly Measured[];
  /** Per route and upstream. */
  open: readonly Measured[];
  /** Per upstream and endpoint, as what follows. */
  attempts: readonly Measured[];
  failedAttempts: readonly Measured[];
  endpointOpen: readonly Measured[];
  endpointConnections: readonly Measured[];
  slots: readonly Measured[];
  rtt: readonly Measured[];
  /** undefined: the gateway did not say. */
  connections: readonly Connection[] | undefined;
  /** What each connection has done lately, by its id, where that is known. */
  recent: ReadonlyMap<number, Recent>;
  flows: readonly Flow[];
}

/** What stands for no route and no upstream in labels. */
const none = "none";

export const id = {
  client: "client:all",
  route: (name: string) => `route:${name || none}`,
  upstream: (name: string) => `upstream:${name}`,
  endpoint: (upstream: string, name: string) => `endpoint:${upstream}/${name}`,
  connection: (n: number) => `connection:${n}`,
};

/** Puts the inputs together. */
export function build(inputs: Inputs): Model {
  const nodes = new Map<string, Node>();
  const edges = new Map<string, Edge>();
  const node = (nodeID: string, kind: Kind, name: string, upstream = "") => {
    const known = nodes.get(nodeID) ?? { id: nodeID, kind, name, upstream };
    nodes.set(nodeID, known);
    return known;
  };
  const edge = (from: string, to: string) => {
    const key = `${from}>${to}`;
    const known = edges.get(key) ?? { from, to };
    edges.set(key, known);
    return known;
  };
  const route = (name: string) => node(id.route(name), "route", name || none);
  const client = () => node(id.client, "client", "all");
  const upstream = (name: string) => node(id.upstream(name), "upstream", name, name);
  const endpoint = (of: string, name: string) => {
    upstream(of);
    edge(id.upstream(of), id.endpoint(of, name));
    return node(id.endpoint(of, name), "endpoint", name, of);
  };

  for (const [field, list] of [
    ["rate", inputs.requests],
    ["failures", inputs.failures],
    ["open", inputs.open],
  ] as const) {
    for (const { route: r = "", upstream: u = "", value } of list) {
      // Requests that no route matched are counted too: only worth a place if there are any.
      if (r === none && value === 0 && !nodes.has(id.route(r))) continue;
      for (const each of [route(r), client(), edge(id.client, id.route(r))]) add(each, field, value);
      if (u === none || u === "") continue;
      add(upstream(u), field, value);
      add(edge(id.route(r), id.upstream(u)), field, value);
    }
  }
  for (const { route: r = "", value } of inputs.p99) {
    const known = nodes.get(id.route(r));
    if (!known || Number.isNaN(value)) continue;
    known.p99 = value;
    for (const e of edges.values()) if (e.from === known.id || e.to === known.id) e.p99 = value;
  }
  for (const [field, list] of [
    ["rate", inputs.attempts],
    ["failures", inputs.failedAttempts],
    ["open", inputs.endpointOpen],
  ] as const) {
    for (const { upstream: u = "", endpoint: e = "", value } of list) {
      add(endpoint(u, e), field, value);
      add(edge(id.upstream(u), id.endpoint(u, e)), field, value);
    }
  }
  for (const { upstream: u = "", endpoint: e = "", value } of inputs.attemptP99) {
    if (Number.isNaN(value)) continue;
    endpoint(u, e).p99 = value;
    edge(id.upstream(u), id.endpoint(u, e)).p99 = value;
  }
  for (const [field, list] of [
    ["connections", inputs.endpointConnections],
    ["slots", inputs.slots],
    ["rtt", inputs.rtt],
  ] as const) {
    for (const { upstream: u = "", endpoint: e = "", value } of list) endpoint(u, e)[field] = value;
  }
  for (const c of inputs.connections ?? []) {
    if (c.side === "downstream") {
      const all = client();
      all.connections = (all.connections ?? 0) + 1;
      listener(all, c.listener ?? "").connections++;
      continue;
    }
    const to = endpoint(c.upstream ?? "", c.endpoint ?? c.peer);
    const made = node(id.connection(c.id), "connection", String(c.id), c.upstream ?? "");
    made.connection = c;
    for (const each of [made, edge(to.id, made.id)]) {
      Object.assign(each, inputs.recent.get(c.id), { open: c.streams });
    }
  }
  for (const flow of inputs.flows) addFlow(flow, node, edge);
  return { nodes: [...nodes.values()].sort(byKindAndName), edges: [...edges.values()] };
}

/** A listener's part of the clients. */
function listener(client: Node, name: string): Listener {
  client.listeners ??= new Map();
  const known = client.listeners.get(name) ?? { connections: 0, open: 0 };
  client.listeners.set(name, known);
  return known;
}

/** Open and stalled streams along one way. What Prometheus counts as open is left as it is. */
function addFlow(
  flow: Flow,
  node: (id: string, kind: Kind, name: string, upstream?: string) => Node,
  edge: (from: string, to: string) => Edge,
): void {
  const { stalledByClient, stalledByUpstream, streams } = flow;
  const client = node(id.client, "client", "all");
  listener(client, flow.listener).open += streams;
  const route = node(id.route(flow.route), "route", flow.route || none);
  const along: (Node | Edge)[] = [client, edge(client.id, route.id), route];
  if (flow.upstream) {
    const upstream = node(id.upstream(flow.upstream), "upstream", flow.upstream, flow.upstream);
    along.push(upstream, edge(route.id, upstream.id));
    if (flow.endpoint) {
      const endpoint = node(id.endpoint(flow.upstream, flow.endpoint), "endpoint", flow.endpoint, flow.upstream);
      along.push(endpoint, edge(upstream.id, endpoint.id));
      if (flow.connection) {
        const to = id.connection(flow.connection);
        along.push(node(to, "connection", String(flow.connection), flow.upstream), edge(endpoint.id, to));
      }
    }
  }
  for (const each of along) {
    add(each, "stalledByClient", stalledByClient);
    add(each, "stalledByUpstream", stalledByUpstream);
  }
}

function add(to: Numbers, field: keyof Numbers, value: number): void {
  if (Number.isNaN(value)) return;
  to[field] = (to[field] ?? 0) + value;
}

function byKindAndName(a: Node, b: Node): number {
  return (
    kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
    a.upstream.localeCompare(b.upstream, "en") ||
    a.name.localeCompare(b.name, "en", { numeric: true })
  );
}

/** The part that fails, from 0 to 1. */
export function failing(n: Numbers): number {
  return n.rate && n.failures ? Math.min(1, n.failures / n.rate) : 0;
}

export function stalled(n: Numbers): number {
  return (n.stalledByClient ?? 0) + (n.stalledByUpstream ?? 0);
}

/** From a tenth of failures on it is bad; any failure and any stall is worth a look. */
export function tone(n: Numbers): Tone {
  const part = failing(n);
  if (part >= 0.1) return "bad";
  return part > 0 || stalled(n) > 0 ? "warn" : "ok";
}
