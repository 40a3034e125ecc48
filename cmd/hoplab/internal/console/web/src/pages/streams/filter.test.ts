import { expect, test } from "vitest";

import { parseFilter, quoted, toggleWord } from "./filter";
import { row, stall } from "./samples";

const matching = row({
  id: 305,
  method: "POST",
  age_seconds: 90,
  buffered_bytes: 65537,
  messages: [1, 11],
  ...stall("downstream", "connection", 30),
});

test.each([
  "",
  "   ",
  "ORDERS",
  "7/305",
  "127.0.0.1:9001",
  "4bf92f",
  "route:ord",
  "route=orders",
  "Route:ORD",
  'route:"orders"',
  "id:7/3",
  "stalled",
  "state:stalled",
  "stalled:client",
  "stalled:connection",
  "age>10s",
  "age>1m",
  "age>=90",
  "age<2m",
  "age>89.5s",
  "stall>29s",
  "buffered>64k",
  "buffered>64KiB",
  "window=500",
  "window<1k",
  "messages>11",
  "-method:GET",
  "-idle",
  "route:orders stalled age>10s",
])("%s matches", (text) => {
  const filter = parseFilter(text);
  expect(filter.problems).toEqual([]);
  expect(filter.match(matching)).toBe(true);
});

test.each([
  "users",
  "route=order",
  "idle",
  "stalled:upstream",
  "age>90",
  "buffered>65k",
  "-stalled",
  "orders idle",
  "method:GET",
])("%s does not match", (text) => {
  const filter = parseFilter(text);
  expect(filter.problems).toEqual([]);
  expect(filter.match(matching)).toBe(false);
});

test("what has no value matches no comparison", () => {
  expect(parseFilter("stall<10s").match(row())).toBe(false);
});

test.each([
  ["age>soon", "age>soon: soon is no value; try 10s or 5m"],
  ["age>", "age>: nothing is no value; try 10s or 5m"],
  ["age:10q", "age:10q: 10q is no value; try 10s or 5m"],
  ["buffered>10s", "buffered>10s: 10s is no value; try 64k or 1m"],
])("%s is a problem, and is left out", (text, problem) => {
  const filter = parseFilter(text);
  expect(filter.problems).toEqual([problem]);
  expect(filter.match(matching)).toBe(true);
});

test("only numbers can be compared", () => {
  expect(parseFilter("route>5").problems[0]).toMatch(/^route>5: route is no number; age, stall,/);
});

test("a word is added once and taken away again", () => {
  expect(toggleWord("", "stalled")).toBe("stalled");
  expect(toggleWord("route:a", "stalled")).toBe("route:a stalled");
  expect(toggleWord("route:a stalled", "stalled")).toBe("route:a");
  expect(toggleWord('route="a b" idle', 'route="a b"')).toBe("idle");
});

test("a value with spaces is quoted, and found again", () => {
  expect(quoted("a b")).toBe('"a b"');
  expect(parseFilter(`route=${quoted("a b")}`).match(row({ route: "a b" }))).toBe(true);
});
