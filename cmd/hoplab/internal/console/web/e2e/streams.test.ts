// The table of streams, and one of them in full.

import { expect, inject, test } from "vitest";

import { type Tab, useBrowser } from "./browser";
import { during } from "./faults";

const browser = useBrowser();
const addresses = inject("addresses");

const rows = (tab: Tab) => tab.page.getByTestId("stream-row");
const status = async (tab: Tab) => (await tab.page.getByTestId("streams-status").textContent()) ?? "";
/** Everything that the table says, row for row. */
const said = (tab: Tab) => rows(tab).allTextContents();

test("streams that wait for their client say so, and one opens with its windows, its stalls and its end", async () => {
  const tab = await browser.open(`${addresses.console}/#/streams`);
  await during(addresses, "slow-consumer", async () => {
    await tab.page.getByTestId("streams-filter").fill("route:orders stalled:client");
    await tab.until("some match", async () => /^[1-9]\d* of \d+ match/.test(await status(tab)));
    await rows(tab).first().getByText("by client").waitFor();
    await rows(tab).first().locator(".cell-age").click();
    const detail = tab.page.getByTestId("stream-detail");
    await detail.waitFor();
    expect(tab.page.url()).toMatch(new RegExp(`#/streams/${await detail.getAttribute("data-key")}\\?`));
    await detail.getByText("The client takes no more bytes").waitFor();
    await detail.getByTestId("stream-stalls").getByRole("listitem").first().waitFor();
    const points = async () => Number(await detail.getByTestId("chart-stream-windows").getAttribute("data-points"));
    await tab.until("three samples are drawn", async () => (await points()) >= 3);
  });
  const detail = tab.page.getByTestId("stream-detail");
  await detail.getByText(/ended at \d\d:\d\d:\d\d/).waitFor({ timeout: 120_000 });
  expect(await detail.getByTestId("chart-stream-windows").locator("canvas").count()).toBe(1);
  await tab.close();
});

test("a stream leads to its trace, or says that it has none", async () => {
  const tab = await browser.open(`${addresses.console}/#/streams?q=route:profiles`);
  await rows(tab).first().waitFor();
  await rows(tab).first().getByRole("link").click();
  const detail = tab.page.getByTestId("stream-detail");
  const trace = detail.getByTestId("stream-trace");
  await trace.or(detail.getByText("Its trace is not sampled.")).waitFor();
  if (await trace.count()) expect(await trace.getAttribute("href")).toMatch(/^#\/traces\/[0-9a-f]{16,32}$/);
  await tab.close();
});

test("a frozen table stands still and says for how long, then goes on", async () => {
  const tab = await browser.open(`${addresses.console}/#/streams`);
  await rows(tab).first().waitFor();
  await tab.page.getByTestId("streams-freeze").click();
  await tab.until("it says that it is frozen", async () => (await status(tab)).includes("frozen for"));
  const before = await said(tab);
  await tab.until("it is frozen for some seconds", async () => /frozen for [3-9]/.test(await status(tab)));
  expect(await said(tab)).toEqual(before);
  await tab.page.getByTestId("streams-freeze").click();
  await tab.until("it goes on", async () => JSON.stringify(await said(tab)) !== JSON.stringify(before));
  await tab.close();
});

test("the table is filtered and sorted, and an address keeps both", async () => {
  const tab = await browser.open(`${addresses.console}/#/streams?q=route%3Aprofiles&sort=written`);
  await rows(tab).first().waitFor();
  for (const row of await said(tab)) expect(row).toContain("profiles");
  const written = tab.page.getByRole("columnheader", { name: "Written" });
  expect(await written.getAttribute("aria-sort")).toBe("ascending");
  await tab.page.getByTestId("sort-written").press("Enter");
  await tab.until("largest first", async () => (await written.getAttribute("aria-sort")) === "descending");
  expect(tab.page.url()).toContain("sort=-written");
  await tab.page.getByTestId("streams-filter").fill("age>soon");
  await tab.until("the mistake is told", async () => (await status(tab)).includes("soon is no value"));
  await tab.close();
});

test("the keys move through the table and open a stream", async () => {
  const tab = await browser.open(`${addresses.console}/#/streams?q=route:profiles`);
  await rows(tab).first().waitFor();
  await tab.page.getByTestId("streams-freeze").click();
  await tab.until("it is frozen", async () => (await status(tab)).includes("frozen for"));
  await tab.page.getByTestId("streams-table").focus();
  await tab.page.keyboard.press("ArrowDown");
  const chosen = tab.page.locator('[data-testid="stream-row"][aria-selected="true"]');
  await chosen.waitFor();
  const key = await chosen.getAttribute("data-key");
  await tab.page.keyboard.press("Enter");
  await tab.page.getByTestId("stream-detail").waitFor();
  expect(tab.page.url()).toMatch(new RegExp(`#/streams/${key}\\?`));
  await tab.close();
});
