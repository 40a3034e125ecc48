// What the table shows of a stream, derived from what /streams says of it.

import { type Stream, streamKey, type Windows } from "../../data/gateway";

/** stalled: a peer does not take bytes; idle: nothing moved for idleAfter; open: the rest. */
export type State = "open" | "idle" | "stalled";

/** Seconds without a byte after which a stream is idle. */
export const idleAfter = 5;

export interface Stall {
  side: "client" | "upstream";
  /** What is waited for: the stream's window, or the connection. */
  scope: string;
  seconds: number;
}

type Same = "id" | "connection" | "listener" | "protocol" | "route" | "method" | "upstream" | "endpoint";

export interface Row extends Pick<Stream, Same> {
  /** connection/id, unique among open streams. */
  key: string;
  /** 0: there is none, or the gateway does not say. */
  upstreamConnection: number;
  /** Seconds, as the times below. */
  age: number;
  state: State;
  stall: Stall | undefined;
  /** Since the last byte moved, as far as it is known. */
  quiet: number;
  /** Bytes from and to the client, and their rates per second. */
  read: number;
  written: number;
  readRate: number;
  writtenRate: number;
  /** Bytes that may be sent now: the smaller of the stream's and the connection's window. Absent for HTTP/1.1. */
  window: number | undefined;
  upstreamWindow: number | undefined;
  /** What a full bar stands for: the largest window to the client that was seen, 64 KiB at least. */
  windowScale: number;
  buffered: number;
  messagesRead: number;
  messagesWritten: number;
  glitches: number;
  /** Empty: the trace is not sampled. */
  trace: string;
}

/** What is known from earlier answers. */
export interface Before {
  stream: Stream;
  row: Row;
}

/** The initial window of RFC 9113 §6.9.2, rounded up to what a reader knows. */
const leastScale = 65536;

/** Derives a row; now is the time of the answer in ms since 1970. */
export function toRow(s: Stream, now: number, before?: Before): Row {
  const window = sendable(s.downstream_windows);
  const elapsed = before ? s.age_seconds - before.stream.age_seconds : 0;
  const read = before ? s.bytes_read - before.stream.bytes_read : 0;
  const written = before ? s.bytes_written - before.stream.bytes_written : 0;
  const quiet = quietFor(s, read + written, elapsed, before);
  const stall = stallOf(s, now);
  return {
    key: streamKey(s),
    id: s.id,
    connection: s.connection,
    listener: s.listener,
    protocol: s.protocol,
    route: s.route,
    method: s.method,
    upstream: s.upstream,
    endpoint: s.endpoint,
    upstreamConnection: s.upstream_connection ?? 0,
    age: s.age_seconds,
    state: stall ? "stalled" : quiet >= idleAfter ? "idle" : "open",
    stall,
    quiet,
    read: s.bytes_read,
    written: s.bytes_written,
    readRate: elapsed > 0 ? read / elapsed : 0,
    writtenRate: elapsed > 0 ? written / elapsed : 0,
    window,
    upstreamWindow: sendable(s.upstream_windows),
    windowScale: Math.max(leastScale, window ?? 0, before?.row.windowScale ?? 0),
    buffered: s.buffered_bytes,
    messagesRead: s.messages[0],
    messagesWritten: s.messages[1],
    glitches: s.connection_glitches,
    trace: /[^0]/.test(s.trace_id) ? s.trace_id : "",
  };
}

/** Whether s can be what before was, a while later. HTTP/1.1 has no ids, and a gateway that restarts uses them again. */
export function continues(s: Stream, before: Stream): boolean {
  return (
    s.age_seconds >= before.age_seconds && s.bytes_read >= before.bytes_read && s.bytes_written >= before.bytes_written
  );
}

function sendable(w: Windows | undefined): number | undefined {
  return w && Math.min(w.send, w.connection_send);
}

function quietFor(s: Stream, moved: number, elapsed: number, before: Before | undefined): number {
  if (before) return moved > 0 ? 0 : before.row.quiet + elapsed;
  return s.bytes_read + s.bytes_written === 0 ? s.age_seconds : 0;
}

/** The stall, never longer than the stream: the gateway's clock may differ from ours. */
function stallOf(s: Stream, now: number): Stall | undefined {
  if (!s.stall) return undefined;
  const seconds = (now - Date.parse(s.stall.since)) / 1000;
  return {
    side: s.stall.side === "downstream" ? "client" : "upstream",
    scope: s.stall.scope,
    seconds: Math.min(Math.max(0, seconds || 0), s.age_seconds),
  };
}
