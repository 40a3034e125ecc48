// Nodes and edges in words.

import { bytes, perSecond } from "../../format/bytes";
import { duration } from "../../format/time";
import { href } from "../../shell/router";
import { quoted } from "../streams/filter";
import { wholeSeconds } from "../streams/words";
import { type Edge, failing, id, type Kind, type Node, type Numbers, stalled } from "./model";

export const kindNames: Readonly<Record<Kind, string>> = {
  client: "Clients",
  route: "Route",
  upstream: "Upstream",
  endpoint: "Endpoint",
  connection: "Connection",
};

export const columnNames: Readonly<Record<Kind, string>> = {
  client: "Clients",
  route: "Routes",
  upstream: "Upstreams",
  endpoint: "Endpoints",
  connection: "Connections",
};

/** A part as a percentage: 0%, <0.1%, 12.5%. */
export function percent(part: number): string {
  if (part > 0 && part < 0.001) return "<0.1%";
  return `${Number((part * 100).toPrecision(part < 0.1 ? 2 : 3))}%`;
}

/** What stands on a node under its name: rates, streams, and what else there is of its kind. */
export function nodeLines(n: Node): [rates: string, streams: string, more: string] {
  return [rateLine(n), openLine(n), moreLine(n)];
}

function rateLine(n: Node): string {
  if (n.connection) return openedFor(n.connection.opened_for);
  const rate = perSecond(n.rate ?? 0);
  return failing(n) > 0 ? `${rate}, ${percent(failing(n))} fail` : rate;
}

function openLine(n: Node): string {
  const most = n.connection?.peer_max_streams ?? -1;
  const open = most < 0 ? `${n.open ?? 0} open` : `${n.open ?? 0} of ${most} open`;
  return stalled(n) > 0 ? `${open}, ${stalled(n)} stalled` : open;
}

function moreLine(n: Node): string {
  if (n.connection) {
    const age = `age ${wholeSeconds(n.connection.age_seconds)}`;
    return n.p99 === undefined ? age : `${p99(n.p99)}, ${age}`;
  }
  if (n.p99 !== undefined) return p99(n.p99);
  if (n.connections === undefined) return "";
  return n.connections === 1 ? "1 connection" : `${n.connections} connections`;
}

/** Why connections are opened: the gateway's words, and ours. */
const reasons: Readonly<Record<string, string>> = {
  first: "the first to it",
  slots: "others: no free slot",
  ping: "others: PING unanswered",
  goaway: "others: GOAWAY",
  lost: "the last was lost",
  idle: "the last was idle",
  retry: "the last failed",
};

/** Why a connection was opened, in a few words. */
export function openedFor(reason: string | undefined): string {
  if (!reason) return "reason not told";
  return reasons[reason] ?? reason;
}

function p99(seconds: number): string {
  return `p99 ${duration(Number(seconds.toPrecision(2)))}`;
}

/** All that is known of an edge, in one line. */
export function edgeTitle(e: Edge): string {
  return [
    `${place(e.from)} → ${place(e.to)}`,
    e.rate === undefined ? "" : perSecond(e.rate),
    e.failures === undefined ? "" : `${percent(failing(e))} fail`,
    e.p99 === undefined ? "" : p99(e.p99),
    e.open === undefined ? "" : `${e.open} open`,
    stalled(e) > 0 ? `${stalled(e)} stalled` : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** A node by its id, without its kind. */
function place(nodeID: string): string {
  return nodeID === id.client ? "clients" : nodeID.slice(nodeID.indexOf(":") + 1);
}

/** What an edge says beside itself: above it how much, below it what is wrong. */
export function edgeTexts(e: Numbers): { above: string; below: string[] } {
  const below: string[] = [];
  if (failing(e) > 0) below.push(`${percent(failing(e))} ✕`);
  if (stalled(e) > 0) below.push(`${stalled(e)} ‖`);
  return { above: e.rate !== undefined ? perSecond(e.rate) : e.open ? `${e.open} open` : "", below };
}

/** Everything that is known of a node, as names and values. */
export function facts(n: Node): [name: string, value: string][] {
  const all: [string, string | undefined][] = [
    ["Rate", n.connection && n.rate === undefined ? undefined : perSecond(n.rate ?? 0)],
    ["Failures", failures(n)],
    ["p99 of unary requests", n.p99 === undefined ? undefined : duration(n.p99)],
    ["Open streams", String(n.open ?? 0)],
    ["Stalled by clients", String(n.stalledByClient ?? 0)],
    ["Stalled by the upstream", String(n.stalledByUpstream ?? 0)],
    ["Connections", n.connections === undefined ? undefined : String(n.connections)],
    ["Streams that its connections allow", n.slots === undefined ? undefined : String(n.slots)],
    ["Round trip", n.rtt ? duration(n.rtt) : undefined],
    ...[...(n.listeners ?? [])].map(([name, l]): [string, string] => [
      `By listener ${name}`,
      `${l.open} open on ${l.connections === 1 ? "1 connection" : `${l.connections} connections`}`,
    ]),
    ...connectionFacts(n),
  ];
  return all.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

/** Prometheus has no series of failures before the first; what connections do not count is not known. */
function failures(n: Node): string | undefined {
  if (n.rate === undefined || (n.connection && n.failures === undefined)) return undefined;
  return `${perSecond(n.failures ?? 0)}, ${percent(failing(n))}`;
}

function connectionFacts({ connection: c }: Node): [string, string | undefined][] {
  if (!c) return [];
  return [
    ["Opened", openedFor(c.opened_for)],
    ["Age", wholeSeconds(c.age_seconds)],
    ["Peer", `${c.peer}, ${c.protocol}${c.tls ? " over TLS" : ""}`],
    ["Streams that the peer allows", c.peer_max_streams < 0 ? "no limit" : String(c.peer_max_streams)],
    ["Round trip", c.rtt_seconds > 0 ? duration(c.rtt_seconds) : "not measured"],
    ["Send window", c.send_window > 0 ? bytes(c.send_window) : `shut, ${bytes(c.send_window)}`],
    ["Receive window", bytes(c.receive_window)],
    ["Held in buffers", bytes(c.buffered_bytes)],
    ["Glitches", `${c.glitches} points`],
  ];
}

/** Where to go from a node. */
export function links(n: Node): [text: string, to: string][] {
  const name = quoted(n.name);
  const streams = (q: string): [string, string] => ["Its streams", href("streams", [], { q })];
  switch (n.kind) {
    case "client":
      return [streams(""), ["Dashboard Protection", href("dashboards", ["hopscope-protection"])]];
    case "route":
      return [
        streams(`route=${name}`),
        ["Dashboard Overview", href("dashboards", ["hopscope-overview"], { "var-route": n.name })],
      ];
    case "upstream":
      return [streams(`upstream=${name}`), upstreams(n.name)];
    case "endpoint":
      return [streams(`endpoint=${name}`), upstreams(n.upstream)];
    default:
      return [streams(`upconnection=${name}`), upstreams(n.upstream)];
  }
}

function upstreams(name: string): [string, string] {
  return ["Dashboard Upstreams", href("dashboards", ["hopscope-upstreams"], { "var-upstream": name })];
}
