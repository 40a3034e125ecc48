// Takes the pictures of the README, of a demo in which clients are slow: npm run
// pictures, after make build. Look at each before it is checked in.

import { inject, test } from "vitest";

import { useBrowser, type View } from "./browser";
import { setFault } from "./faults";

const browser = useBrowser();
const addresses = inject("addresses");
const folder = `${import.meta.dirname}/../pictures`;

test("pictures", async () => {
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  await wait(120_000); // graphs with something on them
  await setFault(addresses, "slow-consumer", true);
  await setFault(addresses, "failing-replica", true);
  await wait(75_000);
  const take = async (name: string, path: string, view: View, first?: (page: Page) => Promise<void>) => {
    const tab = await browser.open(`${addresses.console}/#/${path}`, view);
    await tab.page.waitForTimeout(6000);
    await first?.(tab.page);
    await tab.page.screenshot({ path: `${folder}/${name}.png` });
    await tab.close();
  };
  type Page = Awaited<ReturnType<typeof browser.open>>["page"];
  await take("streams", "streams", { width: 1280, height: 420 });
  await take("map", "map", { width: 1400, height: 720, colours: "dark" });
  await take("dashboard", "dashboards/hopscope-overview?from=now-5m", { width: 1400, height: 900, colours: "dark" });
  await take("alert", "alerts/HopscopeSlowConsumer", { width: 1280, height: 900 });
  await take("trace", "alerts/HopscopeSlowConsumer", { width: 1280, height: 480 }, async (page) => {
    await page.getByTestId("alert-trace").first().click();
    await page.getByTestId("span-row").first().click();
    await page.waitForTimeout(1500);
  });
  await take("faults", "faults", { width: 390, height: 844 });
}, 600_000);
