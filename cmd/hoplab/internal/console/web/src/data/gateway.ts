// The gateway's admin pages.

import { getJSON, getText, listOf } from "./http";

/** Flow-control windows on one side of a stream, in bytes. A send window may be negative. */
export interface Windows {
  send: number;
  receive: number;
  connection_send: number;
}

export interface Stall {
  /** Who does not take bytes: the client or the upstream. */
  side: "downstream" | "upstream";
  scope: "stream" | "connection" | string;
  /** RFC 3339. */
  since: string;
}

/** An open stream. Windows are absent for HTTP/1.1. */
export interface Stream {
  id: number;
  connection: number;
  listener: string;
  protocol: string;
  route: string;
  method: string;
  upstream: string;
  endpoint: string;
  /** 0 while there is none. */
  upstream_connection?: number;
  age_seconds: number;
  bytes_read: number;
  bytes_written: number;
  messages: [read: number, written: number];
  downstream_windows?: Windows;
  upstream_windows?: Windows;
  stall?: Stall;
  buffered_bytes: number;
  connection_glitches: number;
  connection_broken_rule?: string;
  trace_id: string;
}

/** An open HTTP/2 connection. */
export interface Connection {
  id: number;
  side: "downstream" | "upstream";
  listener?: string;
  upstream?: string;
  endpoint?: string;
  peer: string;
  protocol: string;
  tls: boolean;
  age_seconds: number;
  /** Why it was opened; upstream only. */
  opened_for?: string;
  streams: number;
  /** Since it was opened; 0 over HTTP/1.1. */
  streams_opened: number;
  /** -1: the peer sets no limit. */
  peer_max_streams: number;
  send_window: number;
  receive_window: number;
  /** 0: not measured. */
  rtt_seconds: number;
  buffered_bytes: number;
  glitches: number;
  /** Upstream only, of gateways that count them. */
  attempts?: Attempts;
}

/** Those on a connection that have ended since it was opened. */
export interface Attempts {
  ended: number;
  failed: number;
  /** Of unary ones, in seconds. */
  duration: { explicit_bounds: number[]; bucket_counts: number[] };
}

/** A stream's identity: HTTP/1.1 has no stream ids, but one stream a connection. */
export function streamKey(s: Pick<Stream, "connection" | "id">): string {
  return `${s.connection}/${s.id}`;
}

export async function streams(signal?: AbortSignal): Promise<Stream[]> {
  const url = "api/admin/streams";
  return listOf("admin", url, await getJSON("admin", url, signal ? { signal } : {}));
}

export async function connections(signal?: AbortSignal): Promise<Connection[]> {
  const url = "api/admin/connections";
  return listOf("admin", url, await getJSON("admin", url, signal ? { signal } : {}));
}

/** The running configuration, as YAML. */
export function config(signal?: AbortSignal): Promise<string> {
  return getText("admin", "api/admin/config", signal ? { signal } : {});
}
