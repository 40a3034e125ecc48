import { expect, test } from "vitest";

import { bands, History, historyBytes, historyLength } from "./history";
import { noon, stall, stream } from "./samples";

test("the ring keeps the latest samples, oldest first", () => {
  const history = new History();
  for (let i = 0; i < historyLength + 5; i++) history.add(noon + i * 1000, stream({ buffered_bytes: i }), i, 2 * i);
  const s = history.series();
  expect(s.times.length).toBe(historyLength);
  expect(s.times[0]).toBe(noon + 5000);
  expect(s.buffered.at(-1)).toBe(historyLength + 4);
  expect(s.readRate[0]).toBe(5);
  expect(s.writtenRate[0]).toBe(10);
});

test("what is absent is no number, and what is too large is cut", () => {
  const history = new History();
  const { upstream_windows: _, ...s } = stream({
    downstream_windows: { send: -5, receive: 0, connection_send: 2 ** 31 - 1 },
  });
  history.add(noon, s, undefined, 2 ** 40);
  const got = history.series();
  expect(got.clientStream[0]).toBe(-5);
  expect(got.clientConnection[0]).toBe(2 ** 31 - 1);
  expect(got.upstreamStream[0]).toBeNaN();
  expect(got.readRate[0]).toBeNaN();
  expect(got.writtenRate[0]).toBe(2 ** 31 - 1);
});

test("one stream's history takes 7,200 bytes", () => {
  expect(historyBytes).toBe(7200);
});

test("stalls become bands that end with the first sample without them", () => {
  const history = new History();
  const said = [
    {},
    stall("downstream", "stream", 1),
    stall("downstream", "stream", 2),
    stall("upstream", "connection", 1),
    {},
    {},
    stall("downstream", "connection", 1),
  ];
  for (const [i, change] of said.entries()) history.add(i * 1000, stream(change), 0, 0);
  expect(bands(history.series())).toEqual([
    { from: 1000, to: 3000, side: "client", scope: "stream" },
    { from: 3000, to: 4000, side: "upstream", scope: "connection" },
    { from: 6000, to: 6000, side: "client", scope: "connection" },
  ]);
});
