import { expect, test, vi } from "vitest";

// The router reads the address of a window, which tests have not.
vi.mock("../../shell/router", () => ({ href: (page: string) => `#/${page}` }));

import type { Connection } from "../../data/gateway";
import type { Node } from "./model";
import { edgeTexts, facts, nodeLines, openedFor, percent } from "./words";

const route = { id: "route:a", kind: "route", name: "a", upstream: "" } as const;

test("a node's lines have units", () => {
  expect(nodeLines({ ...route, rate: 44.31, failures: 4.431, p99: 0.0081, open: 6, stalledByClient: 1 })).toEqual([
    "44.3/s, 10% fail",
    "6 open, 1 stalled",
    "p99 8.1ms",
  ]);
  expect(nodeLines(route)).toEqual(["0/s", "0 open", ""]);
});

test("a connection says why it was opened and how much of it is used", () => {
  const c = { opened_for: "slots", peer_max_streams: 100, age_seconds: 65 } as Connection;
  expect(nodeLines({ ...route, kind: "connection", open: 3, connection: c })).toEqual([
    "others: no free slot",
    "3 of 100 open",
    "age 1m 5s",
  ]);
  const lately = { ...route, kind: "connection", rate: 10, failures: 5, p99: 0.0081, connection: c } as const;
  expect(nodeLines(lately)[2]).toBe("p99 8.1ms, age 1m 5s");
});

test("what a connection does not count is not said to be none", () => {
  const c = { age_seconds: 65, rtt_seconds: 0, send_window: 1 } as Connection;
  const of = (n: Partial<Node>) => new Map(facts({ ...route, kind: "connection", connection: c, ...n }));
  expect(of({ rate: 10, failures: 5 }).get("Failures")).toBe("5/s, 50%");
  expect(of({ rate: 10, failures: 0 }).get("Failures")).toBe("0/s, 0%");
  expect(of({ rate: 10 }).has("Failures")).toBe(false);
  expect(of({}).has("Rate")).toBe(false);
});

test("an edge says its rate, or its streams where rates are not known", () => {
  expect(edgeTexts({ rate: 8.14 })).toEqual({ above: "8.14/s", below: [] });
  expect(edgeTexts({ open: 6, stalledByClient: 2 })).toEqual({ above: "6 open", below: ["2 ‖"] });
  expect(edgeTexts({ rate: 10, failures: 0.5, stalledByUpstream: 1 }).below).toEqual(["5% ✕", "1 ‖"]);
  expect(edgeTexts({})).toEqual({ above: "", below: [] });
});

test.each([
  [0, "0%"],
  [0.0004, "<0.1%"],
  [0.125, "12.5%"],
  [1, "100%"],
])("%d is %s", (part, text) => {
  expect(percent(part)).toBe(text);
});

test("the reason of a connection is in words", () => {
  expect(openedFor("goaway")).toBe("others: GOAWAY");
  expect(openedFor("of_a_newer_gateway")).toBe("of_a_newer_gateway");
  expect(openedFor(undefined)).toBe("reason not told");
});
