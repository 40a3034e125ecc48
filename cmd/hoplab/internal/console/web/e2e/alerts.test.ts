// The page of alerts against what Prometheus answers.

import { expect, inject, test } from "vitest";

import { useBrowser } from "./browser";

const browser = useBrowser();
const addresses = inject("addresses");

async function alertNames(): Promise<string[]> {
  const response = await fetch(`${addresses.prometheus}/api/v1/rules?type=alert`);
  const answer = (await response.json()) as { data: { groups: { rules: { name: string }[] }[] } };
  return answer.data.groups.flatMap((g) => g.rules.map((r) => r.name));
}

test("every alerting rule is listed, and the filter finds it", async () => {
  const tab = await browser.open(`${addresses.console}/#/alerts`);
  const { page } = tab;
  const rows = page.getByTestId("alert-row");
  await rows.first().waitFor();
  const shown = new Set(await rows.evaluateAll((all) => all.map((e) => e.getAttribute("data-alert"))));
  const names = await alertNames();
  expect(names.length).toBeGreaterThan(25);
  for (const name of names) expect(shown).toContain(name);
  await page.getByTestId("alert-filter").fill("goaway");
  await tab.until("only that", async () => (await rows.count()) === 1);
  expect(page.url()).toContain("q=goaway");
  await rows.first().getByRole("link").click();
  await page.getByRole("heading", { level: 1, name: /HopscopeGoAwayStorm/ }).waitFor();
  await tab.close();
});

test("every alert has graphs of its conditions, a section of the runbook and panels", async () => {
  const tab = await browser.open(`${addresses.console}/#/alerts`);
  const { page } = tab;
  for (const name of await alertNames()) {
    await page.goto(`${addresses.console}/#/alerts/${name}`);
    await page.locator(`[data-testid="alert"][data-alert="${name}"]`).waitFor();
    const runbook = page.getByTestId("runbook");
    await runbook.locator(".markdown p").first().waitFor();
    expect((await runbook.textContent())?.length, name).toBeGreaterThan(40);
    await page.locator(".condition canvas, .condition .note").first().waitFor();
    expect(await page.locator(".condition .note-bad").count(), name).toBe(0);
  }
  await tab.close();
});

test("links within the runbook stay beside the alert", async () => {
  const tab = await browser.open(`${addresses.console}/#/alerts/HopscopeAvailabilityBurn6x`);
  const runbook = tab.page.getByTestId("runbook");
  await runbook.getByRole("link", { name: "14x" }).click();
  await runbook.getByRole("heading", { name: /HopscopeAvailabilityBurn14x/ }).waitFor();
  await tab.page.getByRole("heading", { level: 1, name: /HopscopeAvailabilityBurn6x/ }).waitFor();
  await runbook.getByRole("link", { name: "Back to HopscopeAvailabilityBurn6x" }).click();
  await tab.until(
    "the alert's own section",
    async () => (await runbook.textContent())?.includes("The same at 0.6 %") ?? false,
  );
  await tab.close();
});
