// What holds for every page: it shows itself fast, fits the window, breaks no rule
// of accessibility, and asks nobody else.

import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

import axe from "axe-core";
import { expect, inject, test } from "vitest";

import { useBrowser } from "./browser";

const browser = useBrowser();
const { console: address } = inject("addresses");

const pages = ["streams", "map", "dashboards", "alerts", "traces", "faults"];

for (const name of pages) {
  for (const [width, colours] of [
    [390, "light"],
    [1280, "dark"],
    [1920, "light"],
  ] as const) {
    test(`${name}: ${width} px, ${colours}`, async () => {
      const tab = await browser.open(`${address}/#/${name}`, { width, colours });
      await tab.page.getByRole("heading", { level: 1 }).first().waitFor();
      await tab.page.waitForTimeout(1500); // for data to flow: what is drawn is what is judged
      const overflow = await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, "the page is wider than the window").toBeLessThanOrEqual(0);
      await tab.page.evaluate(axe.source);
      const found = await tab.page.evaluate(async () => {
        const { axe } = window as unknown as { axe: typeof import("axe-core") };
        const { violations } = await axe.run();
        return violations.map(
          (v) =>
            `${v.impact}: ${v.id}: ${v.help}: ${v.nodes
              .map((n) => n.target.join(" "))
              .slice(0, 5)
              .join(", ")}`,
        );
      });
      expect(found.filter((v) => /^(serious|critical)/.test(v))).toEqual([]);
      await tab.close();
    });
  }
}

test("the first paint is there within a second", async () => {
  // The best of some: what else the machine does is not the page's doing.
  const times: number[] = [];
  for (let n = 0; n < 5; n++) {
    const tab = await browser.open(`${address}/`);
    await tab.page.getByRole("heading", { level: 1 }).first().waitFor();
    const paint = () =>
      tab.page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0);
    await tab.until("something is painted", async () => (await paint()) > 0);
    times.push(await paint());
    await tab.close();
  }
  console.log(`first paint after ${times.map((t) => t.toFixed(0)).join(", ")} ms`);
  expect(Math.min(...times)).toBeLessThan(1000);
});

test("scripts are under 400 kB compressed", () => {
  const folder = `${import.meta.dirname}/../dist/assets`;
  const scripts = readdirSync(folder).filter((f) => f.endsWith(".js"));
  const size = scripts.reduce((sum, f) => sum + gzipSync(readFileSync(`${folder}/${f}`)).length, 0);
  console.log(`${scripts.length} scripts, ${(size / 1000).toFixed(0)} kB compressed`);
  expect(size).toBeGreaterThan(0);
  expect(size).toBeLessThan(400_000);
});
