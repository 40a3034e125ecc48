// @vitest-environment node
import { expect, test, vi } from "vitest";

vi.stubGlobal("location", { hash: "" });
vi.stubGlobal("window", { addEventListener: () => undefined });
const { fromParams, initial, parseTags, problem, searchHref, toParams, toSearch } = await import("./search");
const { parseHash } = await import("../../shell/router");

const back = (address: string) => fromParams(parseHash(address).params);

test("an address without parameters asks for hopscope's traces of the last hour", () => {
  expect(fromParams(new URLSearchParams())).toEqual(initial);
  const now = 1_700_000_000_000;
  expect(toSearch(initial, now)).toEqual({
    service: "hopscope",
    limit: 20,
    start: (now - 3_600_000) * 1000,
    end: now * 1000,
  });
});

test("what the form holds comes back from the address", () => {
  const form = {
    ...initial,
    service: "orders & co",
    operation: "POST /orders?x=1#y",
    route: "orders",
    upstream: "orders",
    status: "503",
    reason: "overload",
    error: true,
    stalled: true,
    tags: 'peer.service=users note="two words" quote="a\\"b"',
    minDuration: "100ms",
    maxDuration: "2s",
    lookback: "6h",
    start: "1700000000000000",
    end: "1700000100000000",
    limit: "100",
  };
  expect(back(searchHref(form))).toEqual(form);
});

test("fields become tags of one search", () => {
  const form = { ...initial, route: "orders", status: "503", reason: "overload", error: true, stalled: true };
  expect(toSearch({ ...form, tags: "attempt=2" }, 0).tags).toEqual({
    attempt: "2",
    "http.route": "orders",
    "http.status_code": "503",
    "end.reason": "overload",
    error: "true",
    event: "window_zero",
  });
  expect(JSON.parse(toParams(form).tags ?? "")).toMatchObject({ "http.route": "orders" });
});

test("a status of one or two digits is gRPC's", () => {
  const form = { ...initial, status: "14" };
  expect(toSearch(form, 0).tags).toEqual({ "rpc.grpc.status_code": "14" });
  expect(back(searchHref(form))).toEqual(form);
});

test("times in the address are stronger than the lookback", () => {
  const search = toSearch({ ...initial, start: "5000000", end: "6000000" }, 1e12);
  expect([search.start, search.end]).toEqual([5_000_000, 6_000_000]);
});

test.each(["{", "[1]", "7", "null"])("tags that are no object (%s) are as good as none", (tags) => {
  expect(fromParams(new URLSearchParams({ tags })).tags).toBe("");
});

test.each([
  ["", {}],
  ["a=b", { a: "b" }],
  ["a=", { a: "" }],
  ['a="b c"  d=e', { a: "b c", d: "e" }],
  ["a", undefined],
  ["a=b c", undefined],
  ['a="b', undefined],
])("%s is read as tags", (text, tags) => {
  expect(parseTags(text)).toEqual(tags);
});

test("a form that Jaeger would refuse says why", () => {
  expect(problem(initial)).toBeUndefined();
  expect(problem({ ...initial, service: " " })).toMatch("service");
  expect(problem({ ...initial, minDuration: "fast" })).toMatch("minimum duration");
  expect(problem({ ...initial, minDuration: "1.5s", maxDuration: "1m30s" })).toBeUndefined();
  expect(problem({ ...initial, status: "5xx" })).toMatch("status");
  expect(problem({ ...initial, status: "14" })).toBeUndefined();
  expect(problem({ ...initial, tags: "oops" })).toMatch("Other tags");
});

test("a limit that is none, or too large, is replaced", () => {
  expect(toSearch({ ...initial, limit: "x" }, 0).limit).toBe(20);
  expect(toSearch({ ...initial, limit: "99999" }, 0).limit).toBe(1500);
});
