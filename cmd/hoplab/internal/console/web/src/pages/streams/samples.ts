// Streams for tests.

import type { Stream } from "../../data/gateway";
import { type Row, toRow } from "./row";

/** Noon, the time of answers in tests. */
export const noon = Date.parse("2026-11-26T12:00:00Z");

export function stream(change: Partial<Stream> = {}): Stream {
  return {
    id: 1,
    connection: 7,
    listener: "edge",
    protocol: "h2",
    route: "orders",
    method: "GET",
    upstream: "orders",
    endpoint: "127.0.0.1:9001",
    age_seconds: 12,
    bytes_read: 10,
    bytes_written: 2048,
    messages: [0, 0],
    downstream_windows: { send: 1000, receive: 65535, connection_send: 500 },
    upstream_windows: { send: 65535, receive: 65535, connection_send: 65535 },
    buffered_bytes: 0,
    connection_glitches: 0,
    trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
    ...change,
  };
}

export function row(change: Partial<Stream> = {}): Row {
  return toRow(stream(change), noon);
}

/** A stall that began some seconds before noon. */
export function stall(
  side: "downstream" | "upstream",
  scope: string,
  seconds: number,
): { stall: Stream["stall"] & {} } {
  return { stall: { side, scope, since: new Date(noon - seconds * 1000).toISOString() } };
}
