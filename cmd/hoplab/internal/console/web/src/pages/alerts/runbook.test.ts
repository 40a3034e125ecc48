import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { sectionOf, sections, slug } from "./runbook";

const shipped = readFileSync(join(import.meta.dirname, "../../../../../../../../alerts/RUNBOOK.md"), "utf8");

test("a section goes from its heading to the next", () => {
  const all = sections("before\n\n# Top\nfirst\n\n## A *b* `c`!\nsecond\n\nthird\n\n## D\n");
  expect([...all.keys()]).toEqual(["top", "a-b-c", "d"]);
  expect(
    all
      .get("a-b-c")
      ?.body.filter((t) => t.type === "paragraph")
      .map((t) => t.raw),
  ).toEqual(["second", "third"]);
  expect(all.get("d")?.body).toEqual([]);
});

test("a heading that comes twice is the first", () => {
  expect(sections("# A\none\n\n# A\ntwo\n").get("a")?.body[0]?.raw).toMatch("one");
});

test("a hash in code is no heading", () => {
  expect([...sections("# A\n```\n# B\n```\n").keys()]).toEqual(["a"]);
});

test("an alert's section is where its address points, else where its name is", () => {
  const all = sections("# HopscopeDown\nx\n\n# Other\ny\n");
  expect(sectionOf(all, "HopscopeDown", "https://example.org/RUNBOOK.md#other")?.title).toBe("Other");
  expect(sectionOf(all, "HopscopeDown", "https://example.org/RUNBOOK.md#gone")?.title).toBe("HopscopeDown");
  expect(sectionOf(all, "HopscopeDown", undefined)?.title).toBe("HopscopeDown");
  expect(sectionOf(all, "Unknown", undefined)).toBeUndefined();
});

test("every link within the shipped runbook has a section", () => {
  const all = sections(shipped);
  const links = [...shipped.matchAll(/\]\(#([^)]+)\)/g)].map((m) => m[1] ?? "");
  expect(links.length).toBeGreaterThan(5);
  for (const link of links) expect(all.has(link), link).toBe(true);
});

test("headings become the anchors that the rules name", () => {
  expect(slug("HopscopeAvailabilityBurn14x")).toBe("hopscopeavailabilityburn14x");
  expect(slug("  The gateway: first! ")).toBe("the-gateway-first");
});
