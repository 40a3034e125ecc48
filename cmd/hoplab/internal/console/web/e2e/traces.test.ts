// The page of traces against what the store answers.

import { expect, inject, test } from "vitest";

import { useBrowser } from "./browser";

const browser = useBrowser();
const addresses = inject("addresses");

interface Trace {
  spans: { spanID: string; tags: { key: string; value: unknown }[] }[];
}

async function traceOf(id: string): Promise<Trace> {
  const answer = (await (await fetch(`${addresses.traces}/api/traces/${id}`)).json()) as { data: Trace[] };
  const [trace] = answer.data;
  if (!trace) throw new Error(`there is no trace ${id}`);
  return trace;
}

test("a search finds what it asks for, and the address keeps it", async () => {
  const tab = await browser.open(`${addresses.console}/#/traces`);
  const { page } = tab;
  const form = page.getByTestId("trace-search");
  await tab.until(
    "the routes are known",
    async () => (await form.getByLabel("Route", { exact: true }).textContent())?.includes("orders") ?? false,
  );
  await form.getByLabel("Route", { exact: true }).selectOption("orders");
  await form.getByLabel("Status", { exact: true }).fill("200");
  const results = page.getByTestId("trace-result");
  await tab.until("traces of orders", async () => {
    await form.getByRole("button", { name: "Find traces" }).click();
    await page.waitForTimeout(500);
    await form.getByRole("button", { name: "Refresh" }).click();
    return page.url().includes("http.route") && (await results.count()) > 0;
  });
  for (const result of await results.all()) {
    const trace = await traceOf((await result.getAttribute("data-trace")) ?? "");
    const routes = trace.spans.flatMap((s) => s.tags.filter((t) => t.key === "http.route").map((t) => t.value));
    expect(routes).toContain("orders");
  }
  const address = page.url();
  await page.goto(`${addresses.console}/#/streams`);
  await page.goto(address);
  await results.first().waitFor();
  expect(await form.getByLabel("Status", { exact: true }).inputValue()).toBe("200");
  expect(await form.getByLabel("Route", { exact: true }).inputValue()).toBe("orders");
  await tab.close();
});

test("a trace has a row for each hop and attempt, with the stream's events on its bar", async () => {
  const tab = await browser.open(`${addresses.console}/#/traces?service=hopscope&operation=POST+orders`);
  const { page } = tab;
  const result = page.getByTestId("trace-result").first();
  await tab.until("a trace", async () => {
    await page.getByRole("button", { name: "Refresh" }).click();
    await page.waitForTimeout(500);
    return (await result.count()) > 0;
  });
  const id = (await result.getAttribute("data-trace")) ?? "";
  await result.getByRole("link").click();
  await page.getByTestId("waterfall").waitFor();
  const rows = page.getByTestId("span-row");
  const trace = await traceOf(id);
  const ids = await rows.evaluateAll((all) => all.map((e) => e.getAttribute("data-span")));
  for (const shown of ids) expect(trace.spans.map((s) => s.spanID)).toContain(shown);
  expect(ids.length).toBeGreaterThanOrEqual(Math.min(trace.spans.length, 3));
  expect(await page.getByTestId("mark").count()).toBeGreaterThan(0);

  await rows.first().click();
  const detail = page.getByTestId("span-detail");
  await detail.getByText("http.route").waitFor();
  await detail.getByText("response headers, status 200").waitFor();
  await page.getByTestId("waterfall").press("ArrowLeft");
  await tab.until("the tree is folded", async () => (await rows.count()) === 1);
  await page.getByTestId("waterfall").press("ArrowRight");
  await tab.until("and unfolded", async () => (await rows.count()) > 1);
  await page.getByRole("button", { name: "Zoom in" }).click();
  expect(await page.getByRole("button", { name: "Whole trace" }).isEnabled()).toBe(true);
  await tab.close();
});

test("a trace that is not there says so", async () => {
  const tab = await browser.open(`${addresses.console}/#/traces/00000000000000000000000000000001`);
  await tab.page.getByText("trace not found").first().waitFor();
  await tab.page.getByRole("button", { name: "Try again" }).waitFor();
  await tab.close();
});
