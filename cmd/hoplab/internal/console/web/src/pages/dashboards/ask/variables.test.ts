import { expect, test } from "vitest";

import type { Variable } from "../model";
import { all, arranged, chosen, inOrder, labelQuery, loadOptions, meaning, toggled } from "./variables";

const variable = (name: string, query: unknown, rest: Partial<Variable> = {}): Variable => ({
  name,
  query,
  type: "query",
  multi: true,
  includeAll: true,
  allValue: ".*",
  ...rest,
});
const route = variable("route", { query: 'label_values(requests_total{job=~"$job"}, route)', refId: "Variable" });
const job = variable("job", "label_values(build_info, job)");
const jaeger = variable("jaeger", "http://localhost", { type: "textbox", multi: false, includeAll: false });
const params = (text: string) => new URLSearchParams(text);

test.each<[unknown, object | undefined]>([
  ["label_values(up, job)", { selector: "up", label: "job" }],
  ["label_values(job)", { selector: "", label: "job" }],
  ['label_values(x{a=~"b,c", d="e"}, f)', { selector: 'x{a=~"b,c", d="e"}', label: "f" }],
  ["query_result(up)", undefined],
  [7, undefined],
])("%s asks for label values", (query, want) => {
  expect(labelQuery(variable("v", query))).toEqual(want);
});

test("the address chooses before the dashboard, and that before All", () => {
  expect(chosen(route, params("var-route=a&var-route=b"))).toEqual(["a", "b"]);
  expect(chosen(route, params("var-route=All"))).toEqual([all]);
  expect(chosen({ ...route, current: { value: ["c"] } }, params(""))).toEqual(["c"]);
  expect(chosen(route, params(""))).toEqual([all]);
  expect(chosen(jaeger, params(""))).toEqual(["http://localhost"]);
});

test("All is its own pattern, or every option", () => {
  expect(meaning(route, [all], ["a"])).toEqual({ value: [".*"], multi: true, raw: true });
  expect(meaning({ ...route, allValue: "" }, [all], ["a", "b"])).toEqual({ value: ["a", "b"], multi: true });
  expect(meaning(route, ["a"], [])).toEqual({ value: ["a"], multi: true });
  expect(meaning({ ...route, multi: false, includeAll: false }, [], ["a"])).toEqual({ value: "a", multi: false });
});

test("what others are chained to comes first; a circle ends", () => {
  expect(inOrder([route, job]).map((v) => v.name)).toEqual(["job", "route"]);
  const a = variable("a", "label_values(x{b=~'$b'}, a)");
  const b = variable("b", "label_values(x{a=~'$a'}, b)");
  expect(inOrder([a, b])).toHaveLength(2);
});

test("options are asked for with what is chosen", async () => {
  const asked: string[] = [];
  const options = await loadOptions([route, job, jaeger], params("var-job=hop.scope"), async (label, selector) => {
    asked.push(`${label} of ${selector}`);
    return ["b", "a", "b"];
  });
  expect(asked).toEqual(["job of build_info", 'route of requests_total{job=~"hop\\\\.scope"}']);
  expect(options).toEqual({ job: ["b", "a"], route: ["b", "a"] });
});

test.each([
  [0, ["b", "10", "9"]],
  [1, ["10", "9", "b"]],
  [2, ["b", "9", "10"]],
])("with sort %d options come as %j", (sort, want) => {
  expect(arranged({ ...route, sort }, ["b", "10", "9", "b"])).toEqual(want);
});

test("a pattern picks and cuts options", () => {
  expect(arranged({ ...route, regex: "/^api-(.*)/" }, ["api-a", "web", "api-b"])).toEqual(["a", "b"]);
  expect(arranged({ ...route, regex: "api" }, ["api", "web"])).toEqual(["api"]);
});

test("All and the others exclude each other", () => {
  expect(toggled(route, [all], "a")).toEqual(["a"]);
  expect(toggled(route, ["a"], "b")).toEqual(["a", "b"]);
  expect(toggled(route, ["a"], "a")).toEqual([all]);
  expect(toggled(route, ["a", "b"], all)).toEqual([all]);
  expect(toggled({ ...route, multi: false }, ["a"], "b")).toEqual(["b"]);
});
