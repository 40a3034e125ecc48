import { expect, test } from "vitest";

import { Flows, flowMemory } from "./flows";
import { noon, row, stall } from "./samples";

test("streams are added up by the way that they take", () => {
  const flows = new Flows();
  const rows = [
    row(),
    row({ id: 3, ...stall("downstream", "stream", 1) }),
    row({ id: 5, endpoint: "b:1", ...stall("upstream", "stream", 1) }),
  ];
  flows.take(rows, noon);
  const way = { listener: "edge", route: "orders", upstream: "orders", connection: 0 };
  expect(flows.list()).toEqual([
    { ...way, endpoint: "127.0.0.1:9001", streams: 2, stalledByClient: 1, stalledByUpstream: 0 },
    { ...way, endpoint: "b:1", streams: 1, stalledByClient: 0, stalledByUpstream: 1 },
  ]);
});

test("a way that nobody takes any more is known for a minute", () => {
  const flows = new Flows();
  flows.take([row()], noon);
  flows.take([], noon + flowMemory);
  expect(flows.list()).toMatchObject([{ streams: 0 }]);
  flows.take([], noon + flowMemory + 1);
  expect(flows.list()).toEqual([]);
});
