import { expect, test } from "vitest";

import { interpolateQuery, interpolateText, legendText, seriesText, type Values, variablesOf } from "./interpolate";

const values: Values = {
  job: { value: [".*"], multi: true, raw: true },
  route: { value: ["orders"], multi: true },
  upstream: { value: ["a.b", "c|d"], multi: true },
  path: { value: ["C:\\x"], multi: true },
  word: { value: 'say "hi"\\', multi: false },
  jaeger: { value: "http://localhost:16686", multi: false },
  __rate_interval: { value: "8s", multi: false },
  "__field.labels.route": { value: "a b", multi: false },
};

test.each([
  ['rate(x{job=~"$job"}[$__rate_interval])', 'rate(x{job=~".*"}[8s])'],
  ['x{route=~"$route"}', 'x{route=~"orders"}'],
  ['x{upstream=~"$upstream"}', 'x{upstream=~"(a\\\\.b|c\\\\|d)"}'],
  ['x{upstream=~"${upstream}"}', 'x{upstream=~"(a\\\\.b|c\\\\|d)"}'],
  ["${upstream:regex}", "(a\\.b|c\\|d)"],
  ["${upstream:pipe}", "a.b|c|d"],
  ["${upstream:csv}", "a.b,c|d"],
  ['x{path=~"$path"}', 'x{path=~"C:\\\\\\\\x"}'],
  ['x{a="$word"}', 'x{a="say \\"hi\\"\\\\"}'],
  ["$unknown and ${unknown:raw} and $1", "$unknown and ${unknown:raw} and $1"],
  ["$jobs", "$jobs"],
])("%s becomes %s", (text, want) => {
  expect(interpolateQuery(text, values)).toBe(want);
});

test("texts take values as they are", () => {
  expect(interpolateText("${jaeger}/x?${__field.labels.route:percentencode} $upstream", values)).toBe(
    "http://localhost:16686/x?a%20b a.b + c|d",
  );
});

test("the variables of a text are found", () => {
  expect(variablesOf('label_values(x{job=~"$job", a="${b:regex}"}, c)')).toEqual(["job", "b"]);
});

test("legends take labels, and nothing where there is none", () => {
  const labels = { route: "orders", side: "downstream" };
  expect(legendText("{{side}} {{ scope }} {{route}} p99", labels)).toBe("downstream orders p99");
  expect(legendText("{{constructor}}", labels)).toBe("");
});

test("a series is written as Prometheus does", () => {
  expect(seriesText({ __name__: "up", job: "a" })).toBe('up{job="a"}');
  expect(seriesText({ __name__: "up" })).toBe("up");
  expect(seriesText({})).toBe("{}");
});
