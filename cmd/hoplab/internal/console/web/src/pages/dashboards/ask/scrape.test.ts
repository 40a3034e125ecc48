import { expect, test } from "vitest";

import { scrapeInterval } from "./scrape";

const target = (job: string, interval: string) => ({ labels: { job }, health: "up", scrapeInterval: interval });
const targets = [target("hopscope", "2s"), target("hopscope-b", "5s"), target("node", "1m30s"), target("x", "soon")];

test.each([
  [["hopscope"], 2],
  [["hopscope", "hopscope-b"], 5],
  [["node"], 90],
  [["gone"], 90],
  [[], 90],
])("the interval of %j is %d s", (jobs, seconds) => {
  expect(scrapeInterval(targets, jobs)).toBe(seconds);
});

test("without targets it is what Grafana takes", () => {
  expect(scrapeInterval([], ["hopscope"])).toBe(15);
});
