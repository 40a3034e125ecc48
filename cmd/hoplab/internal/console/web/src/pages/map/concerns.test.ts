import { expect, test } from "vitest";

import { concerns } from "./concerns";

const endpoint = { upstream: "users", endpoint: "a:1" };

test.each([
  [{ upstream: "users", endpoint: "a:1", severity: "page" }, true],
  [{ upstream: "users" }, true],
  [{ upstream: "users", endpoint: "b:1" }, false],
  [{ upstream: "orders" }, false],
  [{ route: "users", upstream: "users" }, false],
  [{ job: "hopscope" }, false],
])("an alert with %j is about an endpoint: %s", (labels, is) => {
  expect(concerns({ labels }, endpoint)).toBe(is);
});
