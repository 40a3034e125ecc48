import { expect, test, vi } from "vitest";

// The router reads the address of a window, which tests have not.
vi.mock("../../shell/router", () => ({ href: (page: string) => `#/${page}` }));

import { edgeText, openedFor, openLine, percent, rateLine } from "./words";

const route = { id: "route:a", kind: "route", name: "a", upstream: "" } as const;

test("a node's lines have units", () => {
  expect(rateLine({ ...route, rate: 44.31, failures: 4.431, p99: 0.0081 })).toBe("44.3/s, 10% fail, p99 8.1ms");
  expect(rateLine(route)).toBe("0/s");
  expect(openLine({ ...route, open: 6, stalledByClient: 1, stalledByUpstream: 1 })).toBe("6 open, 2 stalled");
});

test("an edge says its rate, or its streams where rates are not known", () => {
  expect(edgeText({ rate: 8.14 })).toBe("8.14/s");
  expect(edgeText({ open: 6, stalledByClient: 2 })).toBe("6 open 2 ‖");
  expect(edgeText({ rate: 10, failures: 0.5 })).toBe("10/s 5% ✕");
  expect(edgeText({})).toBe("");
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
  expect(openedFor("no_stream_slot")).toBe("for no stream slot");
  expect(openedFor(undefined)).toBe("reason not told");
});
