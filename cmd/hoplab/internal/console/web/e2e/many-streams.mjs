// Stands in for the admin server of a gateway with thousands of open streams,
// which no demo has: node e2e/many-streams.mjs [--streams 5000] [--port 0].
// Prints its address. Serves /streams and /connections; between two requests
// streams age, move bytes, stall, end and begin, as time has passed.

import http from "node:http";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { streams: { type: "string", default: "5000" }, port: { type: "string", default: "0" } },
});
const total = Number(values.streams);
const perConnection = 50;
const routes = ["users", "orders", "profiles", "search", "billing", "chat", "files", "metrics"];
const window = 65535;

/** The same sequence each time, so that tests can count on it. */
let seed = 1;
function random() {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

const nextID = new Map();

function begin(slot, ageSeconds) {
  const connection = 1 + Math.floor(slot / perConnection);
  const id = nextID.get(connection) ?? 1;
  nextID.set(connection, id + 2);
  const route = routes[Math.floor(random() * routes.length)];
  return {
    id,
    connection,
    route,
    endpoint: `10.0.${routes.indexOf(route)}.${1 + Math.floor(random() * 20)}:9000`,
    began: Date.now() - ageSeconds * 1000,
    ends: Date.now() + (5 + random() * 300) * 1000,
    bytesPerSecond: random() < 0.2 ? 0 : Math.floor(random() ** 4 * 4e6),
    // Every fiftieth takes no bytes from the first second on.
    stalls: slot % 50 === 7,
    connectionStall: slot % 100 === 7,
    sampled: random() < 0.5,
    trace: Array.from({ length: 4 }, () =>
      Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, "0"),
    ).join(""),
  };
}

const slots = Array.from({ length: total }, (_, slot) => begin(slot, random() * 600));

function describe(s, now) {
  const age = (now - s.began) / 1000;
  const moving = s.stalls ? 0.5 : age;
  const written = Math.floor(moving * s.bytesPerSecond);
  const down = { send: s.stalls ? 0 : window - (written % window), receive: window, connection_send: 1 << 20 };
  if (s.stalls && s.connectionStall) down.connection_send = -120;
  return {
    id: s.id,
    connection: s.connection,
    listener: "edge",
    protocol: "h2",
    route: s.route,
    method: s.id % 4 === 1 ? "GET" : "POST",
    upstream: s.route,
    endpoint: s.endpoint,
    upstream_connection: 1000 + routes.indexOf(s.route),
    age_seconds: age,
    bytes_read: 12 + Math.floor(written / 100),
    bytes_written: written,
    messages: [1, Math.floor(written / 1000)],
    downstream_windows: down,
    upstream_windows: { send: window, receive: window - (written % 5000), connection_send: window },
    ...(s.stalls && age > 0.5
      ? {
          stall: {
            side: s.connection % 5 === 0 ? "upstream" : "downstream",
            scope: s.connectionStall ? "connection" : "stream",
            since: new Date(s.began + 500).toISOString(),
          },
        }
      : {}),
    buffered_bytes: s.stalls ? window : 0,
    connection_glitches: s.connection % 40 === 0 ? 12 : 0,
    trace_id: s.sampled ? s.trace : "0".repeat(32),
  };
}

function streams() {
  const now = Date.now();
  for (const [slot, s] of slots.entries()) if (s.ends < now) slots[slot] = begin(slot, 0);
  return slots.map((s) => describe(s, now));
}

function connections() {
  const open = Math.ceil(total / perConnection);
  const common = { protocol: "h2", tls: true, age_seconds: 300, send_window: 1 << 20, receive_window: 1 << 20 };
  return [
    ...Array.from({ length: open }, (_, i) => ({
      ...common,
      id: i + 1,
      side: "downstream",
      listener: "edge",
      peer: `192.0.2.${i % 250}:40000`,
      streams: perConnection,
      peer_max_streams: -1,
      rtt_seconds: 0.012,
      buffered_bytes: 0,
      glitches: 0,
    })),
    ...routes.map((upstream, i) => ({
      ...common,
      id: 1000 + i,
      side: "upstream",
      upstream,
      endpoint: `10.0.${i}.1:9000`,
      peer: `10.0.${i}.1:9000`,
      opened_for: "first_request",
      streams: Math.floor(total / routes.length),
      peer_max_streams: 1000,
      rtt_seconds: 0.0004,
      buffered_bytes: 0,
      glitches: 0,
    })),
  ];
}

const pages = { "/streams": streams, "/connections": connections };

const server = http.createServer((request, response) => {
  const page = pages[new URL(request.url ?? "/", "http://localhost").pathname];
  if (!page) {
    response.writeHead(404).end("no such page\n");
    return;
  }
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(page()));
});

server.listen(Number(values.port), "127.0.0.1", () => {
  const address = server.address();
  if (address && typeof address === "object") process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});
