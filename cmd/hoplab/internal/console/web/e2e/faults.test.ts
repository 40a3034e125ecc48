// Each fault, switched on in the page, leads to its alerts shown as firing. Faults
// that do not get in each other's way share a demo; the demos run side by side, for
// most of the time is waiting.

import { expect, inject, test } from "vitest";

import { useBrowser } from "./browser";
import { startDemo } from "./program";

const browser = useBrowser();
const { console: address } = inject("addresses");

const groups = [
  ["traffic-drop"],
  ["certificate-expiry", "slow-consumer", "dead-replica"],
  ["rapid-reset", "collector-down", "failing-replica", "stuck-window"],
  ["goaway-storm", "stalled-stream", "idle-pileup"],
  ["latency", "bad-reload"],
  ["slow-replica", "reset-storm"],
  ["all-dead", "slot-exhaustion"],
  ["scrape-down"],
];

/**
 * How many requests of users have to be measured before a fault: what is as it should
 * be has to be known before what is not can stand out. Traffic can only be missed
 * where there was enough of it in half an hour.
 */
const requests = (group: readonly string[]) => (group.includes("traffic-drop") ? 2500 : 400);

/** Those that a gateway has to bear. */
const borne = ["error-burst", "gateway-restart"];

test("every fault of the demo is here", async () => {
  const faults = (await (await fetch(`${address}/api/faults`)).json()) as { name: string }[];
  expect(faults.map((f) => f.name).sort()).toEqual([...groups.flat(), ...borne].sort());
});

for (const group of groups) {
  test.concurrent(`${group.join(", ")}: the alerts fire`, async () => {
    const { program, addresses } = await startDemo();
    try {
      const tab = await browser.open(`${addresses.console}/#/faults`);
      const card = (name: string) => tab.page.locator(`[data-testid="fault"][data-fault="${name}"]`);
      await tab.until(
        "requests are measured",
        async () => {
          const url = `${addresses.prometheus}/api/v1/query?query=sum(hopscope_requests_total{route="users"})`;
          const answer = (await (await fetch(url)).json()) as { data: { result: { value: [number, string] }[] } };
          return Number(answer.data.result[0]?.value[1]) > requests(group);
        },
        240_000,
      );
      for (const name of group) {
        await card(name).getByRole("switch").click();
        await card(name).getByRole("switch", { checked: true }).waitFor();
      }
      for (const name of group) {
        const lines = card(name).getByTestId("expectation");
        const count = await lines.count();
        expect(count, `${name} expects an alert`).toBeGreaterThan(0);
        for (let n = 0; n < count; n++) {
          const line = lines.nth(n);
          const alert = await line.getAttribute("data-alert");
          await line.and(tab.page.locator('[data-state="firing"]')).waitFor({ timeout: 480_000 });
          console.log(`${name}: ${alert}: ${await line.locator(".expectation-text").textContent()}`);
          const there = await browser.open(`${addresses.console}/#/alerts`);
          await there.page
            .locator(`[data-testid="alert-row"][data-alert="${alert}"][data-state="firing"]`)
            .first()
            .waitFor();
          await there.close();
        }
      }
      await tab.close();
    } finally {
      await program.stop();
    }
  }, 600_000);
}
