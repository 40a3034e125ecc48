// The map of what is between the clients and the connections to the origins.

import { expect, inject, test } from "vitest";

import { type Tab, useBrowser } from "./browser";
import { during } from "./faults";

const browser = useBrowser();
const addresses = inject("addresses");

const node = (tab: Tab, key: string) => tab.page.locator(`[data-testid="map-node"][data-key^="${key}"]`);
const edge = (tab: Tab, key: string) => tab.page.locator(`[data-testid="map-edge"][data-key^="${key}"]`);

test("every way of the demo is on the map, with rates", async () => {
  const tab = await browser.open(`${addresses.console}/#/map`);
  for (const name of ["users", "profiles", "orders"]) {
    await node(tab, `route:${name}`).waitFor();
    await edge(tab, `route:${name}>upstream:${name}`).waitFor({ state: "attached" });
  }
  await edge(tab, "client:all>route:users").waitFor({ state: "attached" });
  for (const way of ["client:all>route:users", "route:users>upstream:users", "upstream:users>endpoint:users/"]) {
    await tab.until(`${way} has a rate and a p99`, async () =>
      /\d\/s, .* fail, p99 [\d.]+/.test((await edge(tab, way).first().textContent()) ?? ""),
    );
  }
  // Of connections that nothing failed on either, which Prometheus would have no series for.
  await tab.until("each way to a connection has a rate, failures and a p99", async () => {
    const ways = await edge(tab, "endpoint:users/").allTextContents();
    return ways.length >= 3 && ways.every((way) => /\d\/s, .* fail, p99 [\d.]+/.test(way));
  });
  await tab.until("users has its three endpoints", async () => (await node(tab, "endpoint:users/").count()) === 3);
  await tab.until("users has a rate", async () =>
    /[1-9][\d.]*\/s/.test((await node(tab, "route:users").textContent()) ?? ""),
  );
  await tab.close();
});

test("a node shows its numbers and leads to its streams and its dashboard", async () => {
  const tab = await browser.open(`${addresses.console}/#/map`);
  await node(tab, "route:orders").press("Enter");
  const panel = tab.page.getByTestId("map-panel");
  await panel.getByRole("heading", { name: "Route orders" }).waitFor();
  const link = (name: string) => panel.getByRole("link", { name }).getAttribute("href");
  expect(await link("Its streams")).toBe("#/streams?q=route%3Dorders");
  expect(await link("Dashboard Overview")).toBe("#/dashboards/hopscope-overview?var-route=orders");
  expect(tab.page.url()).toContain("node=route%3Aorders");
  await tab.close();
});

test("a replica that fails is marked, and the way to it; its neighbours are not", async () => {
  const tab = await browser.open(`${addresses.console}/#/map`);
  await during(addresses, "failing-replica", async () => {
    const bad = tab.page.locator('[data-testid="map-node"][data-key^="endpoint:users/"][data-tone="bad"]');
    await tab.until("one endpoint is bad", async () => (await bad.count()) === 1, 60_000);
    expect(await bad.textContent()).toContain("fail");
    const key = await bad.getAttribute("data-key");
    await tab.until("the way to it is bad", async () => {
      return (await edge(tab, `upstream:users>${key}`).getAttribute("data-tone")) === "bad";
    });
    await tab.until("the ways to its connections are bad", async () => {
      const tones = await edge(tab, `${key}>connection:`).evaluateAll((all) =>
        all.map((e) => e.getAttribute("data-tone")),
      );
      return tones.length > 0 && tones.every((tone) => tone === "bad");
    });
  });
  await tab.close();
});

test("without room for a picture the map is a nested list", async () => {
  const tab = await browser.open(`${addresses.console}/#/map`, { width: 390 });
  const route = tab.page.getByRole("listitem").filter({ has: node(tab, "route:users") });
  await route.first().waitFor();
  await tab.until(
    "its endpoints are in it",
    async () => (await route.locator(node(tab, "endpoint:users/")).count()) === 3,
  );
  expect(await tab.page.getByTestId("map-edge").count()).toBe(0);
  await tab.close();
});
