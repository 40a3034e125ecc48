import { expect, test } from "vitest";

import { continues, toRow } from "./row";
import { noon, row, stall, stream } from "./samples";

test("the window is the smaller of the stream's and the connection's", () => {
  expect(row().window).toBe(500);
  expect(row({ downstream_windows: { send: -7, receive: 0, connection_send: 500 } }).window).toBe(-7);
});

test("HTTP/1.1 has no windows", () => {
  const { downstream_windows: _down, upstream_windows: _up, ...plain } = stream();
  const r = toRow(plain, noon);
  expect(r.window).toBeUndefined();
  expect(r.upstreamWindow).toBeUndefined();
});

test("a full bar is the largest window that was seen, 64 KiB at least", () => {
  const wide = { downstream_windows: { send: 1 << 20, receive: 0, connection_send: 1 << 20 } };
  expect(row().windowScale).toBe(65536);
  const before = { stream: stream(wide), row: row(wide) };
  expect(before.row.windowScale).toBe(1 << 20);
  expect(toRow(stream({ age_seconds: 13 }), noon, before).windowScale).toBe(1 << 20);
});

test("a stalled stream says by whom, on what and how long", () => {
  const r = row(stall("downstream", "connection", 9));
  expect(r.state).toBe("stalled");
  expect(r.stall).toEqual({ side: "client", scope: "connection", seconds: 9 });
  expect(row(stall("upstream", "stream", 1)).stall?.side).toBe("upstream");
});

test.each([
  ["ahead of ours", -30, 0],
  ["behind ours", 3600, 12],
])("a stall is never negative nor longer than its stream: the gateway's clock is %s", (_name, ago, seconds) => {
  expect(row(stall("downstream", "stream", ago)).stall?.seconds).toBe(seconds);
});

test("a stream is idle after five seconds in which no byte moved", () => {
  let before = { stream: stream(), row: row() };
  expect(before.row.state).toBe("open");
  for (const [age, state] of [
    [14, "open"],
    [17, "idle"],
  ] as const) {
    const s = stream({ age_seconds: age });
    before = { stream: s, row: toRow(s, noon, before) };
    expect(before.row.state).toBe(state);
  }
  const moved = toRow(stream({ age_seconds: 18, bytes_read: 11 }), noon, before);
  expect(moved).toMatchObject({ state: "open", quiet: 0 });
});

test("a stream on which nothing ever moved has been idle since it began", () => {
  expect(row({ bytes_read: 0, bytes_written: 0 })).toMatchObject({ state: "idle", quiet: 12 });
});

test("rates are over the gateway's clock", () => {
  const before = { stream: stream(), row: row() };
  const r = toRow(stream({ age_seconds: 14, bytes_written: 2048 + 6000, bytes_read: 30 }), noon, before);
  expect(r).toMatchObject({ readRate: 10, writtenRate: 3000 });
});

test.each([
  ["", ""],
  ["00000000000000000000000000000000", ""],
  ["4bf92f3577b34da6a3ce929d0e0e4736", "4bf92f3577b34da6a3ce929d0e0e4736"],
])("trace id %j is shown as %j", (id, trace) => {
  expect(row({ trace_id: id }).trace).toBe(trace);
});

test("a stream that is younger or has moved less is another", () => {
  expect(continues(stream({ age_seconds: 13 }), stream())).toBe(true);
  expect(continues(stream({ age_seconds: 11 }), stream())).toBe(false);
  expect(continues(stream({ age_seconds: 13, bytes_written: 0 }), stream())).toBe(false);
});
