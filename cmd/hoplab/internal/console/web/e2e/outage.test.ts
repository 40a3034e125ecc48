// Sources that die: each shows as such, with the reason, and is back by itself.

import { afterAll, beforeAll, expect, test } from "vitest";

import { useBrowser } from "./browser";
import { type Addresses, type Program, start, startDemo } from "./program";

const browser = useBrowser();
const light = ["--rate", "5", "--watchers", "1"];

let demo: { program: Program; addresses: Addresses };
let beside: Program;
let address: string;

beforeAll(async () => {
  demo = await startDemo(light);
  const { prometheus, admin, traces, faults } = demo.addresses;
  const sources = ["--prometheus", prometheus, "--admin", admin, "--traces", traces, "--faults", faults];
  beside = await start(["console", "--listen", "127.0.0.1:0", ...sources], /http:\/\/127\.0\.0\.1:\d+/);
  address = /http:\/\/127\.0\.0\.1:\d+/.exec(beside.output())?.[0] ?? "";
});

afterAll(async () => {
  await beside?.stop();
  await demo?.program.stop();
});

test("a killed Prometheus, gateway and trace store show as such and recover", async () => {
  const tab = await browser.open(`${address}/#/dashboards`);
  const drawn = tab.page.locator('[data-testid="panel"][data-state="drawn"]').first();
  await drawn.waitFor();

  await demo.program.kill();
  const dead = tab.page.locator(".dead");
  await dead.getByText("Prometheus does not answer").waitFor();
  await dead.getByText("connection refused").first().waitFor();
  for (const [page, source] of [
    ["streams", "The gateway's admin server does not answer"],
    ["traces", "The trace store does not answer"],
    ["faults", "The demo's fault control does not answer"],
  ] as const) {
    await tab.page.goto(`${address}/#/${page}`);
    await dead.getByText(source).first().waitFor();
  }

  // The gateway of the killed demo is a process of its own and may still hold its ports.
  demo = await startDemo(light, demo.addresses);
  await tab.page.goto(`${address}/#/dashboards`);
  await dead.waitFor({ state: "detached", timeout: 120_000 });
  await drawn.waitFor();
  expect(await tab.page.getByText("does not answer").count()).toBe(0);
  await tab.close();
});

test("a dead console server is told apart from its sources", async () => {
  const tab = await browser.open(`${address}/#/alerts`);
  await tab.page.getByRole("heading", { level: 1 }).waitFor();
  await beside.kill();
  await tab.page.locator(".dead").getByText("The console does not answer").waitFor();
  await tab.close();
});
